"""Stopping rules replayed on saved samples: what they would have drawn, and what they would have answered.

The samples of a problem are taken in random orders, its own ones (a file's order often has a meaning), and a rule
watches each. The full budget is what the file has; nothing is drawn with replacement.

Shapes: P problems, O orders.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from reasoning.errors import InputError
from reasoning.types import Candidate
from rerank.clusters import is_scored
from rerank.grading import GradedProblem
from rerank.stopping.rules import Reason, StopRule, Watch
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N, select

FloatArray = npt.NDArray[np.float64]

DEFAULT_ORDERS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """A rule on every problem, in several orders.

    Attributes:
        rule: which one.
        strategy: that selects.
        budget: samples of a problem at most.
        used: samples drawn; (P, O).
        answered: those of them with an answer, which an evaluator reads; (P, O).
        same: whether the answer is the full budget's; (P, O).
        outvoted: whether another answer has more of the full budget, in votes or summed scores; (P, O). An answer that
            differs from the full budget's only because two clusters tie is not.
        correct: whether the answer is correct; (P, O).
        full_correct: whether the full budget's is; (P, O).
        reasons: how often each reason ended the sampling.
    """

    rule: StopRule
    strategy: str
    budget: int
    used: FloatArray
    answered: FloatArray
    same: FloatArray
    outvoted: FloatArray
    correct: FloatArray
    full_correct: FloatArray
    reasons: dict[Reason, int]


def replay(
    problems: Sequence[GradedProblem],
    rules: Sequence[StopRule],
    *,
    strategy: str = "maj1",
    budget: int | None = None,
    num_orders: int = DEFAULT_ORDERS,
    k: int = DEFAULT_K,
    top_n: int = DEFAULT_TOP_N,
    seed: int = 0,
) -> list[Replay]:
    """Replay each rule; all see the same orders.

    Args:
        problems: graded.
        budget: samples of a problem at most; None for the smallest number that one has. The budget of a problem is that
            many of its samples in each order.
        seed: of the orders, with a problem's id.

    Raises:
        InputError: no problem, a budget above the samples of a problem, or a rule that does not fit the strategy.
    """
    if not problems:
        raise InputError("expected at least one problem; got none")
    fewest = min(len(problem.candidates) for problem in problems)
    size = fewest if budget is None else budget
    if not 1 <= size <= fewest:
        raise InputError(f"expected a budget of 1 to {fewest} samples, which every problem has; got {size}")
    shape = (len(problems), num_orders)
    fields = {name: np.zeros((len(rules), *shape)) for name in ("used", "answered", "same", "outvoted", "correct")}
    full_correct, reasons = np.zeros(shape), [Counter[Reason]() for _ in rules]
    for p, problem in enumerate(problems):
        for o, order in enumerate(random_orders(problem, num_orders, seed)):
            drawn = _Drawn(problem, order[:size], strategy=strategy, k=k, top_n=top_n)
            full = drawn.selected(size)
            full_correct[p, o] = drawn.is_correct(full)
            for r, rule in enumerate(rules):
                num_used, reason = drawn.stop(rule)
                label = full if num_used == size else drawn.selected(num_used)
                reasons[r][reason] += 1
                fields["used"][r, p, o] = num_used
                fields["answered"][r, p, o] = drawn.num_answered(num_used)
                fields["same"][r, p, o] = label == full
                fields["outvoted"][r, p, o] = label != full and drawn.is_outvoted(label)
                fields["correct"][r, p, o] = drawn.is_correct(label)
    return [
        Replay(
            rule=rule,
            strategy=strategy,
            budget=size,
            full_correct=full_correct,
            reasons=dict(reasons[r]),
            **{name: values[r] for name, values in fields.items()},
        )
        for r, rule in enumerate(rules)
    ]


class _Drawn:
    """The samples of a problem in one order, their place in it in the role of the sample index."""

    def __init__(
        self, problem: GradedProblem, order: npt.NDArray[np.int64], *, strategy: str, k: int, top_n: int
    ) -> None:
        self._problem, self._strategy, self._k, self._top_n = problem, strategy, k, top_n
        self._candidates: list[Candidate] = [
            replace(problem.candidates[i], sample=place) for place, i in enumerate(order.tolist())
        ]
        self._labels = [problem.labels[i] for i in order.tolist()]
        self._scored = any(is_scored(candidate) for candidate in problem.candidates)
        self._selected: dict[int, int | None] = {}

    def stop(self, rule: StopRule) -> tuple[int, Reason]:
        """After how many samples the rule stops, and why."""
        if rule.name == "lossless":
            return self._decided
        most, reason = self._decided if rule.is_guaranteed else (len(self._labels), "budget")
        return self._first_stop(rule, most) or (most, reason)

    @cached_property
    def _decided(self) -> tuple[int, Reason]:
        """The moment from which on the rest cannot change the answer, which rules share."""
        found = self._first_stop(StopRule("lossless"), len(self._labels), ends_when_decided=True)
        return found or (len(self._labels), "budget")

    def _first_stop(self, rule: StopRule, most: int, *, ends_when_decided: bool = False) -> tuple[int, Reason] | None:
        watch = Watch(
            rule,
            strategy=self._strategy,
            budget=len(self._labels),
            scored=self._scored,
            k=self._k,
            top_n=self._top_n,
            ends_when_decided=ends_when_decided,
        )
        for candidate, label in zip(self._candidates[:most], self._labels[:most], strict=True):
            watch.add(candidate.sample, label, candidate.score)
            if (reason := watch.reason) is not None:
                return candidate.sample + 1, reason
        return None

    def num_answered(self, num_samples: int) -> int:
        """How many of the first samples have an answer."""
        return sum(label is not None for label in self._labels[:num_samples])

    def selected(self, num_samples: int) -> int | None:
        """The cluster that the strategy selects from the first samples."""
        if num_samples not in self._selected:
            self._selected[num_samples] = self._select(num_samples)
        return self._selected[num_samples]

    def _select(self, num_samples: int) -> int | None:
        selection = select(
            self._strategy,
            self._candidates[:num_samples],
            self._labels[:num_samples],
            k=self._k,
            top_n=self._top_n,
        )
        return None if selection is None else self._labels[selection.candidate.sample]

    def is_correct(self, label: int | None) -> bool:
        return label is not None and label == self._problem.correct

    def is_outvoted(self, label: int | None) -> bool:
        """Whether another cluster of the full budget is larger, in votes for maj1 and else in summed scores."""
        totals: dict[int, float] = {}
        for candidate, own in zip(self._candidates, self._labels, strict=True):
            if own is not None:
                weight = 1.0 if self._strategy == "maj1" else candidate.score or 0.0
                totals[own] = totals.get(own, 0.0) + weight
        return bool(totals) and (label is None or max(totals.values()) > totals[label] + 1e-9)


def random_orders(problem: GradedProblem, num_orders: int, seed: int) -> npt.NDArray[np.int64]:
    """Orders of the problem's samples, the same for the same seed and id; (O, N)."""
    digest = hashlib.sha256(f"{seed}\nstopping\n{problem.problem.id}".encode()).digest()
    stream = np.random.default_rng(int.from_bytes(digest[:16], "big"))
    return stream.random((num_orders, len(problem.candidates))).argsort(axis=1)
