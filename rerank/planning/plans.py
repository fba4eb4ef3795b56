"""Plans: every number of samples, strategy, K and stopping rule, with what it gives and what it costs.

A plan at n samples is the expectation over subsets of n of the samples that exist (rerank.estimators), which is
unbiased for problems of the kind sampled alike; n never exceeds the samples of a problem. Nothing is extrapolated: how
an unseen answer would grow with more samples is not in the data.

Shapes: P problems, M plans.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
import numpy.typing as npt

from reasoning.errors import InputError
from rerank.estimators import Estimate, estimate
from rerank.grading import GradedProblem, has_scores
from rerank.intervals import intervals, wilson_interval
from rerank.metrics import parameter_grid
from rerank.naming import title
from rerank.planning.bounds import simultaneous_lower
from rerank.planning.costs import Rates, Tokens, count_tokens, judged_samples
from rerank.stopping.replay import replay
from rerank.stopping.rules import StopRule, parse_rule
from rerank.strategies import DEFAULT_KS, DEFAULT_TOP_NS, STRATEGIES

FloatArray = npt.NDArray[np.float64]

STOP_RULES = ("lossless", "anytime:0.05", "budget:0.05")
MIN_BUDGET_TO_STOP = 4  # below, hardly any rule can stop early
NUM_ORDERS = 4
NO_RATES = Rates()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A way to answer problems.

    Attributes:
        strategy: that selects.
        n: samples of a problem; with `stop` at most.
        k: K or TopN; None where there is none.
        stop: the stopping rule; None draws all n.
        values: (P,) probability that the answer is correct.
        accuracy, low, high: their mean with its 95% interval over problems.
        lower: that the accuracy is at least, all plans at once, with the confidence asked for.
        standard_error: of the accuracy over problems.
        samples, samples_read: means of a problem, drawn and read by the evaluator.
        tokens, evaluator_tokens: means of a problem; None where samples have neither counts nor texts.
        seconds, cost: of a problem; None without rates or without tokens.
        estimator: see Estimate; "replay" with a stopping rule.
    """

    strategy: str
    n: int
    k: int | None
    stop: str | None
    values: FloatArray
    accuracy: float
    low: float
    high: float
    lower: float
    standard_error: float
    samples: float
    samples_read: float
    tokens: float | None
    evaluator_tokens: float | None
    seconds: float | None
    cost: float | None
    estimator: str

    @property
    def name(self) -> str:
        return title(self.strategy, self.n, self.k) + (f" {self.stop}" if self.stop else "")

    @property
    def price(self) -> float:
        """What plans are compared by: cost, else seconds, else tokens of both models, else samples of both."""
        if self.cost is not None:
            return self.cost
        if self.seconds is not None:
            return self.seconds
        if self.tokens is None or self.evaluator_tokens is None:
            return self.samples + self.samples_read
        return self.tokens + self.evaluator_tokens


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """A plan without what needs all plans."""

    strategy: str
    n: int
    k: int | None
    stop: str | None
    values: FloatArray
    noise: float
    samples: FloatArray
    judged: FloatArray
    estimator: str


def make_plans(
    problems: Sequence[GradedProblem],
    *,
    rates: Rates = NO_RATES,
    sizes: Sequence[int] | None = None,
    ks: Sequence[int] = DEFAULT_KS,
    top_ns: Sequence[int] = DEFAULT_TOP_NS,
    stops: Sequence[str] = STOP_RULES,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[Plan]:
    """Every plan that the samples can say something about.

    Args:
        problems: graded.
        rates: prices and speeds.
        sizes: numbers of samples; None for up to 16 of those that every problem has.
        ks: of rr.majk and w.rr.majk.
        top_ns: of maj1.topn.
        stops: stopping rules, tried with maj1 and, where there are scores, w.rr.
        confidence: of `lower`.
        seed: of subsets, orders, resamples and the bounds' draws.

    Raises:
        InputError: no problem, or a number of samples that some problem does not have.
    """
    if not problems:
        raise InputError("expected at least one problem; got none")
    fewest = min(len(problem.candidates) for problem in problems)
    grid = parameter_grid(fewest) if sizes is None else sorted(set(sizes))
    if grid[-1] > fewest or grid[0] < 1:
        raise InputError(
            f"expected numbers of samples from 1 to {fewest}, which every problem has, found {grid[-1]}; nothing says "
            "what more samples would give, so draw them, or leave out problems with fewer samples"
        )
    tokens = count_tokens(problems)
    drafts = _fixed(problems, grid, ks=ks, top_ns=top_ns, seed=seed)
    budgets = [n for n in grid if n >= MIN_BUDGET_TO_STOP][-1:] if len(grid) < 3 else _budgets(grid)
    drafts += _stopping(problems, budgets, [parse_rule(text) for text in stops], seed=seed)
    values_PM = np.stack([draft.values for draft in drafts], axis=1)
    noise_M = np.array([draft.noise for draft in drafts])
    errors_M = np.sqrt(values_PM.var(axis=0, ddof=min(1, len(values_PM) - 1)) / len(values_PM) + noise_M**2)
    lower_M = simultaneous_lower(values_PM, errors_M, confidence=confidence, seed=seed)
    spans = intervals(values_PM, seed=seed)
    return [
        _plan(draft, tokens, rates, (span.low, span.high), lower=float(lower), error=float(error))
        for draft, span, lower, error in zip(drafts, spans, lower_M, errors_M, strict=True)
    ]


def future_interval(plan: Plan, num_problems: int) -> tuple[float, float]:
    """Where the accuracy of one run of the plan on so many other problems will be found, with 95% confidence.

    It adds to the plan's own interval that of the run, in which each problem is answered once, right or wrong. On each
    side their distances from the accuracy add as errors do, by squares. Neither is 0 at an accuracy of 0 or 1, where
    standard errors are.

    Source: recovering variances from limits, Zou and Donner 2008; of the run, Wilson 1927.
    """
    run_low, run_high = wilson_interval(plan.accuracy * num_problems, num_problems)
    below = hypot(plan.accuracy - plan.low, plan.accuracy - run_low)
    above = hypot(plan.high - plan.accuracy, run_high - plan.accuracy)
    return max(0.0, plan.accuracy - below), min(1.0, plan.accuracy + above)


def _fixed(
    problems: Sequence[GradedProblem], grid: Sequence[int], *, ks: Sequence[int], top_ns: Sequence[int], seed: int
) -> list[_Draft]:
    fewest = min(len(problem.candidates) for problem in problems)
    ks, top_ns = sorted({min(k, fewest) for k in ks}), sorted({min(n, fewest) for n in top_ns})
    found = estimate(problems, sample_sizes=grid, ks=ks, top_ns=top_ns, seed=seed)
    judged = judged_samples(problems, grid, ks, num_orders=NUM_ORDERS, seed=seed) if has_scores(problems) else {}
    drafts = []
    for e in found:
        if e.name in STRATEGIES and e.name != "first" and not _repeats(e):
            read = judged[e.k if STRATEGIES[e.name].parameter == "k" else None][grid.index(e.n)] if judged else None
            drafts.append(_fixed_draft(e, read, len(problems)))
    return drafts


def _repeats(e: Estimate) -> bool:
    """Whether K or TopN is so large that the plan is one without it."""
    return e.k is not None and e.k >= e.n


def _fixed_draft(e: Estimate, judged_P: FloatArray | None, num_problems: int) -> _Draft:
    reads = judged_P if judged_P is not None and STRATEGIES[e.name].needs_scores else np.zeros(num_problems)
    samples_P = np.full(num_problems, float(e.n))
    return _Draft(e.name, e.n, e.k, None, e.values, e.standard_error, samples_P, reads, e.estimator)


def _budgets(grid: Sequence[int]) -> list[int]:
    """A few budgets for rules, which are replayed: the largest number, its half and its quarter."""
    most = grid[-1]
    near = {min(grid, key=lambda n: abs(n - most / part)) for part in (1, 2, 4)}
    return sorted(n for n in near if n >= MIN_BUDGET_TO_STOP)


def _stopping(
    problems: Sequence[GradedProblem], budgets: Sequence[int], rules: Sequence[StopRule], *, seed: int
) -> list[_Draft]:
    drafts = []
    strategies = ("maj1", "w.rr") if has_scores(problems) else ("maj1",)
    for strategy in strategies if rules else ():
        for budget in budgets:
            for found in replay(problems, rules, strategy=strategy, budget=budget, num_orders=NUM_ORDERS, seed=seed):
                used_P, values_P, stop = found.used.mean(axis=1), found.correct.mean(axis=1), str(found.rule)
                judged_P = found.answered.mean(axis=1) if strategy == "w.rr" else np.zeros(len(problems))
                drafts.append(_Draft(strategy, budget, None, stop, values_P, 0.0, used_P, judged_P, "replay"))
    return drafts


def _plan(
    draft: _Draft, tokens: Tokens, rates: Rates, span: tuple[float, float], *, lower: float, error: float
) -> Plan:
    generated = judged = seconds = cost = None
    if tokens.sample is not None:
        generated = float((draft.samples * tokens.sample).mean())
        judged = float((draft.judged * tokens.sample + (draft.judged > 0) * tokens.problem).mean())
        seconds = rates.seconds(generated=generated, judged=judged)
        cost = rates.cost(prompt=float(tokens.problem.mean()), generated=generated, judged=judged)
    return Plan(
        strategy=draft.strategy,
        n=draft.n,
        k=draft.k,
        stop=draft.stop,
        values=draft.values,
        accuracy=float(draft.values.mean()),
        low=span[0],
        high=span[1],
        lower=lower,
        standard_error=error,
        samples=float(draft.samples.mean()),
        samples_read=float(draft.judged.mean()),
        tokens=generated,
        evaluator_tokens=judged,
        seconds=seconds,
        cost=cost,
        estimator=draft.estimator,
    )
