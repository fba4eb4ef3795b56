"""A stopping rule for samples that are only drawn and voted on, as a sampler asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from reasoning.answers import cluster
from rerank.stopping.rules import StopRule, Watch


@dataclass(frozen=True)
class VoteStop:
    """Says how many more samples of a problem the vote (maj1) needs.

    Attributes:
        rule: which one.
        budget: samples that may be drawn at most.
    """

    rule: StopRule
    budget: int

    def __call__(self, answers: Sequence[str | None]) -> int:
        """At least so many, given the answers so far, by sample; 0 ends it."""
        watch = Watch(self.rule, strategy="maj1", budget=self.budget, scored=False)
        for sample, label in enumerate(cluster(answers)):
            watch.add(sample, label, None)
        return 0 if watch.reason is not None else watch.num_until_stop()

    def __str__(self) -> str:
        return f"{self.rule} for maj1"
