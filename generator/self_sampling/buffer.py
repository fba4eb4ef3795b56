"""The solutions of one problem that the model learns from, found in its own samples.

Source: arXiv:2205.14318, ICLR 2023 version, algorithms 1 and 3, section 3.3.2.
"""

from collections.abc import Callable
from typing import Literal, get_args

from generator.self_sampling.solution import EMPTY, Sample, Solution, StepKey

Keys = tuple[StepKey, ...]
Outcome = Literal["new_correct", "known_correct", "new_partial", "known_partial", "longer", "wrong", "failed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Buffer:
    """Fully and partially correct solutions, and the prefixes that lead to each of their states.

    The empty solution is always among the partially correct ones to complete; having no token, it is nothing to learn,
    and `partial` leaves it out.

    Args:
        reference: the first fully correct solution; others may have as many lines.
        is_correct: whether the text of a prefix, run by itself, comes to the expected answer.
        with_partial: whether partially correct solutions are looked for.
    """

    def __init__(self, reference: Solution, *, is_correct: Callable[[str], bool], with_partial: bool = True) -> None:
        self.reference = reference
        self.correct: list[Solution] = []
        self.partial: list[Solution] = []
        self._is_correct = is_correct
        self._with_partial = with_partial
        self._prefixes: dict[int, dict[Keys, int]] = {}  # state -> prefixes, with their number of lines
        self.keep_correct(reference)

    @property
    def solutions(self) -> list[Solution]:
        """Everything to learn, the reference first."""
        return [*self.correct, *self.partial]

    @property
    def beginnings(self) -> list[Solution]:
        """What a guided sample may begin with: everything that is not fully correct (Alg. 2)."""
        return [EMPTY, *self.partial]

    @property
    def states(self) -> dict[int, set[Keys]]:
        """State -> the prefixes, as keys of their steps, that lead to it."""
        return {state: set(prefixes) for state, prefixes in self._prefixes.items()}

    def add(self, sample: Sample) -> Outcome:
        """Save what the sample has that is new: all of it, or its longest prefix whose state is known.

        A correct sample is fully correct whatever its states. A duplicate is not saved: one with the same syntax tree,
        one with more lines than the reference (of prefixes: than the shortest one known with its state), and a prefix
        of a known solution, which is one of the prefixes that are known with its state. Shorter prefixes of a
        duplicate are not tried: line 11 of Alg. 3 prints `continue`, and its comment says that it is a break.
        """
        if sample.is_correct:
            return self._add_correct(sample.solution)
        for num_steps in range(len(sample.solution.states), 0, -1) if self._with_partial else ():
            known = self._prefixes.get(sample.solution.states[num_steps - 1])
            if known is not None:
                return self._add_partial(sample.solution.prefix(num_steps), known)
        return "failed" if sample.answer is None else "wrong"

    def keep_correct(self, solution: Solution) -> None:
        """Put a fully correct solution in, as it is."""
        self._forget_prefixes(solution)
        self.correct.append(solution)
        self._remember(solution)

    def keep_partial(self, solution: Solution) -> None:
        """Put a partially correct solution in, as it is."""
        self._forget_prefixes(solution)
        self.partial.append(solution)
        self._remember(solution)

    def _add_correct(self, solution: Solution) -> Outcome:
        if any(solution.keys == known.keys for known in self.correct):
            return "known_correct"
        if solution.num_lines > self.reference.num_lines:
            return "longer"
        self.keep_correct(solution)
        return "new_correct"

    def _add_partial(self, solution: Solution, known: dict[Keys, int]) -> Outcome:
        if solution.keys in known:
            return "known_partial"
        if solution.num_lines > min(known.values()):
            return "longer"
        if self._is_correct(solution.text):  # only what comes behind is wrong
            return self._add_correct(solution)
        self.keep_partial(solution)
        return "new_partial"

    def _forget_prefixes(self, solution: Solution) -> None:
        """Prune the partially correct solutions that the new one goes on from. Their prefixes are prefixes of it."""
        self.partial = [known for known in self.partial if not known.begins(solution)]

    def _remember(self, solution: Solution) -> None:
        for i, state in enumerate(solution.states, 1):
            prefix = solution.prefix(i)
            self._prefixes.setdefault(state, {})[prefix.keys] = prefix.num_lines
