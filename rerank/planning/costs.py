"""What sampling and scoring cost: tokens from the samples, seconds and money from rates that a user gives."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from reasoning.errors import InputError
from rerank.grading import GradedProblem
from rerank.stopping.replay import random_orders

FloatArray = npt.NDArray[np.float64]

CHARACTERS_PER_TOKEN = 4.0  # of English and digits; used where the rows count no tokens, and then said


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices of a million tokens, in any currency, and tokens a second; None where not given.

    A price that is not given is 0 beside one that is, as for a generator of one's own and a paid evaluator.

    Attributes:
        price: of generated tokens; None is free.
        prompt_price: of the problem's prompt, paid once a problem; None is free.
        evaluator_price: of tokens that the evaluator reads; None is free.
        speed: generated tokens a second, of all that runs at a time.
        evaluator_speed: tokens a second that the evaluator reads; None takes no time.

    Raises:
        InputError: a price below 0 or a speed of at most 0; prices that are all 0, by which all plans are the same; or
            the evaluator's speed alone, by which those that only vote would take no time.
    """

    price: float | None = None
    prompt_price: float | None = None
    evaluator_price: float | None = None
    speed: float | None = None
    evaluator_speed: float | None = None

    def __post_init__(self) -> None:
        speeds = [speed for speed in (self.speed, self.evaluator_speed) if speed is not None]
        if not (all(0 <= price < inf for price in self._prices) and all(0 < speed < inf for speed in speeds)):
            raise InputError(f"expected finite prices of at least 0 and speeds above 0, found {self}")
        if self._prices and not any(self._prices):
            raise InputError("expected a price above 0, found only 0; without prices, plans are compared by tokens")
        if self.evaluator_speed is not None and self.speed is None:
            raise InputError(
                "expected the speed of the generator beside the evaluator's; without it, nothing says how long samples "
                "take"
            )

    @property
    def _prices(self) -> list[float]:
        given = (self.price, self.prompt_price, self.evaluator_price)
        return [price for price in given if price is not None]

    def cost(self, *, prompt: float, generated: float, judged: float) -> float | None:
        """Of one problem; None without any price."""
        if not self._prices:
            return None
        prices = (self.price or 0.0, self.prompt_price or 0.0, self.evaluator_price or 0.0)
        return sum(price * tokens for price, tokens in zip(prices, (generated, prompt, judged), strict=True)) / 1e6

    def seconds(self, *, generated: float, judged: float) -> float | None:
        if self.speed is None:
            return None
        return generated / self.speed + (judged / self.evaluator_speed if self.evaluator_speed else 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Per problem, (P,).

    Attributes:
        problem: of its text, estimated from characters.
        sample: mean of its samples; None where no sample has a count or a text.
        is_estimated: that samples were counted by characters too.
    """

    problem: FloatArray
    sample: FloatArray | None
    is_estimated: bool


def count_tokens(problems: Sequence[GradedProblem]) -> Tokens:
    """Tokens of problems and samples; a problem whose texts are not known counts as the mean of the others."""
    counted = [[c.num_tokens for c in p.candidates if c.num_tokens is not None] for p in problems]
    is_estimated = not all(counted)
    if is_estimated:
        texts = [[c.generation for c in p.candidates if c.generation] for p in problems]
        means = [np.mean([len(t) for t in own]) / CHARACTERS_PER_TOKEN if own else np.nan for own in texts]
    else:
        means = [np.mean(own) for own in counted]
    sample_P = np.array(means, dtype=np.float64)
    problem_P = np.array([len(p.problem.text) / CHARACTERS_PER_TOKEN for p in problems])
    is_known_P = ~np.isnan(sample_P)
    if not is_known_P.any():
        return Tokens(problem_P, None, is_estimated)
    sample_P[~is_known_P] = sample_P[is_known_P].mean()
    return Tokens(problem_P, sample_P, is_estimated)


def judged_samples(
    problems: Sequence[GradedProblem], sizes: Sequence[int], ks: Sequence[int], *, num_orders: int, seed: int
) -> dict[int | None, FloatArray]:
    """Samples that the evaluator reads of n, by K; None for the strategies that look at every answer.

    Means over random orders, (num_sizes, P) each; clusters tied with the K-th largest are read too.
    """
    found = {k: np.zeros((len(sizes), len(problems))) for k in (None, *ks)}
    for p, problem in enumerate(problems):
        for order in random_orders(problem, num_orders, seed):
            for i, n in enumerate(sizes):
                labels = (problem.labels[j] for j in order[:n].tolist())
                counts = sorted(Counter(label for label in labels if label is not None).values(), reverse=True)
                for k in found:
                    smallest = counts[min(k, len(counts)) - 1] if k and counts else 0
                    found[k][i, p] += sum(count for count in counts if count >= smallest) / num_orders
    return found
