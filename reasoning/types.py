"""The words of the domain as frozen dataclasses."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A question and, where known, its reference answer."""

    id: str
    text: str
    expected_answer: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sampled solution to a problem.

    Attributes:
        sample: index within the problem, >= 0; (problem id, sample) is the key of a row.
        answer: the extracted answer; None when none was found, and None never votes.
        score: P(correct) in [0, 1]; None when missing or not a number, and then it is never ranked.
        generation: the solution text; may be dropped where only votes matter.
        model: provenance, where the row names it.
        num_tokens: generated tokens, where the row says.
    """

    sample: int
    answer: str | None
    score: float | None = None
    generation: str = ""
    model: str | None = None
    num_tokens: int | None = None
