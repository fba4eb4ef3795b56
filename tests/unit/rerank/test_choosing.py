"""Choosing bucket by bucket gives what choosing in memory gives, whatever the order, the kill and the workers."""

import io
import json
import os
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from reasoning.bulk import Backend, here
from reasoning.errors import InputError
from reasoning.formats import ReadCounts, ReadOptions
from reasoning.formats.read import distinct_rows, placed_rows
from reasoning.formats.rows import Row
from rerank import buckets, choosing
from rerank.batch import Pool
from rerank.buckets import num_buckets, of_first_problems, taken
from rerank.choosing import Choosing, Facts, choose_large, choose_small

Item = TypeVar("Item")
Result = TypeVar("Result")

VOTE = Choosing(strategy="maj1", k=8, top_n=8)
NUM_PROBLEMS = 60
OPTIONS = ReadOptions()


@pytest.fixture(autouse=True)
def small_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "BUCKET_BYTES", 2000)


def write(path: Path, *, greedy: Callable[[int], bool] = lambda _: False, **fields: Any) -> Path:
    """Samples of many problems, in disorder; a greedy sample, always wrong, where asked for."""
    rows = []
    for i in range(NUM_PROBLEMS):
        for j in range(5):
            is_greedy = greedy(i) and j == 4
            text = f"The answer is {i if j % 2 and not is_greedy else j}."
            row = {"id": f"p{i}", "sample": j, "expected_answer": str(i), "generation": text, "temperature": 0.5}
            rows.append({**row, "temperature": 0.0 if is_greedy else 0.5, **fields})
    random.Random(0).shuffle(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def in_memory(path: Path, how: Choosing = VOTE, options: ReadOptions = OPTIONS) -> bytes:
    file = io.BytesIO()
    placed = placed_rows([path], options=options, counts=ReadCounts())
    choose_small(distinct_rows(placed, options=options, counts=ReadCounts()), file, how, workers=1)
    return file.getvalue()


def in_buckets(
    path: Path, output: Path, how: Choosing = VOTE, *, backend: Backend = here, options: ReadOptions = OPTIONS
) -> Facts:
    counts = ReadCounts()
    return choose_large(
        lambda: placed_rows([path], options=options, counts=counts),
        [path],
        output,
        how,
        settings={"files": str(path)},
        options=options,
        counts=counts,
        backend=backend,
        overwrite=False,
    )


@pytest.mark.parametrize("scored", [False, True])
def test_buckets_change_nothing(scored: bool, tmp_path: Path) -> None:
    fields: dict[str, Any] = {"reward_model_score": 0.5} if scored else {}
    path = write(tmp_path / "rows.jsonl", **fields)
    how = Choosing(strategy="w.rr.majk", k=2, top_n=8) if scored else VOTE
    facts = in_buckets(path, tmp_path / "out.jsonl", how)
    assert num_buckets([path]) > 10
    assert (facts.counts.num_rows, facts.num_problems) == (5 * NUM_PROBLEMS, NUM_PROBLEMS)
    assert (tmp_path / "out.jsonl").read_bytes() == in_memory(path, how)
    assert {file.name for file in tmp_path.iterdir()} == {"rows.jsonl", "out.jsonl"}


def test_workers_change_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl")
    with Pool(2) as pool:
        in_buckets(path, tmp_path / "out.jsonl", backend=pool.each)
    assert (tmp_path / "out.jsonl").read_bytes() == in_memory(path)


@pytest.mark.parametrize("greedy", [lambda _: True, lambda i: i != 7], ids=["all", "all but one"])
def test_greedy_samples_vote_where_one_problem_has_none(greedy: Callable[[int], bool], tmp_path: Path) -> None:
    """That problem is in one bucket, and the rule holds for all."""
    path = write(tmp_path / "rows.jsonl", greedy=greedy)
    in_buckets(path, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == in_memory(path)
    line = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert line["num_samples"] == (4 if greedy(7) else 5)


class Interrupted(Exception):
    pass


def interrupted(
    work: Callable[[Item], Result], items: Iterable[Item], /
) -> Iterator[tuple[Item, tuple[Result] | None]]:
    for number, item in enumerate(items):
        if number == 4:
            raise Interrupted
        yield item, (work(item),)


def test_cut_off_it_goes_on_to_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, output = write(tmp_path / "rows.jsonl"), tmp_path / "out.jsonl"
    with pytest.raises(Interrupted):
        in_buckets(path, output, backend=interrupted)
    assert not output.exists()
    with pytest.raises(InputError, match=r'strategy "maj1" \(now "first"\)'):
        in_buckets(path, output, Choosing(strategy="first", k=8, top_n=8))
    done: list[object] = []

    def counting(
        work: Callable[[Item], Result], items: Iterable[Item], /
    ) -> Iterator[tuple[Item, tuple[Result] | None]]:
        for item in items:
            done.append(item)
            yield item, (work(item),)

    monkeypatch.setattr(choosing, "spread", None)  # the rows are not read again
    in_buckets(path, output, backend=counting)
    assert len(done) == num_buckets([path]) - 4
    assert output.read_bytes() == in_memory(path)


def test_the_buckets_are_on_the_disk_before_anything_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, sync, replace = set[int](), os.fsync, os.replace
    checked: list[Path] = []

    def noted(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)
        sync(handle)

    def check(source: Path, target: Path) -> None:
        if target.name == "spread.json":
            checked.extend(target.parent.glob("bucket-*"))
            assert {path.stat().st_ino for path in checked} <= synced
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "replace", check)
    path = write(tmp_path / "rows.jsonl")
    in_buckets(path, tmp_path / "out.jsonl")
    assert len(checked) == num_buckets([path])


@pytest.mark.parametrize("damage", ["shorter", "lost", "record"])
def test_buckets_that_are_not_as_they_were_are_filled_again(damage: str, tmp_path: Path) -> None:
    path, output = write(tmp_path / "rows.jsonl"), tmp_path / "out.jsonl"
    with pytest.raises(Interrupted):
        in_buckets(path, output, backend=interrupted)
    bucket = tmp_path / "out.jsonl.part" / "bucket-007"
    if damage == "shorter":
        bucket.write_bytes(b"")
    elif damage == "lost":
        bucket.unlink()
    else:
        (bucket.parent / "spread.json").write_text('{"files": [], "num_buckets": 12}')
    in_buckets(path, output)
    assert output.read_bytes() == in_memory(path)


def test_what_was_counted_is_that_of_a_run_in_memory(tmp_path: Path) -> None:
    """Also where a run that was cut off has done the reading."""
    path, options = write(tmp_path / "rows.jsonl", stop="lossless"), ReadOptions(skip_bad_rows=True)
    lines = path.read_text().splitlines(keepends=True)
    contradicting = [line.replace("answer is", "answer was") for line in lines[:8]]
    path.write_text("".join([*lines, lines[0], "{}\n", '{"id": "blank", "sample": 0}\n', *contradicting]))
    expected = ReadCounts()
    list(distinct_rows(placed_rows([path], options=options, counts=expected), options=options, counts=expected))
    assert (expected.num_stopped, expected.num_blank, expected.num_duplicates, expected.num_bad_rows) == (300, 1, 1, 9)
    facts = in_buckets(path, tmp_path / "out.jsonl", options=options)
    with pytest.raises(Interrupted):
        in_buckets(path, tmp_path / "cut.jsonl", options=options, backend=interrupted)
    resumed = in_buckets(path, tmp_path / "cut.jsonl", options=options)
    for counts in (facts.counts, resumed.counts):
        assert counts.messages[0] == expected.messages[0]
        assert replace(counts, messages=[]) == replace(expected, messages=[])


def test_rows_that_repeat_are_dropped_and_those_that_contradict_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[0]]))
    facts = in_buckets(path, tmp_path / "out.jsonl")
    assert facts.counts.num_duplicates == 1
    path.write_text("".join([*lines, lines[0].replace("answer is", "answer was")]))
    with pytest.raises(InputError, match=rf"rows\.jsonl:{len(lines) + 1}: .*found another at .*rows\.jsonl:1 "):
        in_buckets(path, tmp_path / "out.jsonl")


def test_a_strategy_without_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no `reward_model_score` in any row"):
        in_buckets(write(tmp_path / "rows.jsonl"), tmp_path / "out.jsonl", Choosing(strategy="w.rr", k=8, top_n=8))


def test_the_first_problems_and_what_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl")
    placed = placed_rows([path], options=OPTIONS, counts=ReadCounts())
    first, is_all = taken(placed)
    assert not is_all
    rows = [row for row, _ in of_first_problems([*first, *placed], 3)]
    assert len(rows) == 15
    assert taken(iter(first[:2])) == (first[:2], True)


@pytest.mark.parametrize("value", ["x" * 300, ["x" * 100] * 3, {"x" * 100: {"x" * 100: [0.5] * 20}}])
def test_what_is_taken_counts_all_fields(value: object) -> None:
    """Each row has about 300 bytes of them beside the 200 that every row is taken for: four rows are 2000 bytes."""
    rows = [Row.model_validate({"id": f"p{i}", "sample": 0, "steps": value}) for i in range(9)]
    first, is_all = taken((row, (Path("rows.jsonl"), i)) for i, row in enumerate(rows))
    assert (len(first), is_all) == (4, False)
