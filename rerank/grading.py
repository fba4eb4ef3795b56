"""Rows to graded problems: extract, group by equivalence, find the correct cluster."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from reasoning.answers import Grouping, extract_answer, group
from reasoning.answers.policy import Policy
from reasoning.errors import InputError
from reasoning.formats.parse import shown
from reasoning.formats.rows import Row
from reasoning.types import Candidate, Problem
from rerank.batch import Pool, num_workers
from rerank.clusters import is_scored
from rerank.gathering import Counts, Gathered, gather, keep_greedy_apart
from rerank.labels import Labelled, labelled

PAGE_BYTES = 32 * 2**20  # solution texts kept in memory for the page; votes need none of them
ALONE_S = 1.0  # of work that is done sooner than processes start
ROWS_PER_TASK = 1024

_Extractor = Callable[[list[str | None]], list[str | None]]
_Answers = tuple[tuple[str | None, ...], str | None]


@dataclass(frozen=True, slots=True)
class GradedProblem:
    """One problem with its candidates grouped and graded.

    Attributes:
        problem: the question and its expected answer.
        candidates: every candidate, by sample index.
        labels: a cluster number per candidate, numbered by first appearance; None for no answer.
        correct: the number of the cluster equal to the expected answer; None if no cluster is.
        num_unknown: answers whose equality with the expected one is undecided (counted unequal).
        num_nan_scores: candidates whose score was not a number, and is treated as missing.
        by_labels: no answer is expected, and `correct` follows the rows' `symbolic_correct`.
    """

    problem: Problem
    candidates: tuple[Candidate, ...]
    labels: tuple[int | None, ...]
    correct: int | None
    num_unknown: int = 0
    num_nan_scores: int = 0
    by_labels: bool = False

    @property
    def is_graded(self) -> bool:
        """Whether it is known which cluster is correct, or that none is."""
        return self.by_labels or self.problem.expected_answer is not None


def has_scores(problems: Iterable[GradedProblem]) -> bool:
    """Whether any sample can be ranked: it has an answer and a score."""
    return any(
        is_scored(candidate)
        for problem in problems
        for candidate, label in zip(problem.candidates, problem.labels, strict=True)
        if label is not None
    )


@dataclass(frozen=True, slots=True)
class Graded:
    """All problems of a set of rows, and what was noticed on the way.

    Attributes:
        problems: by id, numbers inside an id compared as numbers, whatever the order of the rows.
        greedy: per problem, whether its greedy sample is correct, where every problem has one; else None for
            each. A greedy sample is the one row of temperature 0 beside rows of another or an unnamed one; it
            is then not among the candidates, for they are samples of one distribution.
        num_rows: rows read, greedy ones included.
        num_greedy_kept: greedy samples that are among the candidates, since other problems have none.
        labelled: by problem id, where the file's own gradings stand for an expected answer.
        num_unlabelled: problems left out, for nothing says what is correct.
        num_claims: rows whose tool had graded them itself.
        num_disagreements: of those, the ones that our grading contradicts; ours is used.
        num_dropped_texts: solution texts not kept, because the budget for the page was used up.
    """

    problems: tuple[GradedProblem, ...]
    greedy: tuple[bool | None, ...]
    num_rows: int
    num_greedy_kept: int = 0
    labelled: dict[str, Labelled] = field(default_factory=dict)
    num_unlabelled: int = 0
    num_claims: int = 0
    num_disagreements: int = 0
    num_dropped_texts: int = 0

    @property
    def has_scores(self) -> bool:
        return has_scores(self.problems)

    @property
    def num_nan_scores(self) -> int:
        """Of the missing scores, those that were not numbers."""
        return sum(p.num_nan_scores for p in self.problems)

    @property
    def num_missing_scores(self) -> int:
        """Samples without a score, with or without an answer."""
        return sum(not is_scored(c) for p in self.problems for c in p.candidates)


def grade_rows(
    rows: Iterable[Row],
    *,
    policy: Policy = Policy(),
    workers: int | None = None,
    last_number: bool = True,
    re_extract: bool = False,
    need_expected: bool = True,
    skip_unlabelled: bool = False,
    page_bytes: int = PAGE_BYTES,
    limit: int | None = None,
) -> Graded:
    """Group and grade sampled solutions; the same result for any order of rows and number of workers.

    The rows are streamed. What stays in memory is an answer and a score per row, and solution texts up to
    `page_bytes` in the order of the rows.

    Args:
        rows: in any order; rows of one problem need not be neighbours.
        policy: what counts as the same answer.
        workers: processes; None for one per core.
        last_number: whether a text without a marked answer is answered by its last number.
        re_extract: extract again where a row has a predicted answer, instead of using it as given.
        need_expected: whether a problem with neither an expected answer nor a `symbolic_correct` is an error.
        skip_unlabelled: leave such problems out and count them.
        page_bytes: UTF-8 bytes of solution text to keep.
        limit: problems to take, the first ones in the order of the rows; None for all.

    Raises:
        InputError: no rows, a problem that cannot be graded, rows of one problem that disagree on its text or
            expected answer, two rows with one key, or a row whose text is a program and not a solution.
    """
    counts = Counts()
    extract = partial(_extract, last_number=last_number)
    with Pool(workers or num_workers()) as pool:
        rows = rows if limit is None else _of_first_problems(rows, limit)
        gathered = gather(_with_answers(rows, extract, pool=pool, again=re_extract), counts, page_bytes)
        problems = sorted(gathered.values(), key=lambda g: (natural_order(g.id), g.id))
        _check(problems, need_expected=need_expected, skip_unlabelled=skip_unlabelled)
        if skip_unlabelled:
            problems = [problem for problem in problems if problem.is_labelled]
        counts.greedy_kept = keep_greedy_apart(problems)
        groupings = list(pool.map(partial(_group, policy=policy), map(_answers, problems), alone_s=ALONE_S))
    graded = _graded(problems, groupings, counts)
    return replace(graded, num_unlabelled=len(gathered) - len(problems))


def _of_first_problems(rows: Iterable[Row], limit: int) -> Iterator[Row]:
    """The rows of the first problems; all rows are looked at, for those of a problem may be far apart."""
    ids: set[str] = set()
    for row in rows:
        if row.id in ids or len(ids) < limit:
            ids.add(row.id)
            yield row


def _with_answers(
    rows: Iterable[Row], extract: _Extractor, *, pool: Pool, again: bool
) -> Iterator[tuple[Row, str | None]]:
    """Each row with its answer: as the row has it, or extracted."""
    waiting: deque[list[Row]] = deque()

    def texts() -> Iterator[list[str | None]]:
        iterator = iter(rows)
        while chunk := list(islice(iterator, ROWS_PER_TASK)):
            waiting.append(chunk)
            yield [None if row.is_extracted and not again else _solution(row) for row in chunk]

    for answers in pool.map(extract, texts(), alone_s=ALONE_S):
        for row, answer in zip(waiting.popleft(), answers, strict=True):
            yield row, row.predicted_answer if row.is_extracted and not again else answer


def _solution(row: Row) -> str:
    """The text to extract from; a program's answer is what it computes, and no text extraction finds that."""
    if (row.model_extra or {}).get("language") == "python":
        remedy = (
            "leave out --re-extract, which reads texts"
            if row.is_extracted
            else "run the programs first and give each row what its program computes as `predicted_answer`"
        )
        raise InputError(
            f'expected solution texts, found a program (`language`: "python") for ({shown(row.id)}, {row.sample}); '
            f"{remedy}"
        )
    return row.generation


def _check(problems: Sequence[Gathered], *, need_expected: bool, skip_unlabelled: bool) -> None:
    if not problems:
        raise InputError("expected at least one row, found none; check the file names")
    without = [problem.id for problem in problems if not problem.is_labelled]
    if need_expected and without and not (skip_unlabelled and len(without) < len(problems)):
        leave_out = "leave such problems out with --skip-unlabelled, " if len(without) < len(problems) else ""
        raise InputError(
            f"expected an expected_answer for every problem, found none for {len(without)} of "
            f"{len(problems)}, the first {shown(without[0])}; {leave_out}add the field to one row of each problem, or "
            "add `symbolic_correct`, a grading, to its rows, or use `quorum rerank`, which chooses answers without "
            "grading them"
        )


def _extract(texts: list[str | None], *, last_number: bool) -> list[str | None]:
    return [None if text is None else extract_answer(text, last_number=last_number) for text in texts]


def _answers(problem: Gathered) -> _Answers:
    """The answers by sample index, the greedy one last so that the others keep their cluster numbers."""
    return tuple(problem.candidates[sample].answer for sample in _order(problem)), problem.expected


def _order(problem: Gathered) -> list[int]:
    return sorted(problem.candidates, key=lambda sample: (sample == problem.greedy, sample))


def _group(answers: _Answers, *, policy: Policy) -> Grouping:
    return group(answers[0], expected=answers[1], policy=policy)


def _graded(problems: Sequence[Gathered], groupings: Sequence[Grouping], counts: Counts) -> Graded:
    graded, greedy = [], []
    num_claims = num_disagreements = 0
    by_labels: dict[str, Labelled] = {}
    for problem, grouping in zip(problems, groupings, strict=True):
        order = _order(problem)
        if problem.expected is None and problem.claims:
            found = labelled(grouping.labels, [problem.claims.get(sample) for sample in order])
            by_labels[problem.id] = found
            grouping = replace(grouping, correct=found.correct)
        is_correct = {
            sample: label is not None and label == grouping.correct
            for sample, label in zip(order, grouping.labels, strict=True)
        }
        claims = problem.claims if problem.expected is not None else {}
        num_claims += len(claims)
        num_disagreements += sum(is_correct[sample] != claim for sample, claim in claims.items())
        greedy.append(None if problem.greedy is None else is_correct[problem.greedy])
        whole = _problem(problem, grouping)
        graded.append(whole if problem.greedy is None else _without_last(whole))
    return Graded(
        problems=tuple(graded),
        greedy=tuple(greedy),
        num_rows=counts.rows,
        num_greedy_kept=counts.greedy_kept,
        labelled=by_labels,
        num_claims=num_claims,
        num_disagreements=num_disagreements,
        num_dropped_texts=counts.dropped_texts,
    )


def _problem(problem: Gathered, grouping: Grouping) -> GradedProblem:
    return GradedProblem(
        problem=Problem(problem.id, problem.text, problem.expected),
        candidates=tuple(problem.candidates[sample] for sample in _order(problem)),
        labels=grouping.labels,
        correct=grouping.correct,
        num_unknown=grouping.num_unknown,
        num_nan_scores=len(problem.nan_scores - {problem.greedy}),
        by_labels=problem.expected is None and bool(problem.claims),
    )


def _without_last(whole: GradedProblem) -> GradedProblem:
    """The problem without its greedy sample; no cluster is correct if only that sample was in it."""
    labels = whole.labels[:-1]
    return replace(
        whole,
        candidates=whole.candidates[:-1],
        labels=labels,
        correct=whole.correct if whole.correct in labels else None,
    )


def natural_order(text: str) -> tuple[tuple[str, int, str], ...]:
    """A sort key under which `p2` comes before `p10`."""
    parts = re.findall(r"([^0-9]*)([0-9]{0,18})", text)
    return tuple((word, int(number) if number else -1, number) for word, number in parts)
