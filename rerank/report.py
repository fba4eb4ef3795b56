"""Every number of a report, computed once; JSON, Markdown and the page only write them down."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from reasoning.answers.policy import Policy
from reasoning.score_quality import ScoreQuality
from rerank.caveats import caveats
from rerank.difficulty import Bucket, correct_share, difficulty, rescue_ratio
from rerank.estimators import Estimate, estimate, sample_size_grid, top_k_share, with_greedy
from rerank.grading import Graded, GradedProblem
from rerank.metrics import (
    Curve,
    Metric,
    PairedComparison,
    at_largest_n,
    compare_strategies,
    curves_over_n,
    max_clusters,
    parameter_curves,
    parameter_grid,
    summarise,
)
from rerank.naming import title
from rerank.risk import risk_curves
from rerank.stopping.summary import StoppingReport
from rerank.strategies import DEFAULT_KS, DEFAULT_TOP_NS
from rerank.verifier import verifier_quality

DEFAULT_EXTRACTION = {"last_number": True, "re_extract": False}  # of `grade_rows`


@dataclass(frozen=True, slots=True)
class Report:
    """The content of report.json, field by field.

    Attributes:
        num_samples: per problem: min, mean, max.
        num_unextracted: samples without an answer; they never vote and count as wrong.
        num_unknown: answers whose equality with the expected one is undecided; counted unequal.
        metrics: every metric at n = the smallest number of samples of a problem.
        curves: the same against n.
        comparisons: every strategy against maj1 and first, paired.
        parameters: accuracy against K or TopN at the largest n (figure 1 of arXiv:2310.10047).
        top_k_share: [K, share of samples in the K largest clusters]: what rr.majk pays the evaluator.
        correct_shares: per problem, the share of correct samples (figure 4, left).
        rescue_ratios: correct cluster over majority cluster, where the vote is wrong (figure 4, right).
        risk_coverage: per strategy, [coverage, error rate] by falling confidence.
        verifier: what the scores are worth; None without scores.
        stopping: stopping rules replayed on the samples; None where that was not asked for.
        settings: ks, top_ns, seed, policy, extraction: what was given, and not tuned on these data.
        warnings: sentences on what a reader must know before trusting a number.
        source: the files read, with SHA-256, counts of rows, versions.
    """

    num_problems: int
    num_samples: dict[str, float]
    num_unextracted: int
    num_unknown: int
    metrics: tuple[Metric, ...]
    curves: tuple[Curve, ...]
    comparisons: tuple[PairedComparison, ...]
    parameters: tuple[Curve, ...]
    top_k_share: tuple[tuple[int, float], ...]
    correct_shares: tuple[float, ...]
    rescue_ratios: tuple[float, ...]
    difficulty: tuple[Bucket, ...]
    risk_coverage: dict[str, tuple[tuple[float, float], ...]]
    verifier: ScoreQuality | None
    has_scores: bool
    num_missing_scores: int
    settings: dict[str, Any]
    warnings: tuple[str, ...]
    source: dict[str, Any] = field(default_factory=dict)
    stopping: StoppingReport | None = None

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)

    @property
    def n(self) -> int:
        """The number of samples per problem that the metrics look at."""
        return max(m.n for m in self.metrics)


def build_report(
    graded: Graded,
    estimates: Sequence[Estimate],
    *,
    policy: Policy,
    ks: Sequence[int] = DEFAULT_KS,
    top_ns: Sequence[int] = DEFAULT_TOP_NS,
    seed: int = 0,
    extraction: Mapping[str, bool] | None = None,
    source: Mapping[str, Any] | None = None,
    warnings: Sequence[str] = (),
    stopping: StoppingReport | None = None,
) -> Report:
    """Compute every number of the report.

    Args:
        graded: each problem with an expected answer.
        estimates: of `estimate_all`, with the same ks, top_ns and seed.
        policy: the one the problems were graded with; recorded.
        extraction: how answers were found, `last_number` and `re_extract`; recorded.
        source: files, versions, counts of rows; recorded.
        warnings: of the reading; those about the samples are added here.
        stopping: see Report.
    """
    problems = graded.problems
    n = max(e.n for e in estimates)
    last = at_largest_n(estimates, n)
    metrics = summarise(last, seed=seed)
    parameters = parameter_curves(problems, n, seed=seed)
    shares = parameter_grid(max_clusters(problems))
    return Report(
        num_problems=len(problems),
        num_samples=_num_samples(problems),
        num_unextracted=sum(label is None for p in problems for label in p.labels),
        num_unknown=sum(p.num_unknown for p in problems),
        metrics=tuple(metrics),
        curves=tuple(curves_over_n(estimates, seed=seed)),
        comparisons=tuple(compare_strategies(last, seed=seed)),
        parameters=parameters,
        top_k_share=tuple(zip(shares, top_k_share(problems, shares).mean(axis=0).tolist(), strict=True)),
        correct_shares=tuple(correct_share(p) for p in problems),
        rescue_ratios=tuple(r for p in problems if (r := rescue_ratio(p)) is not None),
        difficulty=difficulty(problems, {title(e.name, e.n, e.k): e.values.tolist() for e in last}),
        risk_coverage=risk_curves(problems),
        verifier=verifier_quality(problems, seed=seed),
        has_scores=graded.has_scores,
        num_missing_scores=graded.num_missing_scores,
        settings={
            "ks": list(ks),
            "top_ns": list(top_ns),
            "seed": seed,
            "policy": policy.as_dict(),
            "extraction": dict(DEFAULT_EXTRACTION if extraction is None else extraction),
        },
        warnings=(*warnings, *caveats(graded, n)),
        source=dict(source or {}),
        stopping=stopping,
    )


def estimate_all(
    graded: Graded,
    *,
    ks: Sequence[int] = DEFAULT_KS,
    top_ns: Sequence[int] = DEFAULT_TOP_NS,
    seed: int = 0,
) -> list[Estimate]:
    """Every metric at every number of samples of the grid; K above the number of samples changes nothing.

    Pass@1 is the greedy samples' value where every problem has one, and "mean" the mean over samples.
    """
    sizes = sample_size_grid(graded.problems)
    return with_greedy(estimate(graded.problems, sample_sizes=sizes, ks=ks, top_ns=top_ns, seed=seed), graded.greedy)


def _num_samples(problems: Sequence[GradedProblem]) -> dict[str, float]:
    counts = [len(p.candidates) for p in problems]
    return {"min": min(counts), "mean": sum(counts) / len(counts), "max": max(counts)}
