"""What stopping early and scoring less would have saved on saved samples, and what it would have cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from rerank.clusters import build_clusters
from rerank.grading import GradedProblem, has_scores
from rerank.intervals import Interval, exact_lower, interval
from rerank.statistics import compare
from rerank.stopping.replay import DEFAULT_ORDERS, Replay, replay
from rerank.stopping.rules import SETTLING, StopRule, parse_rule
from rerank.stopping.scoring import num_scored
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N, STRATEGIES

DELTA = 0.05
GUARANTEED_RULES = ("lossless", "anytime:0.05", "budget:0.05")
COMPARED_RULES = ("beta:0.95", "share:0.75")
# From safe to eager: of these the most eager one is sought that changes few answers on average.
EAGER_RULES = tuple(f"budget:{delta}" for delta in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9))


@dataclass(frozen=True, slots=True)
class StopSummary:
    """A rule on all problems; shares are fractions, intervals are 95% over problems.

    Attributes:
        rule: as `anytime:0.05`.
        strategy: that selects.
        budget: samples of a problem at most.
        used: share of the budget that was drawn.
        changed: share of answers that are not the full budget's.
        outvoted: share of answers that others have more of the full budget than; the rest of the changed are ties.
        accuracy: of the answers given.
        full_accuracy: of the full budget's.
        difference: accuracy minus full accuracy, paired.
        reasons: how often each reason ended the sampling.
    """

    rule: str
    strategy: str
    budget: int
    used: float
    used_low: float
    used_high: float
    changed: float
    changed_low: float
    changed_high: float
    outvoted: float
    accuracy: float
    full_accuracy: float
    difference: float
    difference_low: float
    difference_high: float
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class ScoringSummary:
    """Samples that the evaluator reads for a strategy, as shares of those with an answer.

    Attributes:
        eligible: only what the strategy may choose from.
        needed: only until no score can change the answer.
    """

    strategy: str
    k: int | None
    eligible: float
    needed: float


@dataclass(frozen=True, slots=True)
class StoppingReport:
    """The replay of a file.

    Attributes:
        num_orders: random orders of each problem's samples.
        rules: by strategy, then as they are listed above.
        on_average: per strategy, the most eager of EAGER_RULES that is shown to change at most DELTA of the answers to
            such problems (95% confidence); None where none is.
        scoring: empty without scores.
    """

    num_problems: int
    num_orders: int
    budget: int
    rules: tuple[StopSummary, ...]
    on_average: dict[str, str | None]
    scoring: tuple[ScoringSummary, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def stopping_report(
    problems: Sequence[GradedProblem],
    *,
    ks: Sequence[int] = (DEFAULT_K,),
    top_ns: Sequence[int] = (DEFAULT_TOP_N,),
    num_orders: int = DEFAULT_ORDERS,
    seed: int = 0,
) -> StoppingReport:
    """Replay the rules on the vote and, where there are scores, on the weighted vote.

    Args:
        problems: graded; the budget is the smallest number of samples that one has.
        ks: of the strategies whose evaluator cost is counted, as the next.
        top_ns: see there.
        seed: of the orders and intervals.
    """
    found: list[StopSummary] = []
    on_average: dict[str, str | None] = {}
    scored = has_scores(problems)
    rules = [parse_rule(text) for text in dict.fromkeys((*GUARANTEED_RULES, *EAGER_RULES, *COMPARED_RULES))]
    for strategy in SETTLING if scored else SETTLING[:1]:
        replays = replay(problems, rules, strategy=strategy, num_orders=num_orders, seed=seed)
        chosen = most_eager([r for r in replays if r.rule in map(parse_rule, EAGER_RULES)])
        on_average[strategy] = None if chosen is None else str(chosen)
        kept = {*GUARANTEED_RULES, *(COMPARED_RULES if strategy == "maj1" else ()), str(chosen)}
        found += [summarise(r, seed=seed) for r in replays if str(r.rule) in kept]
    return StoppingReport(
        num_problems=len(problems),
        num_orders=num_orders,
        budget=found[0].budget,
        rules=tuple(found),
        on_average=on_average,
        scoring=scoring_costs(problems, ks=ks, top_ns=top_ns) if scored else (),
    )


def summarise(replayed: Replay, *, seed: int = 0) -> StopSummary:
    """The means of a replay with their intervals over problems."""
    used_P = replayed.used.mean(axis=1) / replayed.budget
    changed_P = 1 - replayed.same.mean(axis=1)
    correct_P, full_P = replayed.correct.mean(axis=1), replayed.full_correct.mean(axis=1)
    used, changed = interval(used_P, seed=seed), interval(changed_P, seed=seed)
    compared = compare(correct_P, full_P, seed=seed)
    if replayed.rule.name == "lossless":  # proved, so there is nothing to estimate
        changed, compared = Interval(0.0, 0.0, "wilson"), replace(compared, low=0.0, high=0.0)
    return StopSummary(
        rule=str(replayed.rule),
        strategy=replayed.strategy,
        budget=replayed.budget,
        used=float(used_P.mean()),
        used_low=used.low,
        used_high=used.high,
        changed=float(changed_P.mean()),
        changed_low=changed.low,
        changed_high=changed.high,
        outvoted=float(replayed.outvoted.mean()),
        accuracy=float(correct_P.mean()),
        full_accuracy=float(full_P.mean()),
        difference=compared.difference,
        difference_low=compared.low,
        difference_high=compared.high,
        reasons={str(reason): count for reason, count in sorted(replayed.reasons.items())},
    )


def most_eager(replays: Sequence[Replay], *, delta: float = DELTA, alpha: float = 0.05) -> StopRule | None:
    """The most eager rule that changes at most delta of the answers, shown with confidence 1 - alpha.

    The rules are tested from safe to eager and the first that fails ends it, so that the chance of accepting any rule
    that changes more is at most alpha, without a correction for their number. One order of each problem counts, of
    which the answer changes or does not: problems are independent, orders of one problem are not.

    Args:
        replays: from safe to eager.

    Source: fixed-sequence testing in Learn then Test, arXiv:2110.01052; the exact bound of Clopper and Pearson 1934.
    """
    chosen = None
    for replayed in replays:
        if changed_bound(replayed.same[:, 0], alpha=alpha) > delta:
            break
        chosen = replayed.rule
    return chosen


def changed_bound(same: np.typing.NDArray[np.float64], *, alpha: float) -> float:
    """Upper bound of the share of changed answers with confidence 1 - alpha; `same` is 0 or 1 per problem."""
    return 1 - float(exact_lower(np.array([same.sum()]), len(same), alpha=alpha)[0])


def scoring_costs(
    problems: Sequence[GradedProblem], *, ks: Sequence[int], top_ns: Sequence[int]
) -> tuple[ScoringSummary, ...]:
    """What each strategy asks of the evaluator, over all samples of each problem."""
    clusters = [build_clusters(problem.candidates, problem.labels) for problem in problems]
    found = []
    for name, strategy in STRATEGIES.items():
        numbers = {"k": ks, "n": top_ns, None: (None,)}[strategy.parameter]
        for number in numbers:
            k = number if strategy.parameter == "k" and number else DEFAULT_K
            top_n = number if strategy.parameter == "n" and number else DEFAULT_TOP_N
            counts = np.array([num_scored(name, own, k=k, top_n=top_n) for own in clusters]).sum(axis=0)
            shares = counts / max(counts[0], 1)
            found.append(ScoringSummary(name, number, float(shares[1]), float(shares[2])))
    return tuple(found)
