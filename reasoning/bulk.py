"""Work in bulk: batches of rows, made here or by other processes, each a whole shard on the disk or none at all."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from reasoning.errors import InputError, QuorumError, Unavailable
from reasoning.formats.rows import Row
from reasoning.formats.shards import ShardedFile, Shards

Item = TypeVar("Item")
Result = TypeVar("Result")

PAUSES_S = (5.0, 15.0, 60.0, 120.0, 300.0)  # what an engine that answered before is given to come back
MOST_NAMED = 5


class Backend(Protocol):
    """Does work on items, somewhere, in any order."""

    def __call__(
        self, work: Callable[[Item], Result], items: Iterable[Item], /
    ) -> Iterator[tuple[Item, tuple[Result] | None]]:
        """Each item with its result when that is there; with None where it killed its worker three times.

        Args:
            work: sent to other processes by all backends but `here`.
            items: likewise; taken one by one.
        """
        ...


def here(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, tuple[Result] | None]]:
    """In this process, one by one, in order."""
    for item in items:
        yield item, (work(item),)


@dataclass(frozen=True, slots=True)
class Batch(Generic[Item]):
    """What one worker does at a time, and what a kill costs at most.

    Attributes:
        shard: the name of its shard.
        num_rows: of its shard; None where the making decides.
        items: what the rows are made of.
    """

    shard: str
    num_rows: int | None
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class RowWork(Generic[Item]):
    """The work on a batch: make its rows, write its shard.

    Attributes:
        shards: where.
        make: items to rows.
    """

    shards: Shards
    make: Callable[[Sequence[Item]], Sequence[Row]]

    def __call__(self, batch: Batch[Item]) -> None:
        self.shards.write(batch.shard, [row.to_json() for row in self.make(batch.items)])


def chunk_of(items: Sequence[Item], chunk: tuple[int, int] | None) -> Sequence[Item]:
    """The part of `items` that chunk number `chunk[0]` of `chunk[1]` takes; all parts, in order, are all items.

    Raises:
        InputError: there are more chunks than items.
    """
    if chunk is None:
        return items
    number, num_chunks = chunk
    if num_chunks > len(items):
        raise InputError(
            f"expected at most as many chunks as batches, which are {len(items):,}, found {num_chunks:,}; use fewer"
        )
    return items[number * len(items) // num_chunks : (number + 1) * len(items) // num_chunks]


def chunk_size(num_items: int, chunk: tuple[int, int] | None, *, per_batch: int) -> int:
    """How many of so many items a chunk has, where it takes whole batches."""
    return sum(min(per_batch, num_items - start) for start in chunk_of(range(0, num_items, per_batch), chunk))


def make_rows(
    file: ShardedFile,
    batches: Sequence[Batch[Item]],
    make: Callable[[Sequence[Item]], Sequence[Row]],
    *,
    backend: Backend,
    on_resume: Callable[[int], None] | None,
    on_batch: Callable[[Sequence[Row]], None] | None,
    pauses_s: Sequence[float] = PAUSES_S,
) -> Iterator[Row]:
    """Make what is missing of a file's rows, and the file when nothing is; the rows come in the order of their making.

    Args:
        file: opened.
        batches: of the whole file, in its order.
        make: a batch's rows, as many as it has; must survive pickling for backends that need it.
        backend: where batches are worked on.
        on_resume: told once how many rows were there.
        on_batch: told the rows of each batch that is done.
        pauses_s: how long an engine that is gone is waited for, several times, if it has answered before.

    Raises:
        QuorumError: batches killed their workers. The file is made without their rows, and the next run tries them.
    """
    missing: dict[str, Batch[Item]] = {}
    num_rows = 0
    for batch in batches:
        rows = file.shards.rows(batch.shard)
        if rows and batch.num_rows in (None, len(rows)):
            num_rows += len(rows)
            yield from rows
        else:
            missing[batch.shard] = batch
    if on_resume is not None:
        on_resume(num_rows)
    aside: list[Batch[Item]] = []
    work = RowWork(file.shards, make)
    for batch, done in _patiently(work, missing, backend, pauses_s, has_answered=num_rows > 0):
        if done is None:
            aside.append(batch)
            continue
        rows = file.shards.rows(batch.shard)
        if not rows or batch.num_rows not in (None, len(rows)):
            expected = "its" if batch.num_rows is None else f"{batch.num_rows:,}"
            raise QuorumError(
                f"{file.shards.folder / batch.shard}: expected {expected} rows, found {len(rows):,}; where "
                "workers run on other machines, name an output that all see"
            )
        if on_batch is not None:
            on_batch(rows)
        yield from rows
    left_out = {batch.shard for batch in aside}
    names = [batch.shard for batch in batches if batch.shard not in left_out]
    if names:
        file.finish_rows(names, is_whole=not aside)
    if aside:
        raise QuorumError(_told_of(aside))


def _patiently(
    work: Callable[[Batch[Item]], None],
    missing: dict[str, Batch[Item]],
    backend: Backend,
    pauses_s: Sequence[float],
    *,
    has_answered: bool,
) -> Iterator[tuple[Batch[Item], tuple[None] | None]]:
    """What the backend gives; where its engine stops answering, again after a pause."""
    pauses = list(pauses_s)
    while missing:
        try:
            for batch, done in backend(work, list(missing.values())):
                del missing[batch.shard]
                if done is not None:
                    has_answered, pauses = True, list(pauses_s)
                yield batch, done
        except Unavailable as error:
            has_answered |= error.has_answered
            if not has_answered or not pauses:
                raise
            pause_s = pauses.pop(0)
            print(f"{error}; all that is done is kept, trying again in {pause_s:g} s", file=sys.stderr, flush=True)
            time.sleep(pause_s)


def _told_of(aside: Sequence[Batch[Item]]) -> str:
    """The message for batches that killed their workers: their first and last keys."""
    names = "; ".join(_span(batch.items) for batch in aside[:MOST_NAMED])
    more = f"; and {len(aside) - MOST_NAMED:,} more" if len(aside) > MOST_NAMED else ""
    return (
        f"{len(aside):,} {'batch' if len(aside) == 1 else 'batches'} killed the worker three times, often for lack of "
        f"memory, and set aside: {names}{more}. The output has all other rows; run the same command again, with "
        "fewer --workers or more memory, to try only these"
    )


def _span(items: Sequence[object]) -> str:
    """The ids of the first and last item."""
    first, last = (str(getattr(item, "id", item)) for item in (items[0], items[-1]))
    return first if first == last else f"{first} to {last}"
