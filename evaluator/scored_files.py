"""Scoring in bulk: rows in, the same rows with scores out; killed, it goes on where it was."""

import hashlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.bulk import Backend, Batch, chunk_of, here, make_rows
from reasoning.engines.protocols import Judge
from reasoning.errors import InputError, Unavailable
from reasoning.formats import Row
from reasoning.formats.shards import ShardedFile, Shards

ROWS_PER_BLOCK = 512  # what a kill costs at most


@dataclass(slots=True)
class Tally:
    """What became of the rows.

    Attributes:
        rows: all.
        failed: without a solution, since the sampling failed; they get no score.
        too_long: for the evaluator's context, or refused by its server for another reason; they get no score.
        nan: for which the evaluator gave no number.
    """

    rows: int = 0
    failed: int = 0
    too_long: int = 0
    nan: int = 0

    def add(self, row: Row) -> None:
        self.rows += 1
        self.nan += row.has_nan_score
        if row.reward_model_score is None:
            self.failed += row.finish_reason == "error"
            self.too_long += row.finish_reason != "error"


def by_problem(rows: Iterable[Row], *, limit: int | None = None) -> list[Row]:
    """Rows of one problem one behind the other; problems, and rows within each, in the order in which they came.

    A row without the problem's text gets it from another one, for it is what the evaluator reads.

    Args:
        limit: problems at most, from the first; all if None.

    Raises:
        InputError: no row of a problem has its text.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.id, []).append(row)
    return [row for group in itertools.islice(groups.values(), limit) for row in _with_text(group)]


def _with_text(rows: Sequence[Row]) -> Iterator[Row]:
    text = next((row.problem for row in rows if row.problem.strip()), None)
    if text is None:
        raise InputError(
            f"problem {rows[0].id}: expected its text as `problem` in one of its {len(rows):,} rows, found none; the "
            "evaluator reads it"
        )
    for row in rows:
        yield row if row.problem.strip() else row.model_copy(update={"problem": text})


@dataclass(frozen=True, slots=True)
class ScoreBatch:
    """The rows of one block with their scores, as work for any process.

    Attributes:
        judge: the evaluator; must survive pickling where other processes are to use it.
        told: how many rows were just scored; None where other processes score.
    """

    judge: Judge
    told: Callable[[int], None] | None = None

    def __call__(self, rows: Sequence[Row]) -> list[Row]:
        return scored_rows(self.judge, rows, on_rows=self.told)


def score_file(
    judge: Judge,
    rows: Sequence[Row],
    output: Path,
    *,
    settings: Mapping[str, Any],
    overwrite: bool = False,
    backend: Backend = here,
    chunk: tuple[int, int] | None = None,
    on_resume: Callable[[int], None] | None = None,
    on_rows: Callable[[int], None] | None = None,
    on_batch: Callable[[Sequence[Row]], None] | None = None,
) -> Tally | None:
    """Score rows into a file.

    A block of rows is on the disk when it is scored. Killed and called again, it scores the blocks that were cut off
    and those that are missing, and ends with the bytes of a run that was not interrupted, whatever the backend.

    Args:
        judge: the evaluator; see `ScoreBatch`.
        rows: by problem, so that what solutions share is computed once.
        output: `.jsonl`, `.jsonl.gz` or `.parquet`.
        settings: what else decides the scores, as a digest of the weights; a resume with others is refused.
        overwrite: start again, whatever is there.
        backend: where blocks are scored.
        chunk: (number, number of chunks): score this part of the blocks only. The files of all chunks, one behind the
            other, are the file of a run without chunks.
        on_resume: told once how many rows were there.
        on_rows: told how many rows were just scored; for `here` only.
        on_batch: told the rows of every block that is done.

    Returns:
        The tally of the whole file; None where it was complete already.

    Raises:
        InputError: no rows, or a file made with other settings.
        QuorumError: see `make_rows`.
    """
    if not rows:
        raise InputError("expected at least one row to score, found none; check the files")
    all_settings = {"evaluator": judge.name, "rows": _digest(rows), **settings}
    if chunk is not None:
        all_settings["chunk"] = f"{chunk[0]} of {chunk[1]}"
    with ShardedFile(output, all_settings, overwrite=overwrite) as file:
        if file.is_complete:
            return None
        tally = Tally()
        blocks = chunk_of(_blocks(rows, file.shards), chunk)
        score = ScoreBatch(judge, on_rows)
        for row in make_rows(file, blocks, score, backend=backend, on_resume=on_resume, on_batch=on_batch):
            tally.add(row)
    return tally


def _blocks(rows: Sequence[Row], shards: Shards) -> list[Batch[Row]]:
    blocks = [rows[start : start + ROWS_PER_BLOCK] for start in range(0, len(rows), ROWS_PER_BLOCK)]
    return [Batch(shards.name(row.key for row in block), len(block), block) for block in blocks]


def scored_rows(judge: Judge, rows: Sequence[Row], *, on_rows: Callable[[int], None] | None = None) -> list[Row]:
    """Rows with the evaluator's score, and its name. Rows of one problem that are neighbours are judged together."""
    scored: list[Row] = []
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and rows[end].id == rows[start].id:
            end += 1
        group = rows[start:end]
        to_judge = [row for row in group if row.finish_reason != "error"]
        try:
            scores = iter(judge.score(group[0].problem, [row.generation for row in to_judge]) if to_judge else [])
        except Unavailable as error:
            error.has_answered |= bool(scored)
            raise
        for row in group:
            score = None if row.finish_reason == "error" else next(scores)
            scored.append(row.model_copy(update={"reward_model_score": score, "evaluator": judge.name}))
        if on_rows is not None:
            on_rows(len(group))
        start = end
    return scored


def largest_drift(scores: Sequence[float | None], reference: Sequence[float | None]) -> float:
    """The largest difference of two scorings, where both give a number."""
    pairs = zip(scores, reference, strict=True)
    return max((abs(a - b) for a, b in pairs if a is not None and b is not None and not math.isnan(a + b)), default=0.0)


def _digest(rows: Iterable[Row]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.to_json().encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()
