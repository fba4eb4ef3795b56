"""What became of a program."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["value", "error", "timeout"]


@dataclass(frozen=True, slots=True)
class Execution:
    """The outcome of one program.

    Args:
        status: "value" when the program ended with a number in `answer`; "timeout" when it used up its steps;
            "error" for everything else: wrong syntax, an exception, no answer, a limit on size, and whatever is
            outside the language of `docs/programs.md`.
        answer: the value of the variable `answer`, a finite int (up to 4,096 bits) or float; None unless the status
            is "value". True is not an answer, nor are "5" and [5].
        states: the state after each step that ran to its end, in [0, 2**64); see `states.py`. Where a program stops
            at its fourth step these are three, and they are the states of a correct prefix all the same.
    """

    status: Status
    answer: int | float | None
    states: tuple[int, ...]
