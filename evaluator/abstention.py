"""When to give no answer: the lowest confidence at which a stated error rate is kept, with a guarantee.

Shapes: M problems with one choice each.
"""

from functools import cache

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.stats import beta

from reasoning.auroc import BoolArray, FloatArray
from reasoning.errors import InputError

NUM_THRESHOLDS = 20  # tried, at equal steps of coverage


class Threshold(BaseModel):
    """From which confidence on answers are wrong at most so often.

    Attributes:
        risk: the error rate among given answers that is accepted.
        guarantee: how probably the true error rate is at most `risk`, over draws of the problems it was found on.
        min_confidence: answers below it are not given; None where no threshold could be shown to keep the risk.
        coverage: the share of problems answered.
        num_answered: problems.
        num_wrong: of those.
        bound: upper confidence bound of the error rate; at most `risk`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    risk: float = Field(gt=0.0, lt=1.0)
    guarantee: float = Field(gt=0.0, lt=1.0)
    min_confidence: float | None = None
    coverage: float = 0.0
    num_answered: int = 0
    num_wrong: int = 0
    bound: float | None = None


def find_threshold(confidence_M: FloatArray, wrong_M: BoolArray, *, risk: float, guarantee: float = 0.95) -> Threshold:
    """The lowest confidence that can be shown to keep a risk.

    Thresholds are tested from the strictest to the most lenient, each by whether the upper Clopper-Pearson bound of
    its error rate is at most `risk`, until the first that is not. Which are tested, and in what order, follows from the
    confidences alone, so the chance that any threshold above the risk passes is at most 1 - guarantee, however many are
    tested (fixed-sequence testing). The strictest answers as many problems as would pass with half the accepted
    errors: among fewer, not even a good evaluator's would.

    The problems must be new to whatever made the confidences, and drawn like those that are to be answered.

    Args:
        confidence_M: of the choice for each problem; problems without a choice are left out.
        wrong_M: whether the choice is wrong.
        risk: error rate among given answers, in (0, 1).
        guarantee: in (0, 1).

    Returns:
        A threshold without `min_confidence` where even the strictest one fails.

    Source: Clopper and Pearson 1934; fixed-sequence testing as in Learn then Test, Angelopoulos et al.,
    arXiv:2110.01052.
    """
    if not (0 < risk < 1 and 0 < guarantee < 1):
        raise InputError(f"expected a risk and a guarantee between 0 and 1; got {risk} and {guarantee}")
    order = np.argsort(-confidence_M, kind="stable")
    sorted_M, num_wrong_M = confidence_M[order], np.cumsum(wrong_M[order])
    best = Threshold(risk=risk, guarantee=guarantee)
    for num_answered in _counts_to_test(sorted_M, strictest=fewest_answers(risk, guarantee)):
        num_wrong = int(num_wrong_M[num_answered - 1])
        bound = upper_bound(num_wrong, num_answered, guarantee)
        if bound > risk:
            break
        best = Threshold(
            risk=risk,
            guarantee=guarantee,
            min_confidence=float(sorted_M[num_answered - 1]),
            coverage=num_answered / len(sorted_M),
            num_answered=num_answered,
            num_wrong=num_wrong,
            bound=bound,
        )
    return best


def upper_bound(num_wrong: int, num_total: int, guarantee: float) -> float:
    """One-sided Clopper-Pearson bound: an error rate above it would give so few errors with chance 1 - guarantee."""
    return 1.0 if num_wrong >= num_total else float(beta.ppf(guarantee, num_wrong + 1, num_total - num_wrong))


@cache
def fewest_answers(risk: float, guarantee: float) -> int:
    """The fewest answers of which half the accepted share may be wrong and the bound still holds."""
    num_total = 1
    while upper_bound(int(num_total * risk / 2), num_total, guarantee) > risk:
        num_total += 1
    return num_total


def _counts_to_test(sorted_M: FloatArray, *, strictest: int) -> list[int]:
    """How many problems each threshold answers, fewest first; problems of equal confidence are answered together."""
    if strictest > len(sorted_M):
        return []
    is_last_of_tie = np.append(sorted_M[1:] != sorted_M[:-1], True)
    ends = np.flatnonzero(is_last_of_tie) + 1
    wanted = np.linspace(strictest, len(sorted_M), NUM_THRESHOLDS)
    return sorted({int(ends[np.searchsorted(ends, count)]) for count in np.ceil(wanted)})
