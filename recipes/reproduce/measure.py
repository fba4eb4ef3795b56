"""What the samples of the reproduction say: every number of its tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evaluator.calibration import ScoreMap, fit_isotonic
from reasoning.answers.policy import Policy
from reasoning.formats import read_rows
from recipes.reproduce.plan import AGAIN, BOTH, GENERATORS, JUDGES, LIKELIHOOD, SCORED, scores_name
from rerank.estimators import Estimate, estimate, estimate_parameters, with_greedy
from rerank.grading import Graded, grade_rows
from rerank.metrics import Metric, max_clusters, parameter_grid, summarise
from rerank.report import Report, build_report
from rerank.statistics import Comparison, compare, holm, verdict
from rerank.verifier import pooled_candidates, rescored

TOP_K = 8  # of table 3
PARAMETERS = ("rr.majk", "w.rr.majk", "maj1.topn")
Pair = tuple[Estimate, Estimate]


@dataclass(frozen=True)
class Measured:
    """Samples of one generator on the test problems, with the scores of an evaluator or of none."""

    graded: Graded
    estimates: tuple[Estimate, ...]
    seed: int

    @property
    def n(self) -> int:
        """Samples of a problem."""
        return max(e.n for e in self.estimates)

    def estimate(self, name: str, *, n: int | None = None, k: int | None = None) -> Estimate:
        """One metric; at all samples if no number is given."""
        return next(e for e in self.estimates if (e.name, e.n, e.k) == (name, n or self.n, k))

    def metric(self, name: str, *, n: int | None = None, k: int | None = None) -> Metric:
        """The same with its interval."""
        return summarise([self.estimate(name, n=n, k=k)], seed=self.seed)[0]

    def report(self) -> Report:
        """Everything that a report says, for the figures."""
        ks = sorted({e.k for e in self.estimates if e.name == "majk" and e.k is not None})
        top_ns = sorted({e.k for e in self.estimates if e.name == "maj1.topn" and e.k is not None})
        settings = {"ks": ks, "top_ns": top_ns, "seed": self.seed}
        return build_report(self.graded, self.estimates, policy=Policy(), **settings)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Results:
    """All samples, measured.

    Attributes:
        generators: by name: the test samples of each generator, without scores.
        scored: by (evaluator, generator).
        parameters: by judge, then strategy: the K or N that was best on the validation problems.
    """

    generators: Mapping[str, Measured]
    scored: Mapping[tuple[str, str], Measured]
    parameters: Mapping[str, Mapping[str, int]]
    seed: int

    @property
    def first(self) -> Measured:
        """The generator of both styles, which all evaluators but the small one belong to."""
        return self.generators[BOTH]


@dataclass(frozen=True)
class Difference:
    """A paired comparison of a with b on the test problems; `p_adjusted` is Holm's over its family."""

    comparison: Comparison
    p_adjusted: float
    verdict: str


def measure(outputs: Mapping[str, Path], *, seed: int) -> Results:
    """Grade and measure the samples that the stages left.

    Args:
        outputs: by the stage's name.
        seed: of resamples.
    """
    validation = {judge: _graded(outputs[scores_name("validation", judge, BOTH)]) for judge in JUDGES}
    graded = {pair: _graded(outputs[scores_name("test", *pair)]) for pair in SCORED}
    to_probability = fit_isotonic(*pooled_candidates(validation[LIKELIHOOD].problems))
    validation[LIKELIHOOD] = _mapped(validation[LIKELIHOOD], to_probability)
    graded[LIKELIHOOD, BOTH] = _mapped(graded[LIKELIHOOD, BOTH], to_probability)
    parameters = {judge: best_parameters(validation[judge], seed=seed) for judge in JUDGES}
    scored = {pair: measured(graded[pair], parameters.get(pair[0], {}), seed=seed) for pair in SCORED}
    names = (*GENERATORS, *AGAIN)
    generators = {name: measured(_graded(outputs[f"test-{name}"]), {}, seed=seed) for name in names}
    return Results(generators=generators, scored=scored, parameters=parameters, seed=seed)


def measured(graded: Graded, parameters: Mapping[str, int], *, seed: int) -> Measured:
    """Every metric and strategy at one sample and at all samples, with K = 8 and with the given parameters."""
    n = min(len(problem.candidates) for problem in graded.problems)
    ks = sorted({TOP_K, *(value for name, value in parameters.items() if name != "maj1.topn")})
    top_ns = [parameters.get("maj1.topn", TOP_K)]
    found = estimate(graded.problems, sample_sizes=sorted({1, n}), ks=ks, top_ns=top_ns, seed=seed)
    wanted = [e for e in found if e.n == n or e.name in ("first", "pass")]
    return Measured(graded, tuple(with_greedy(wanted, graded.greedy)), seed)


def best_parameters(graded: Graded, *, seed: int) -> dict[str, int]:
    """The parameter of each strategy that has one with the highest accuracy; the smallest of several."""
    n = min(len(problem.candidates) for problem in graded.problems)
    ks = parameter_grid(min(n, max_clusters(graded.problems)))
    found = estimate_parameters(graded.problems, n=n, ks=ks, top_ns=parameter_grid(n), seed=seed)
    best = {}
    for name in PARAMETERS:
        chosen = max((e for e in found if e.name == name), key=lambda e: (e.mean, -(e.k or 0)))
        assert chosen.k is not None
        best[name] = chosen.k
    return best


def paired(pairs: Sequence[Pair], *, seed: int) -> list[Difference]:
    """Each pair's comparison; the pairs are one family."""
    found = [compare(a.values, b.values, seed=seed) for a, b in pairs]
    adjusted = holm([c.p_value for c in found])
    return [Difference(c, p, verdict(c, p)) for c, p in zip(found, adjusted, strict=True)]


def _mapped(graded: Graded, to_probability: ScoreMap) -> Graded:
    """The same with likelihoods made probabilities, which sums of scores need."""
    return replace(graded, problems=tuple(rescored(problem, to_probability) for problem in graded.problems))


def _graded(path: Path) -> Graded:
    return grade_rows(read_rows([path]), workers=1, page_bytes=0)  # starting more takes longer than the work
