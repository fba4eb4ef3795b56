"""The steps of a run: which examples each one sees, from any step on."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reasoning.training.batches import mixture, plan_epoch


@dataclass(frozen=True)
class Plan:
    """A function of the data's lengths and a seed; a resumed run has the same one.

    Attributes:
        lengths: tokens of each example, sources one behind the other.
        sizes: examples of each source.
        weights: how often each example of a source is seen in an epoch.
        tokens: most tokens of a step, padding included.
        seed: of the order.
    """

    lengths: Sequence[int]
    sizes: Sequence[int]
    weights: Sequence[float]
    tokens: int
    seed: int

    def epoch(self, epoch: int) -> list[list[int]]:
        """The steps of an epoch, each a list of examples."""
        order = mixture(self.sizes, self.weights, seed=self.seed, epoch=epoch)
        return plan_epoch(order, self.lengths, tokens=self.tokens, seed=self.seed, epoch=epoch)

    def steps(self, first: int, num_steps: int) -> Iterator[tuple[int, list[int]]]:
        """(step, its examples) from a step on, counted from 0, until `num_steps` are done."""
        every = itertools.chain.from_iterable(self.epoch(epoch) for epoch in itertools.count())
        return itertools.islice(enumerate(every), first, num_steps)

    def num_steps(self, epochs: float) -> int:
        """Steps of a number of epochs, the last one maybe a part; at least 1."""
        whole = math.floor(epochs)
        num_steps = float(sum(len(self.epoch(epoch)) for epoch in range(whole)))
        if epochs > whole:
            num_steps += (epochs - whole) * len(self.epoch(whole))
        return max(1, round(num_steps))
