"""Which problems each step sees: a function of their number and a seed, from any step on."""

from collections.abc import Iterator
from dataclasses import dataclass

from reasoning.training.batches import mixture
from reasoning.training.settings import RunSection


@dataclass(frozen=True)
class Order:
    """Every epoch has the problems in an order of its own; its last step may have fewer than the others.

    Attributes:
        num_problems: that there are.
        per_step: problems of a step.
        seed: of the order.
    """

    num_problems: int
    per_step: int
    seed: int

    def steps(self, first: int, num_steps: int) -> Iterator[tuple[int, list[int]]]:
        """(step, its problems) from a step on, counted from 0, until `num_steps` are done."""
        for epoch in range(first // self.steps_per_epoch, -(-num_steps // self.steps_per_epoch)):
            order = mixture([self.num_problems], [1.0], seed=self.seed, epoch=epoch)
            for number in range(self.steps_per_epoch):
                step = epoch * self.steps_per_epoch + number
                if first <= step < num_steps:
                    yield step, order[number * self.per_step :][: self.per_step]

    def num_steps(self, run: RunSection) -> int:
        """How many steps a run has; at least 1."""
        if run.max_steps is not None:
            return run.max_steps
        assert run.epochs is not None
        return max(1, round(run.epochs * self.steps_per_epoch))

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.num_problems // self.per_step)
