"""`quorum rerank` for any number of rows: grade, cluster and choose bucket by bucket, then put the choices in order."""

import contextlib
import heapq
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from reasoning.answers.policy import Policy
from reasoning.bulk import Backend
from reasoning.errors import QuorumError
from reasoning.formats import ReadCounts, ReadOptions
from reasoning.formats.read import distinct_rows
from reasoning.formats.rows import Row
from reasoning.formats.shards import ShardedFile, Shards
from reasoning.formats.write import atomic_file
from rerank.buckets import Placed, bucket_path, num_buckets, read_bucket, spread
from rerank.grading import grade_rows, natural_order
from rerank.selections import check_scores, selections_unchecked

SPREAD = "spread.json"  # in the folder of shards: all rows are in the buckets


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """How answers are found, compared and chosen.

    Attributes:
        strategy, k, top_n: see `rerank.strategies.select`.
        policy, last_number, re_extract: see `grade_rows`.
    """

    strategy: str
    k: int
    top_n: int
    policy: Policy = Policy()
    last_number: bool = True
    re_extract: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen in some rows, to be added up over all.

    Attributes:
        counts: rows and their kinds.
        num_problems: that they belong to.
        num_greedy: problems with one greedy sample beside others.
        is_apart: that these samples did not vote, since all of the problems have one.
        has_scores: whether a sample with an answer has a score.
        num_nan: scores that are not a number.
    """

    counts: ReadCounts = field(default_factory=ReadCounts)
    num_problems: int = 0
    num_greedy: int = 0
    is_apart: bool = False
    has_scores: bool = False
    num_nan: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """Rows in buckets, all on the disk.

    Attributes:
        files: see `read_bucket`.
        num_bytes: of each bucket.
        counts: of the reading: rows that were skipped, and no others.
    """

    files: tuple[Path, ...]
    num_bytes: tuple[int, ...]
    counts: ReadCounts

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "files": [str(path) for path in self.files]}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Rows to choose from.

    Attributes:
        path: where they are.
        shard: the name of their choices' shard.
        keeps_greedy: let greedy samples vote, as where a problem of another bucket has none.
    """

    path: Path
    shard: str
    keeps_greedy: bool = False


@dataclass(frozen=True, slots=True)
class ChooseWork:
    """The work on a bucket: a shard whose first line is what was seen, and whose others are the choices.

    Attributes:
        shards: where.
        files: see `read_bucket`.
        choosing: how.
        options: for rows that contradict others.
    """

    shards: Shards
    files: tuple[Path, ...]
    choosing: Choosing
    options: ReadOptions

    def __call__(self, bucket: Bucket) -> None:
        counts = ReadCounts()
        rows = distinct_rows(read_bucket(bucket.path, self.files), options=self.options, counts=counts)
        if bucket.keeps_greedy:
            rows = (row.model_copy(update={"temperature": None}) for row in rows)
        facts, lines = Facts(), list[str]()
        if bucket.path.stat().st_size:
            facts, lines = choose_rows(rows, self.choosing, workers=1)
        self.shards.write(bucket.shard, [json.dumps(asdict(replace(facts, counts=counts))), *lines])


def choose_rows(rows: Iterable[Row], choosing: Choosing, *, workers: int | None) -> tuple[Facts, list[str]]:
    """What was seen in rows, but for their counts, and a line of JSON for each problem's choice, by problem."""
    graded = grade_rows(
        rows,
        policy=choosing.policy,
        workers=workers,
        last_number=choosing.last_number,
        re_extract=choosing.re_extract,
        need_expected=False,
        page_bytes=0,
    )
    is_apart = any(greedy is not None for greedy in graded.greedy)
    facts = Facts(
        num_problems=len(graded.problems),
        num_greedy=len(graded.problems) if is_apart else graded.num_greedy_kept,
        is_apart=is_apart,
        has_scores=graded.has_scores,
        num_nan=graded.num_nan_scores,
    )
    chosen = selections_unchecked(
        graded.problems, strategy=choosing.strategy, k=choosing.k, top_n=choosing.top_n, policy=choosing.policy
    )
    return facts, [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in chosen]


def choose_small(rows: Iterable[Row], file: BinaryIO, choosing: Choosing, *, workers: int | None) -> Facts:
    """Choose from rows that fit into memory, into a file; what was seen in them, but for their counts."""
    facts, lines = choose_rows(rows, choosing, workers=workers)
    check_scores(choosing.strategy, has_scores=facts.has_scores, is_nan=facts.num_nan > 0)
    file.writelines(line.encode("utf-8", "replace") + b"\n" for line in lines)
    return facts


def choose_large(
    rows: Callable[[], Iterable[Placed]],
    sources: Sequence[Path],
    output: Path,
    choosing: Choosing,
    *,
    settings: dict[str, Any],
    options: ReadOptions,
    counts: ReadCounts,
    backend: Backend,
    overwrite: bool,
) -> Facts:
    """Choose from any number of rows, into a file; the memory does not grow with their number.

    Killed and called again, it goes on with the buckets that are missing, and ends with the same bytes.

    Args:
        rows: with their places; called where they are not spread over buckets yet.
        sources: the files that they come from.
        output: `.jsonl`, or that in gzip.
        choosing: how.
        settings: what decides the rows; a run that was cut off is not gone on with where they differ.
        options: for rows that contradict others, or that JSON cannot hold.
        counts: filled by `rows`; where a run that was cut off has read them, what that one found stands instead.
        backend: where buckets are worked on.
        overwrite: start again where a run was cut off.

    Returns:
        What was seen in all rows. "The first" of a kind is one of the first bucket that has any.

    Raises:
        InputError: see `grade_rows` and `check_scores`.
        QuorumError: a bucket killed its workers.
    """
    all_settings = {**settings, **choosing.as_dict()}
    with ShardedFile(output, all_settings, overwrite=overwrite, keeps_settings=False) as file:
        spread_rows = _spread_once(rows, sources, file.shards.folder, options=options, counts=counts)
        files, number = spread_rows.files, len(spread_rows.num_bytes)
        work = ChooseWork(file.shards, files, choosing, options)
        buckets = [Bucket(bucket_path(file.shards.folder, i), file.shards.name([i, number])) for i in range(number)]
        facts = _done(work, buckets, backend)
        if sum(fact.num_greedy for fact in facts) < sum(fact.num_problems for fact in facts):
            buckets = [
                replace(bucket, keeps_greedy=True, shard=file.shards.name([i, number, "greedy"]))
                if fact.is_apart
                else bucket
                for i, (bucket, fact) in enumerate(zip(buckets, facts, strict=True))
            ]
            facts = _done(work, buckets, backend)
        total = _total(facts, spread_rows.counts)
        check_scores(choosing.strategy, has_scores=total.has_scores, is_nan=total.num_nan > 0)
        file.finish(lambda merged: _merge(file.shards, buckets, merged))
    return total


def _total(facts: Sequence[Facts], reading: ReadCounts) -> Facts:
    counts = ReadCounts()
    for part in (reading, *(fact.counts for fact in facts)):
        counts.add(part)
    return Facts(
        counts=counts,
        num_problems=sum(fact.num_problems for fact in facts),
        num_greedy=sum(fact.num_greedy for fact in facts),
        is_apart=any(fact.is_apart for fact in facts),
        has_scores=any(fact.has_scores for fact in facts),
        num_nan=sum(fact.num_nan for fact in facts),
    )


def _spread_once(
    rows: Callable[[], Iterable[Placed]],
    sources: Sequence[Path],
    folder: Path,
    *,
    options: ReadOptions,
    counts: ReadCounts,
) -> Spread:
    """Rows in buckets: those of a run that was cut off if they are as it left them, else spread now."""
    record = folder / SPREAD
    found = _spread_before(record)
    if found is not None:
        return found
    record.unlink(missing_ok=True)
    number = num_buckets(sources)
    files = spread(rows(), folder, number, options=options, counts=counts)
    num_bytes = tuple(bucket_path(folder, i).stat().st_size for i in range(number))
    spread_rows = Spread(tuple(files), num_bytes, counts)
    with atomic_file(record) as file:
        file.write(json.dumps(spread_rows.as_dict()).encode())
    return spread_rows


def _spread_before(record: Path) -> Spread | None:
    """What `spread.json` says; None where there is none, or the buckets have other sizes than it says."""
    try:
        found = json.loads(record.read_bytes())
        counts = ReadCounts(**found["counts"])
        spread_rows = Spread(tuple(map(Path, found["files"])), tuple(found["num_bytes"]), counts)
        sizes = tuple(bucket_path(record.parent, i).stat().st_size for i in range(len(spread_rows.num_bytes)))
    except (FileNotFoundError, ValueError, KeyError):  # or it is of an earlier version, or a copy lost a bucket
        return None
    return spread_rows if sizes == spread_rows.num_bytes else None


def _done(work: ChooseWork, buckets: Sequence[Bucket], backend: Backend) -> list[Facts]:
    """What was seen in each bucket, each worked on unless it is done."""
    missing = [bucket for bucket in buckets if _seen(work.shards, bucket) is None]
    aside = [bucket.path.name for bucket, done in backend(work, missing) if done is None]
    if aside:
        raise QuorumError(
            f"{work.shards.folder}: {', '.join(aside)} killed the worker three times, often for lack of memory; all "
            "others are kept: run the same command again with fewer --workers or more memory"
        )
    facts = [_seen(work.shards, bucket) for bucket in buckets]
    if None in facts:
        raise QuorumError(
            f"{work.shards.folder}: expected a shard for each bucket, found none for some; where workers run on other "
            "machines, name an output that all see"
        )
    return [fact for fact in facts if fact is not None]


def _seen(shards: Shards, bucket: Bucket) -> Facts | None:
    """What was seen in a bucket; None where its shard is not there, or is of an earlier version."""
    try:
        with (shards.folder / bucket.shard).open("rb") as shard:
            found = json.loads(shard.readline())
        return Facts(**{**found, "counts": ReadCounts(**found["counts"])})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _merge(shards: Shards, buckets: Sequence[Bucket], file: BinaryIO) -> None:
    """Write the choices of all buckets by problem; one line of each is in memory."""
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context((shards.folder / bucket.shard).open("rb")) for bucket in buckets]
        for shard in opened:
            shard.readline()
        file.writelines(heapq.merge(*opened, key=_order))


def _order(line: bytes) -> tuple[object, str]:
    problem: str = json.loads(line)["id"]
    return natural_order(problem), problem
