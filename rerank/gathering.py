"""Rows in any order to what is known of each problem."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reasoning.errors import InputError
from reasoning.formats.parse import shown
from reasoning.formats.rows import Row
from reasoning.types import Candidate


@dataclass(slots=True)
class Gathered:
    """What has been read of one problem; each mapping is by sample index.

    Attributes:
        id: of the problem.
        text: the question; "" while no row has given it.
        expected: the expected answer; None while no row has given it.
        candidates: one per row.
        temperatures: where rows name them.
        claims: `symbolic_correct`, where rows have it.
        nan_scores: the samples whose score is not a number, and so is missing.
        greedy: the greedy sample, where it is to be kept apart from the others; see `keep_greedy_apart`.
    """

    id: str
    text: str = ""
    expected: str | None = None
    candidates: dict[int, Candidate] = field(default_factory=dict)
    temperatures: dict[int, float] = field(default_factory=dict)
    claims: dict[int, bool] = field(default_factory=dict)
    nan_scores: set[int] = field(default_factory=set)
    greedy: int | None = None

    @property
    def is_labelled(self) -> bool:
        """Whether an expected answer or a grading of the file's own says what is correct."""
        return self.expected is not None or bool(self.claims)

    def greedy_sample(self) -> int | None:
        """The one sample of temperature 0 among samples of another or an unnamed one; else None."""
        zeros = [sample for sample, temperature in self.temperatures.items() if temperature == 0]
        return zeros[0] if len(zeros) == 1 and len(self.candidates) > 1 else None


def keep_greedy_apart(problems: Sequence[Gathered]) -> int:
    """Keep each problem's greedy sample apart where all have one; else none, and return how many there are."""
    greedy = [problem.greedy_sample() for problem in problems]
    if None in greedy:
        return len(greedy) - greedy.count(None)
    for problem, sample in zip(problems, greedy, strict=True):
        problem.greedy = sample
    return 0


@dataclass(slots=True)
class Counts:
    """What is counted while rows stream by."""

    rows: int = 0
    greedy_kept: int = 0
    dropped_texts: int = 0
    text_bytes: int = 0


def gather(rows: Iterable[tuple[Row, str | None]], counts: Counts, page_bytes: int) -> dict[str, Gathered]:
    """Collect rows, each with its answer, by problem id.

    Args:
        rows: in any order.
        counts: is added to.
        page_bytes: solution texts are kept, in the order of the rows, until they fill so many bytes.

    Raises:
        InputError: rows of one problem disagree, or two rows have one key.
    """
    gathered: dict[str, Gathered] = {}
    for row, answer in rows:
        counts.rows += 1
        problem = gathered.setdefault(row.id, Gathered(row.id))
        _merge_problem(problem, row)
        if row.sample in problem.candidates:
            raise InputError(
                f"expected one row for each (id, sample), found two for ({shown(row.id)}, {row.sample}); number "
                "the samples of a problem 0, 1, 2, ... across its files"
            )
        problem.candidates[row.sample] = _candidate(row, answer, counts=counts, page_bytes=page_bytes)
        if row.temperature is not None:
            problem.temperatures[row.sample] = row.temperature
        if row.symbolic_correct is not None:
            problem.claims[row.sample] = row.symbolic_correct
        if row.has_nan_score:
            problem.nan_scores.add(row.sample)
    return gathered


def _merge_problem(problem: Gathered, row: Row) -> None:
    """Take text and expected answer from any row that has them; rows that disagree are an error."""
    if problem.text and row.problem and problem.text != row.problem:
        raise InputError(
            f"expected one text for problem {shown(row.id)}, found two: {shown(problem.text)} and, at sample "
            f"{row.sample}, {shown(row.problem)}; give different problems different ids"
        )
    if None not in (problem.expected, row.expected_answer) and problem.expected != row.expected_answer:
        raise InputError(
            f"expected one expected_answer for problem {shown(row.id)}, found {shown(problem.expected)} and, at "
            f"sample {row.sample}, {shown(row.expected_answer)}; give different problems different ids"
        )
    problem.text = problem.text or row.problem
    problem.expected = row.expected_answer if problem.expected is None else problem.expected


def _candidate(row: Row, answer: str | None, *, counts: Counts, page_bytes: int) -> Candidate:
    num_bytes = len(row.generation.encode("utf-8", "surrogatepass"))
    is_kept = counts.text_bytes + num_bytes <= page_bytes
    counts.text_bytes += num_bytes if is_kept else 0
    counts.dropped_texts += not is_kept
    return Candidate(
        sample=row.sample,
        answer=answer if answer and answer.strip() else None,  # an empty answer of a foreign tool is none
        score=None if row.has_nan_score else row.reward_model_score,
        generation=row.generation if is_kept else "",
        model=row.model,
        num_tokens=row.num_generated_tokens,
    )
