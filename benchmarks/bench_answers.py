"""Clustering and grading answers, against Math-Verify, in one run on one machine.

    python benchmarks/bench_answers.py

Reads `grading/cluster.jsonl` and `grading/pairs.jsonl` in the folder that QUORUM_TEST_DATA names. Without it,
a small set of spellings of fractions is generated, which both sides grade well: there, only the times matter.

Math-Verify is used as its documentation shows, `verify(parse(gold), parse(answer))`, on the answers between
dollars, and on the answers as they are, which it reads as plain text. Cold: no answer was seen before.
"""

import json
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

from math_verify import parse, verify

from benchmarks.ratios import in_turn, ratio_of, tell
from reasoning.answers import Grade, cluster, grade, symbolic

ROUNDS = 3
Labels: TypeAlias = list[int | None]
Problem: TypeAlias = dict[str, Any]  # answers, truth
Pair: TypeAlias = dict[str, Any]  # a, b, equal, perhaps contested


def main() -> None:
    problems, pairs = _load() or _generate(random.Random(0))
    symbolic.rewrite("1")  # start the worker: a second that is paid once a process
    _bench_clustering(problems)
    _bench_grading([pair for pair in pairs if not pair.get("contested")])


def _load() -> tuple[list[Problem], list[Pair]] | None:
    folder = os.environ.get("QUORUM_TEST_DATA")
    if not folder:
        return None
    paths = [Path(folder) / "grading" / name for name in ("cluster.jsonl", "pairs.jsonl")]
    problems, pairs = ([json.loads(line) for line in path.read_text().splitlines()] for path in paths)
    return problems, pairs


def _generate(rng: random.Random) -> tuple[list[Problem], list[Pair]]:
    problems, pairs = [], []
    for _ in range(20):
        values = [Fraction(rng.randint(1, 99), rng.choice((2, 4, 5, 8))) for _ in range(5)]
        values = list(dict.fromkeys(values))
        truth = rng.choices(range(len(values)), k=64)
        problems.append({"answers": [_spell(values[t], rng) for t in truth], "truth": truth})
        pairs += [{"a": _spell(a, rng), "b": _spell(b, rng), "equal": a == b} for a in values for b in values[:2]]
    return problems, pairs


def _spell(value: Fraction, rng: random.Random) -> str:
    p, q = value.numerator, value.denominator
    return rng.choice((f"{p}/{q}", rf"\frac{{{p}}}{{{q}}}", str(float(value)), rf"x = \frac{{{p}}}{{{q}}}"))


def _bench_clustering(problems: Sequence[Problem]) -> None:
    num_answers = sum(len(problem["answers"]) for problem in problems)
    print(f"clustering: {len(problems)} problems, {num_answers} answers")
    print(f"{'':34}{'seconds':>9}{'precision':>11}{'recall':>8}{'majorities changed':>20}")
    methods: list[tuple[str, Callable[[Sequence[str | None]], Labels]]] = [
        ("Quorum", cluster),
        ("Math-Verify, every answer", lambda answers: _verify_clusters(answers, "$")),
        ("Math-Verify, distinct answers", lambda answers: _distinct(answers, "$")),
        ("Math-Verify, every, without $", lambda answers: _verify_clusters(answers, "")),
        ("Math-Verify, distinct, without $", lambda answers: _distinct(answers, "")),
    ]
    found: dict[str, list[Labels]] = {}

    def cold(name: str, method: Callable[[Sequence[str | None]], Labels]) -> Callable[[], None]:
        def work() -> None:
            _clear_caches()
            found[name] = [method(problem["answers"]) for problem in problems]

        return work

    times = in_turn([cold(name, method) for name, method in methods], rounds=ROUNDS)
    for (name, _), seconds in zip(methods, times, strict=True):
        labels, truths = found[name], [problem["truth"] for problem in problems]
        precision, recall = _pair_precision_and_recall(problems, labels)
        voted = [_majority(*both) for both in zip(labels, truths, strict=True)]
        changed = sum(a != _majority(truth, truth) for a, truth in zip(voted, truths, strict=True))
        print(f"{name:34}{statistics.median(seconds):9.3f}{precision:11.4f}{recall:8.4f}{changed:20}")
    for (name, _), seconds in zip(methods[1:], times[1:], strict=True):
        tell("cluster answers, cold", name, ratio_of(times[0], seconds))
    print()


def _verify_clusters(answers: Sequence[str | None], delimiter: str) -> Labels:
    """Compare each answer with the representative of each cluster so far, the oldest first."""
    representatives: list[str] = []
    labels: Labels = []
    for answer in answers:
        if answer is None:
            labels.append(None)
            continue
        text = f"{delimiter}{answer}{delimiter}"
        found = (i for i, other in enumerate(representatives) if verify(parse(other), parse(text)))
        label = next(found, len(representatives))
        if label == len(representatives):
            representatives.append(text)
        labels.append(label)
    return labels


def _distinct(answers: Sequence[str | None], delimiter: str) -> Labels:
    distinct = list(dict.fromkeys(answer for answer in answers if answer is not None))
    numbers = dict(zip(distinct, _verify_clusters(distinct, delimiter), strict=True))
    return [None if answer is None else numbers[answer] for answer in answers]


def _pair_precision_and_recall(problems: Sequence[Problem], labels: Sequence[Labels]) -> tuple[float, float]:
    """Of the pairs put together, the share that belongs together; of those that belong, the share put."""
    both = put = belong = 0
    for problem, found in zip(problems, labels, strict=True):
        truth = problem["truth"]
        for i in range(len(truth)):
            for j in range(i):
                is_put = found[i] is not None and found[i] == found[j]
                is_one = truth[i] is not None and truth[i] == truth[j]
                both, put, belong = both + (is_put and is_one), put + is_put, belong + is_one
    return both / put, both / belong


def _majority(labels: Sequence[int | None], truth: Sequence[int | None]) -> int | None:
    """The true label of the answer that stands first in the largest cluster; ties to the first to appear."""
    counts = Counter(label for label in labels if label is not None)
    return truth[labels.index(counts.most_common(1)[0][0])]


def _bench_grading(pairs: Sequence[Pair]) -> None:
    print(f"grading: {len(pairs)} uncontested pairs")
    print(f"{'':34}{'cold, us':>9}{'warm, us':>9}{'right':>8}{'false equal':>13}{'false unequal':>15}{'unknown':>9}")
    graders: list[tuple[str, Callable[[str, str], bool | None]]] = [
        ("Quorum", _grade),
        ("Math-Verify", lambda a, b: bool(verify(parse(f"${b}$"), parse(f"${a}$")))),
        ("Math-Verify, without $", lambda a, b: bool(verify(parse(b), parse(a)))),
    ]
    medians: dict[str, list[float]] = {}
    for name, grader in graders * ROUNDS:
        cold, warm, outcomes = [], [], Counter[str]()
        for pair in pairs:
            _clear_caches()
            cold_s, decision = _timed(grader, pair)
            warm_s, _ = _timed(grader, pair)
            cold.append(cold_s)
            warm.append(warm_s)
            outcomes["unknown"] += decision is None
            outcomes["right" if bool(decision) == pair["equal"] else "wrong equal" if decision else "wrong"] += 1
        medians.setdefault(name, []).append(statistics.median(cold))
        if len(medians[name]) == ROUNDS:
            print(
                f"{name:34}{statistics.median(cold) * 1e6:9.1f}{statistics.median(warm) * 1e6:9.1f}"
                f"{outcomes['right'] / len(pairs):8.2%}{outcomes['wrong equal']:13}{outcomes['wrong']:15}"
                f"{outcomes['unknown']:9}"
            )
    for name in list(medians)[1:]:
        tell("grade the median pair, cold", name, ratio_of(medians["Quorum"], medians[name]))


def _grade(a: str, b: str) -> bool | None:
    outcome = grade(candidate=a, expected=b)
    return None if outcome is Grade.UNKNOWN else outcome is Grade.EQUAL


def _timed(grader: Callable[[str, str], bool | None], pair: Pair) -> tuple[float, bool | None]:
    start = time.perf_counter()
    decision = grader(pair["a"], pair["b"])
    return time.perf_counter() - start, decision


def _clear_caches() -> None:
    """Forget every answer seen, on both sides, but not Math-Verify's compiled patterns (`lazy_...`)."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("reasoning.answers", "math_verify")):
            for attribute, function in list(vars(module).items()):
                if hasattr(function, "cache_clear") and not attribute.startswith("lazy"):
                    function.cache_clear()


if __name__ == "__main__":
    main()
