"""Programs for problems that come with solutions: how many could be had, and why not the others."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from reasoning.answers import Grade, grade
from reasoning.programs import execute
from reasoning.programs.answers import answer_text
from reasoning.seeds import sample_seed


class NoProgramError(Exception):
    """A solution that gives no program; the message says why, the same words for the same reason."""


@dataclass(slots=True)
class Conversion:
    """What became of the problems of a set, filled while its rows are consumed.

    Attributes:
        num_problems: that were looked at.
        num_programs: of those, with a program that gives the expected answer.
        reasons: why others have none, with the number of problems.
        num_duplicates: problems left out since an earlier one differs in nothing but its numbers.
    """

    num_problems: int = 0
    num_programs: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    num_duplicates: int = 0

    def sentence(self) -> str:
        """`5,612 of 5,987 have a program; 375 have none: 300 whose program gives another answer, 75 ...`."""
        text = f"{self.num_programs:,} of {self.num_problems:,} have a program"
        if self.reasons:
            parts = ", ".join(f"{number:,} {reason}" for reason, number in self.reasons.most_common())
            text += f"; {self.num_problems - self.num_programs:,} have none: {parts}"
        if self.num_duplicates:
            text += f"; {self.num_duplicates:,} left out that differ from others only in numbers"
        return text


def check_program(program: str, expected_answer: str | None) -> str:
    """The program, if it ends with the expected answer.

    Raises:
        NoProgramError: it does not run, or gives another answer.
    """
    done = execute(program)
    if done.answer is None:
        raise NoProgramError("whose program does not run")
    answer = answer_text(done.answer)
    if expected_answer is None or grade(candidate=answer, expected=expected_answer) is not Grade.EQUAL:
        raise NoProgramError("whose program gives another answer")
    return program


def held_out(keys: Iterable[str], *, seed: int, share: float) -> set[str]:
    """The share of the keys whose hashes with the seed are the smallest: a function of the set of keys and the seed."""
    distinct = sorted(set(keys), key=lambda key: (sample_seed(seed, key, 0), key))
    return set(distinct[: round(share * len(distinct))])
