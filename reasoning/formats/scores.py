"""Scores of other tools as probabilities: a transform, then the steps of a solution reduced to one number."""

import math
from collections.abc import Callable, Sequence

from reasoning.errors import InputError
from reasoning.formats.options import ScoreTransform, StepScore

Transform = Callable[[float], float]


class Scores:
    """Turns what a tool wrote, a number or one number a step, into one P(correct) in [0, 1].

    NaN, and null among steps, survive as NaN: that score is missing. A solution without any step has no
    score. The transform sees every number before steps are reduced, so that a product is one of
    probabilities.
    """

    def __init__(self, *, step_score: StepScore, transform: Transform) -> None:
        self.step_score = step_score
        self._transform = transform

    def __call__(self, value: float | Sequence[float | None] | None) -> float | None:
        """Raises ValueError if a number is outside [0, 1] and no transform was asked for."""
        if value is None:
            return None
        if isinstance(value, int | float):
            return self._probability(value)
        steps = [self._probability(step) for step in value]
        if not steps:
            return None
        if self.step_score == "last":
            return steps[-1]
        if any(math.isnan(step) for step in steps):
            return math.nan
        return min(steps) if self.step_score == "min" else math.prod(steps)

    def _probability(self, value: float | None) -> float:
        return math.nan if value is None or math.isnan(value) else self._transform(value)


class Range:
    """The smallest and largest score seen; calling it observes one."""

    def __init__(self) -> None:
        self.low = math.inf
        self.high = -math.inf

    def __call__(self, value: float) -> float:
        if math.isinf(value):
            raise ValueError(f"expected finite scores for --score-transform minmax, found {value}; use sigmoid")
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        return 0.0

    def scaled(self, value: float) -> float:
        """The place of a score between the smallest, 0, and the largest, 1."""
        if self.low == self.high:
            raise InputError(
                f"--score-transform minmax expected at least two different scores, found only {self.low}; "
                "these scores rank nothing"
            )
        return (value - self.low) / (self.high - self.low)


def sigmoid(logit: float) -> float:
    """1 / (1 + exp(-logit)), without overflow."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    odds = math.exp(logit)
    return odds / (1.0 + odds)


def as_probability(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise ValueError(
            f"expected scores in [0, 1], found {value}; "
            "say how it becomes a probability: --score-transform sigmoid (for logits) or minmax"
        )
    return value


TRANSFORMS: dict[ScoreTransform | None, Transform] = {None: as_probability, "sigmoid": sigmoid}
