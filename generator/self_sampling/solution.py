"""Solutions, step by step, and what makes two of them the same."""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from reasoning.programs.source import parse

_SPACE = re.compile(r"\s+")
_END = " .,;:"


class StepKey(NamedTuple):
    """What two steps share that say the same.

    Attributes:
        text: see `program_key` and `words_key`.
        num_lines: as many as the step has when each statement has a line of its own.
    """

    text: str
    num_lines: int


@dataclass(frozen=True)
class Solution:
    """A whole solution or the beginning of one.

    Attributes:
        steps: text of each step, without the blank lines and comments between them.
        keys: of each step.
        states: the state after each step (`reasoning.programs.states`): a number that stands for the multiset of all
            variables' values, without their names, in nine significant digits. Solutions in words have none.
    """

    steps: tuple[str, ...]
    keys: tuple[StepKey, ...]
    states: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(self.steps)

    @property
    def num_lines(self) -> int:
        """Lines of all steps; a block is one step of several lines."""
        return sum(key.num_lines for key in self.keys)

    def prefix(self, num_steps: int) -> "Solution":
        return Solution(self.steps[:num_steps], self.keys[:num_steps], self.states[:num_steps])

    def begins(self, other: "Solution") -> bool:
        """Whether this is a prefix of the other, or the same."""
        return self.keys == other.keys[: len(self.keys)]


EMPTY = Solution((), ())


@dataclass(frozen=True)
class Sample:
    """A sampled solution and what became of it.

    Attributes:
        solution: the steps that ran; all of them unless it failed.
        answer: what it came to, as text; None where it came to nothing.
        is_correct: whether that is the expected answer.
    """

    solution: Solution
    answer: str | None
    is_correct: bool


@lru_cache(maxsize=50_000)
def program_key(step: str) -> StepKey:
    """The step's syntax tree, linearized: white space, comments and needless brackets make no difference.

    `t0 = n0*2` and `t0=(n0 * 2)  # twice` are the same; `t0=2*n0` is not, and `t0=n0*2.0` is not.

    Args:
        step: one that has run, so that it is within all limits.
    """
    statements = parse(step)
    num_lines = sum(isinstance(node, ast.stmt) for statement in statements for node in ast.walk(statement))
    return StepKey(" ".join(map(ast.dump, statements)), num_lines)


def words_key(step: str) -> StepKey:
    """The step in lower case, its white space made equal and its closing punctuation gone."""
    return StepKey(_SPACE.sub(" ", step).strip(_END).casefold(), 1)
