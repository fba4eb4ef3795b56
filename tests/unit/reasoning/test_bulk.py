"""Batches to shards to a file: engines that go away, batches that kill their worker, disks that are full."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from reasoning.bulk import Backend, Batch, chunk_of, chunk_size, here, make_rows
from reasoning.errors import InputError, QuorumError, Unavailable
from reasoning.formats import Row
from reasoning.formats.shards import ShardedFile

Item = TypeVar("Item")
Result = TypeVar("Result")


def rows_of(numbers: Sequence[int]) -> list[Row]:
    return [Row(id=f"p{number}", sample=0) for number in numbers]


def make(
    output: Path,
    work: Callable[[Sequence[int]], list[Row]] = rows_of,
    *,
    setting: int = 1,
    overwrite: bool = False,
    backend: Backend = here,
    on_batch: Callable[[Sequence[Row]], None] | None = None,
) -> list[str]:
    """Six rows in three batches; the ids in the order of their making."""
    with ShardedFile(output, {"setting": setting}, overwrite=overwrite) as file:
        items = [(0, 1), (2, 3), (4, 5)]
        batches = [Batch(file.shards.name(numbers), 2, numbers) for numbers in items]
        made = make_rows(file, batches, work, backend=backend, on_resume=None, on_batch=on_batch, pauses_s=(0.0, 0.0))
        return [row.id for row in made]


def ids(path: Path) -> list[str]:
    return [Row.model_validate_json(line).id for line in path.read_text().splitlines()]


def failing(*calls: int) -> Callable[[Sequence[int]], list[Row]]:
    """Work whose engine does not answer in some calls."""
    number = iter(range(99))

    def work(numbers: Sequence[int]) -> list[Row]:
        if next(number) in calls:
            raise Unavailable("no answer")
        return rows_of(numbers)

    return work


def test_an_engine_that_comes_back_is_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = make(tmp_path / "rows.jsonl", failing(1, 2, 4))
    assert made == ids(tmp_path / "rows.jsonl") == [f"p{i}" for i in range(6)]
    assert capsys.readouterr().err.count("no answer; all that is done is kept, trying again in 0 s") == 3


def test_an_engine_that_stays_away_ends_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    with pytest.raises(Unavailable):
        make(output, failing(*range(1, 99)))
    assert not output.exists()
    asked: list[Sequence[int]] = []
    assert len(make(output, lambda numbers: asked.append(numbers) or rows_of(numbers))) == 6  # type: ignore[func-returns-value]
    assert asked == [(2, 3), (4, 5)]


def test_an_engine_that_never_answered_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unavailable):
        make(tmp_path / "rows.jsonl", failing(0))
    assert capsys.readouterr().err == ""


def test_an_engine_that_answered_within_its_first_batch_is_waited_for(tmp_path: Path) -> None:
    calls = iter(range(9))

    def work(numbers: Sequence[int]) -> list[Row]:
        if next(calls) == 0:
            error = Unavailable("restarting")
            error.has_answered = True
            raise error
        return rows_of(numbers)

    assert len(make(tmp_path / "rows.jsonl", work)) == 6


def test_a_batch_that_killed_its_workers_is_no_answer(tmp_path: Path) -> None:
    def backend(
        work: Callable[[Item], Result], items: Iterable[Item], /
    ) -> Iterator[tuple[Item, tuple[Result] | None]]:
        first, *_ = items
        yield first, None
        raise Unavailable("no answer")

    with pytest.raises(Unavailable):
        make(tmp_path / "rows.jsonl", backend=backend)


def killing(work: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[tuple[Item, tuple[Result] | None]]:
    """A backend on which the second of three batches kills every worker."""
    for number, item in enumerate(items):
        yield item, None if number == 1 else (work(item),)


def test_a_batch_that_kills_its_workers_is_reported_and_blocks_no_other(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    with pytest.raises(QuorumError, match="1 batch killed the worker three times"):
        make(output, backend=killing)
    assert ids(output) == ["p0", "p1", "p4", "p5"]
    made: list[str] = []
    make(output, on_batch=lambda rows: made.extend(row.id for row in rows))
    assert made == ["p2", "p3"]
    assert ids(output) == [f"p{i}" for i in range(6)]
    assert not (tmp_path / "rows.jsonl.part").exists()


def test_an_output_without_some_rows_is_not_taken_for_the_one_that_it_replaced(tmp_path: Path) -> None:
    """Not even where its folder is lost."""
    output = tmp_path / "rows.jsonl"
    make(output)
    with pytest.raises(QuorumError, match="1 batch killed the worker three times"):
        make(output, setting=2, overwrite=True, backend=killing)
    shutil.rmtree(tmp_path / "rows.jsonl.part")
    with pytest.raises(InputError, match="expected no such file, found one of unknown settings"):
        make(output)


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output, sync = tmp_path / "rows.jsonl", os.fsync
    with monkeypatch.context() as patch:
        shards: list[int] = []

        def full(handle: int) -> None:
            if shards and not os.path.isdir(f"/proc/self/fd/{handle}"):
                raise OSError(errno.ENOSPC, "No space left on device")
            sync(handle)

        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            make(output, on_batch=lambda _: shards.append(1))
    assert [path.name for path in (tmp_path / "rows.jsonl.part").glob(".*.part")] == []
    assert len(make(output)) == 6
    assert ids(output) == [f"p{i}" for i in range(6)]


LIMITED = """
import resource, sys
from pathlib import Path
from tests.unit.reasoning.test_bulk import Row, make, rows_of
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
make(Path(sys.argv[1]), lambda numbers: [r.model_copy(update={"generation": "x" * 99}) for r in rows_of(numbers)])
"""


def test_a_file_that_the_system_will_not_write(tmp_path: Path) -> None:
    """A real failure in the middle of a file."""
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "rows.jsonl")]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True)
    assert "File too large" in done.stderr
    assert sorted(path.name for path in (tmp_path / "rows.jsonl.part").iterdir()) == [".lock", "manifest.json"]


@pytest.mark.parametrize(("num_items", "num_chunks"), [(1, 1), (3, 2), (3, 3), (10, 4)])
def test_chunks_are_all_items_once(num_items: int, num_chunks: int) -> None:
    chunks = [chunk_of(range(num_items), (i, num_chunks)) for i in range(num_chunks)]
    assert [i for chunk in chunks for i in chunk] == list(range(num_items))
    assert {len(chunk) - num_items // num_chunks for chunk in chunks} <= {0, 1}


@pytest.mark.parametrize("num_items", [1, 7, 8, 100])
def test_the_sizes_of_chunks_add_up(num_items: int) -> None:
    num_batches = -(-num_items // 4)
    sizes = [chunk_size(num_items, (i, num_batches), per_batch=4) for i in range(num_batches)]
    assert sum(sizes) == num_items == chunk_size(num_items, None, per_batch=4)
    assert max(sizes) <= 4
