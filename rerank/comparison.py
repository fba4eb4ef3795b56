"""Two runs on the same problems, metric by metric, paired."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reasoning.answers import Grade, grade
from reasoning.answers.policy import Policy
from reasoning.errors import InputError
from reasoning.formats.parse import shown
from rerank.markdown import aligned_table, p_value, percent, points
from rerank.naming import counted, title
from rerank.runs import GRADE_SETTINGS, MetricKey, Run, Values
from rerank.statistics import compare, holm, verdict
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """One metric of both runs, as fractions.

    Attributes:
        difference: a minus b, as in report.json, with its interval in low and high; the verdict is about a.
        a_estimator, b_estimator: how each value was found; None where it comes from a report.
        a_standard_error, b_standard_error: from drawing subsets; None where the value comes from a report.
    """

    name: str
    n: int
    k: int | None
    a_value: float
    b_value: float
    a_estimator: str | None
    b_estimator: str | None
    a_standard_error: float | None
    b_standard_error: float | None
    difference: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    verdict: str
    test: str


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs, paired on `num_problems` problems.

    Attributes:
        num_only_a, num_only_b: problems without a partner, left out.
        settings: of both runs' grading, and the seed.
        a_files, b_files: path, size and SHA-256 where they are known.
        a_warnings, b_warnings: what a reader must know of the samples.
        warnings: of the comparison.
    """

    a: str
    b: str
    num_problems: int
    num_only_a: int
    num_only_b: int
    n: int
    metrics: tuple[MetricDifference, ...]
    settings: dict[str, Any]
    a_files: tuple[dict[str, Any], ...]
    b_files: tuple[dict[str, Any], ...]
    a_warnings: tuple[str, ...]
    b_warnings: tuple[str, ...]
    warnings: tuple[str, ...]


def compare_runs(
    a: Run,
    b: Run,
    *,
    n: int | None = None,
    ks: Sequence[int] = (DEFAULT_K,),
    top_ns: Sequence[int] = (DEFAULT_TOP_N,),
    strategies: Sequence[str] | None = None,
    intersection: bool = False,
    policy: Policy = Policy(),
    seed: int = 0,
) -> RunComparison:
    """Compare every metric that both runs have, at the same number of samples.

    Args:
        n: samples per problem; None for the largest that both runs have.
        ks, top_ns: parameters of MajK and TopN to compare.
        strategies: names to compare; None for all.
        intersection: compare on the problems that both runs have, where the sets differ.
        policy: decides whether two spellings of an expected answer are the same.

    Raises:
        InputError: different sets of problems without `intersection`, no common problem, a problem whose text
            or expected answer differs, runs graded with different options, no common n, or no common metric.
    """
    ids = _common_ids(a, b, intersection=intersection)
    _check_same_problems(a, b, ids, policy)
    _check_same_settings(a, b)
    size = _common_size(a, b, ids, n)
    a_values, b_values = (r.values(ids, size, ks=ks, top_ns=top_ns, seed=seed) for r in (a, b))
    warnings = _without_greedy(a_values, b_values)
    keys = [key for key in a_values if key in b_values and _is_asked_for(key, strategies)]
    if not keys:
        raise InputError(
            f"expected a metric that both runs have, found {_names(a_values)} in {a.name} and "
            f"{_names(b_values)} in {b.name}; a report has values for its own --k and --top-n only"
        )
    found = [compare(a_values[key].values, b_values[key].values, seed=seed) for key in keys]
    adjusted = holm([c.p_value for c in found])
    metrics = tuple(
        MetricDifference(
            name=key[0],
            n=key[1],
            k=key[2],
            a_value=float(a_values[key].values.mean()),
            b_value=float(b_values[key].values.mean()),
            a_estimator=a_values[key].estimator,
            b_estimator=b_values[key].estimator,
            a_standard_error=a_values[key].standard_error,
            b_standard_error=b_values[key].standard_error,
            difference=c.difference,
            low=c.low,
            high=c.high,
            p_value=c.p_value,
            p_adjusted=p,
            verdict=verdict(c, p),
            test=c.test,
        )
        for key, c, p in zip(keys, found, adjusted, strict=True)
    )
    return RunComparison(
        a=a.name,
        b=b.name,
        num_problems=len(ids),
        num_only_a=len(a.problems) - len(ids),
        num_only_b=len(b.problems) - len(ids),
        n=size,
        metrics=metrics,
        settings={**b.settings, **a.settings, "seed": seed},
        a_files=a.files,
        b_files=b.files,
        a_warnings=a.warnings,
        b_warnings=b.warnings,
        warnings=warnings,
    )


def metric_rows(comparison: RunComparison) -> list[list[str]]:
    """The cells of each metric: name, a, b, difference in points, its interval, adjusted p, verdict."""
    return [
        [
            title(m.name, m.n, m.k),
            percent(m.a_value),
            percent(m.b_value),
            points(m.difference),
            f"{points(m.low)} to {points(m.high)}",
            p_value(m.p_adjusted).removeprefix("p ").removeprefix("= "),
            m.verdict,
        ]
        for m in comparison.metrics
    ]


def comparison_markdown(comparison: RunComparison) -> str:
    """The comparison as an aligned Markdown table."""
    head = ["metric", "A, %", "B, %", "A - B, points", "95% interval", "p (Holm)", "A is"]
    rows = metric_rows(comparison)
    lines = [
        f"# {counted(comparison.num_problems, 'problem')} in both runs, n = {comparison.n}",
        "",
        f"- A: {comparison.a}",
        f"- B: {comparison.b}",
    ]
    if comparison.num_only_a or comparison.num_only_b:
        lines.append(
            f"- Left out: {counted(comparison.num_only_a, 'problem')} that only A has, {comparison.num_only_b:,} that "
            "only B has."
        )
    notes = [
        f"> **Note{of_run}.** {warning}"
        for of_run, warnings in (
            ("", comparison.warnings),
            (" on A", comparison.a_warnings),
            (" on B", comparison.b_warnings),
        )
        for warning in warnings
    ]
    parts = ["\n".join(lines), *notes, aligned_table(head, rows, numeric=(1, 2, 3))]
    return "\n\n".join(parts) + "\n"


def _check_same_settings(a: Run, b: Run) -> None:
    for name in GRADE_SETTINGS:
        first, second = a.settings.get(name), b.settings.get(name)
        if None not in (first, second) and first != second:
            raise InputError(
                f"expected runs graded with one {name}, found {first} in {a.name} and {second} in {b.name}; "
                "write one of the reports again, or pass the options of the other"
            )


def _without_greedy(a_values: dict[MetricKey, Values], b_values: dict[MetricKey, Values]) -> tuple[str, ...]:
    """Make Pass@1 the mean over samples in both runs where only one has greedy samples; say so."""
    mean, one = ("mean", 1, None), ("pass", 1, None)
    if (mean in a_values) == (mean in b_values):
        return ()
    values = a_values if mean in a_values else b_values
    values[one] = values.pop(mean)
    return ("Only one run has a greedy sample of each problem, so Pass@1 is the mean over the other samples in both.",)


def _common_ids(a: Run, b: Run, *, intersection: bool) -> list[str]:
    ids = [i for i in a.problems if i in b.problems]
    num_only_a, num_only_b = len(a.problems) - len(ids), len(b.problems) - len(ids)
    if not ids:
        raise InputError(
            f"expected runs on the same problems, found no id in common between {counted(len(a.problems), 'problem')} "
            f"of {a.name} and {len(b.problems)} of {b.name}; compare runs whose rows carry the same ids"
        )
    if (num_only_a or num_only_b) and not intersection:
        raise InputError(
            f"expected runs on the same problems, found {len(ids)} in both, {num_only_a} only in {a.name} "
            f"and {num_only_b} only in {b.name}; --intersection compares on the {len(ids)} common ones"
        )
    return ids


def _check_same_problems(a: Run, b: Run, ids: Sequence[str], policy: Policy) -> None:
    for i in ids:
        first, second = a.problems[i], b.problems[i]
        if first.text and second.text and first.text.split() != second.text.split():
            raise InputError(
                f"expected one text for problem {shown(i)} in both runs, found {shown(first.text)} in {a.name} "
                f"and {shown(second.text)} in {b.name}; these are different problems under one id"
            )
        if not _same_answer(first.expected_answer, second.expected_answer, policy):
            raise InputError(
                f"expected one expected_answer for problem {shown(i)} in both runs, found "
                f"{shown(first.expected_answer)} in {a.name} and {shown(second.expected_answer)} in {b.name}; correct "
                "one"
            )


def _same_answer(first: str | None, second: str | None, policy: Policy) -> bool:
    if first is None or second is None or first == second:
        return first == second
    return grade(candidate=first, expected=second, policy=policy) is Grade.EQUAL


def _common_size(a: Run, b: Run, ids: Sequence[str], n: int | None) -> int:
    of_a, of_b = a.sample_sizes(ids), b.sample_sizes(ids)
    common = of_a & of_b
    if not common or (n is not None and n not in common):
        raise InputError(
            f"expected values at n = {n or 'any common number'} samples in both runs, found n up to "
            f"{max(of_a, default=0)} in {a.name} and {max(of_b, default=0)} in {b.name}; "
            f"common are {', '.join(map(str, sorted(common))) or 'none'}"
        )
    return max(common) if n is None else n


def _is_asked_for(key: MetricKey, strategies: Sequence[str] | None) -> bool:
    return strategies is None or key[0] in strategies


def _names(values: Iterable[MetricKey]) -> str:
    return ", ".join(title(*key) for key in values) or "none"
