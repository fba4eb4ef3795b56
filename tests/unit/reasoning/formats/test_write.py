import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoning.errors import InputError
from reasoning.formats import Row, read_rows, write_rows
from reasoning.formats.exports import write_labels, write_lists, write_preferences, write_seed_files


def row(id: str, sample: int, correct: bool | None = None) -> Row:
    text = f"{id}{sample}"
    return Row(id=id, sample=sample, problem=f"What is {id}?", generation=text, symbolic_correct=correct)


def failing() -> Iterator[Row]:
    yield row("a", 0)
    raise KeyboardInterrupt


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_an_interruption_leaves_what_was_there(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows{suffix}"
    for before in ([], [path]):
        if before:
            write_rows([row("old", 0)], path)
        with pytest.raises(KeyboardInterrupt):
            write_rows(failing(), path)
        assert list(tmp_path.iterdir()) == before
    assert [row.id for row in read_rows([path])] == ["old"]


def test_gzip_gives_the_same_bytes_at_any_time(tmp_path: Path) -> None:
    paths = [tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"]
    for path in paths:
        write_rows([row("a", 0)], path)
    contents = [path.read_bytes() for path in paths]
    assert contents[0] == contents[1]
    assert contents[0][4:8] == bytes(4)
    assert gzip.decompress(contents[0]).count(b"\n") == 1


def test_files_get_the_usual_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The umask is the process's: to change it, for however short, gives other threads' files another mode."""
    monkeypatch.delattr(os, "umask")
    plain = tmp_path / "plain"
    plain.touch()
    write_rows([row("a", 0)], tmp_path / "new" / "a.jsonl")
    assert (tmp_path / "new" / "a.jsonl").stat().st_mode == plain.stat().st_mode


def test_a_device_is_not_replaced() -> None:
    from reasoning.formats.write import atomic_file

    with atomic_file(Path(os.devnull)) as file:
        file.write(b"x")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["rows.json", "rows.csv", "rows"])
def test_other_suffixes_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ending in \.jsonl"):
        write_rows([], tmp_path / name)


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert write_rows([row("é", 0)], None) == write_rows([row("b", 0)], Path("-")) == 1
    assert [json.loads(line)["id"] for line in capfdbinary.readouterr().out.splitlines()] == ["é", "b"]


def test_numbers_that_parquet_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"write \.jsonl"):
        write_rows([Row(id="a", sample=2**63)], tmp_path / "a.parquet")


class TestSeedFiles:
    @pytest.mark.parametrize("keys", [["a0", "a1", "b0", "b1"], ["a0", "b0", "a1", "b1"]])
    def test_round_trip_in_either_order(self, keys: list[str], tmp_path: Path) -> None:
        rows = [row(key[0], int(key[1])) for key in keys]
        assert write_seed_files(rows, tmp_path / "out") == 4
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
            "output-rs0.jsonl",
            "output-rs1.jsonl",
        ]
        again = {row.key: row for row in read_rows([tmp_path / "out"])}
        assert again == {row.key: row for row in rows}

    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            (["a0", "a1", "b0"], 'all 2 problems with sample 1, found 1, up to "a"'),
            (["a0", "b0", "b1", "a1"], 'expected problem "a" as number 1 of sample 1, found "b"'),
        ],
    )
    def test_gaps_and_disorder_leave_no_file(self, keys: list[str], message: str, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=message):
            write_seed_files([row(key[0], int(key[1])) for key in keys], tmp_path / "out")
        assert list((tmp_path / "out").iterdir()) == []

    def test_files_of_an_earlier_run_are_not_mixed_in(self, tmp_path: Path) -> None:
        write_seed_files([row("a", 0), row("a", 1)], tmp_path)
        write_seed_files([row("b", 1), row("b", 0)], tmp_path)
        with pytest.raises(InputError, match=r"but those written now, found output-rs1\.jsonl"):
            write_seed_files([row("c", 0)], tmp_path)
        assert {row.id for row in read_rows([tmp_path])} == {"b"}

    def test_need_a_folder(self) -> None:
        with pytest.raises(InputError, match="a folder"):
            write_seed_files([row("a", 0)], None)


def test_lists_gather_problems_and_read_back(tmp_path: Path) -> None:
    rows = [row("b", 1), row("a", 0, True), row("b", 0)]
    assert write_lists(rows, tmp_path / "lists.jsonl") == 2
    first = records(tmp_path / "lists.jsonl")[0]
    assert first["id"] == "b"
    assert [row.key for row in read_rows([tmp_path / "lists.jsonl"])] == [("b", 0), ("b", 1), ("a", 0)]


def test_labels_are_of_graded_rows(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    assert write_labels([row("a", 0, True), row("a", 1), row("a", 2, False)], path) == 2
    assert records(path) == [
        {"prompt": "What is a?", "completion": "a0", "label": True},
        {"prompt": "What is a?", "completion": "a2", "label": False},
    ]


def test_preferences_pair_within_problems(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    rows = [row("a", 0, False), row("b", 0, True), row("a", 1, True), row("a", 2, True), row("c", 0)]
    assert write_preferences(rows, path) == 1
    assert records(path) == [{"prompt": "What is a?", "chosen": "a1", "rejected": "a0"}]


@pytest.mark.parametrize("write", [write_labels, write_preferences])
def test_ungraded_rows_give_nothing(write: object, tmp_path: Path) -> None:
    assert callable(write)
    with pytest.raises(InputError, match="found none; export rows whose tool graded them"):
        write([row("a", 0)], tmp_path / "a.jsonl")
    assert not (tmp_path / "a.jsonl").exists()
