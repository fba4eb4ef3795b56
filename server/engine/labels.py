"""Cluster numbers for answers that come one at a time."""

from reasoning.answers import cluster


class Labels:
    """Numbers clusters by first appearance, as `reasoning.answers.cluster` does once all answers are there."""

    def __init__(self) -> None:
        self._answers: list[str] = []  # distinct, by first appearance
        self._numbers: dict[str, int | None] = {}

    def add(self, answer: str | None) -> int | None:
        """The number of the next answer's cluster; None for no answer. No later answer changes it."""
        if answer is None:
            return None
        if answer not in self._numbers:
            self._answers.append(answer)
            self._numbers[answer] = cluster(self._answers)[-1]
        return self._numbers[answer]
