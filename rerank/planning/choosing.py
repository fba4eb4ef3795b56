"""The plans that nothing beats, the cheapest one for a target, and what would settle a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import NormalDist

import numpy as np

from reasoning.errors import InputError
from rerank.grading import GradedProblem
from rerank.planning.plans import NUM_ORDERS, Plan
from rerank.statistics import compare, holm, verdict
from rerank.stopping.replay import random_orders
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N, select

POWER = 0.8
ALPHA = 0.05
ROUNDING = 1e-12  # of means of shares; a smaller difference is none


def frontier(plans: Sequence[Plan]) -> list[Plan]:
    """The plans than which no cheaper one is predicted to be as accurate, cheapest first."""
    best: list[Plan] = []
    for plan in sorted(plans, key=lambda plan: (plan.price, -plan.accuracy)):
        if not best or plan.accuracy > best[-1].accuracy:
            best.append(plan)
    return best


def cheapest(plans: Sequence[Plan], target: float) -> Plan | None:
    """The cheapest plan shown to reach the target, with the confidence of the plans' lower bounds; None if none is.

    Raises:
        InputError: the target is no fraction.
    """
    if not 0 < target < 1:
        raise InputError(f"expected a target between 0 and 1, as 0.7 for 70%; got {target:g}")
    shown = [plan for plan in plans if plan.lower >= target]
    return min(shown, key=lambda plan: (plan.price, -plan.accuracy), default=None)


def problems_to_show(plan: Plan, target: float) -> int | None:
    """Problems on which the plan would be shown to reach the target if its accuracy is the predicted one.

    None where it is below the target. The bound's distance is what it is now, and shrinks with their square root.
    """
    if plan.accuracy <= target:
        return None
    return ceil(len(plan.values) * ((plan.accuracy - plan.lower) / (plan.accuracy - target)) ** 2)


@dataclass(frozen=True, slots=True)
class Power:
    """A comparison of two plans, and what would settle it.

    Attributes:
        a, b: names of the plans; the difference is a minus b, with its 95% interval.
        verdict: "better", "worse" or "tied", adjusted (Holm) over the comparisons beside it.
        num_problems: compared on.
        detectable: the difference that so many problems would show with a chance of 80%.
        problems_needed: problems for a chance of 80% to show the difference found, if it is the true one; None where it
            is 0.
        between: share of the variance over problems that more samples of the same problems leave; None where problems
            have too few samples to tell.
        repeats_needed: how many times as many samples of these problems would do instead; None where none would, or
            where that cannot be told.
    """

    a: str
    b: str
    difference: float
    low: float
    high: float
    p_adjusted: float
    verdict: str
    num_problems: int
    detectable: float
    problems_needed: int | None
    between: float | None
    repeats_needed: int | None


def powers(problems: Sequence[GradedProblem], plans: Sequence[Plan], *, seed: int = 0) -> list[Power]:
    """Compare every strategy with the vote at the largest n, and the vote there with that at half of it.

    The variance of a difference has a part between problems and one of the samples drawn. More samples lower the second
    only; the first is the covariance of the differences on two disjoint halves of the samples, so it is estimated
    at half of n. Under repetition r the variance is between + within / r.

    Sources: two-sided z-test, alpha 0.05, power 0.8; the split is Miller 2024 (arXiv:2411.00640).
    """
    n = max(plan.n for plan in plans)
    last = [plan for plan in plans if plan.n == n and plan.stop is None]
    vote = next((plan for plan in last if plan.strategy == "maj1"), None)
    half = next((plan for plan in plans if (plan.strategy, plan.n, plan.stop) == ("maj1", n // 2, None)), None)
    if vote is None:
        return []
    pairs = [(plan, vote) for plan in last if plan is not vote]
    pairs += [(vote, half)] if half is not None else []
    found = [compare(a.values, b.values, seed=seed) for a, b in pairs]
    adjusted = holm([one.p_value for one in found])
    reach = NormalDist().inv_cdf(1 - ALPHA / 2) + NormalDist().inv_cdf(POWER)
    results = []
    for (a, b), one, p in zip(pairs, found, adjusted, strict=True):
        num_problems = len(a.values)
        variance = float((a.values - b.values).var())
        difference = one.difference if abs(one.difference) > ROUNDING else 0.0
        between = None if b is half else _between(problems, a, n, seed=seed)
        results.append(
            Power(
                a=a.name,
                b=b.name,
                difference=difference,
                low=one.low,
                high=one.high,
                p_adjusted=p,
                verdict=verdict(one, p),
                num_problems=num_problems,
                detectable=reach * (variance / num_problems) ** 0.5,
                problems_needed=ceil(variance * (reach / difference) ** 2) if difference else None,
                between=between,
                repeats_needed=_repeats(variance, between, difference / reach, num_problems),
            )
        )
    return results


def _repeats(variance: float, between: float | None, wanted_error: float, num_problems: int) -> int | None:
    """r with (between + within / r) / P = wanted_error^2."""
    if between is None:
        return None
    left = wanted_error**2 * num_problems - between * variance
    return ceil((1 - between) * variance / left) if left > 0 else None


def _between(problems: Sequence[GradedProblem], plan: Plan, n: int, *, seed: int) -> float | None:
    """The share of the variance of (plan minus vote) that is between problems, at n // 2 samples."""
    half = n // 2
    if half < 2:
        return None
    pairs = np.array(
        [
            [_difference(problem, part.tolist(), plan) for part in (order[:half], order[half : 2 * half])]
            for problem in problems
            for order in random_orders(problem, NUM_ORDERS, seed)
        ]
    )
    centred = pairs - pairs.mean()
    total = float((centred**2).mean())
    return min(1.0, max(0.0, float((centred[:, 0] * centred[:, 1]).mean()) / total)) if total else None


def _difference(problem: GradedProblem, chosen: Sequence[int], plan: Plan) -> float:
    candidates = [problem.candidates[i] for i in chosen]
    labels = [problem.labels[i] for i in chosen]
    label_of = {candidate.sample: label for candidate, label in zip(candidates, labels, strict=True)}
    right = []
    for strategy in (plan.strategy, "maj1"):
        selection = select(strategy, candidates, labels, k=plan.k or DEFAULT_K, top_n=plan.k or DEFAULT_TOP_N)
        right.append(
            selection is not None
            and problem.correct is not None
            and label_of[selection.candidate.sample] == problem.correct
        )
    return float(right[0]) - float(right[1])
