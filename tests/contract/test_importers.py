"""What every importer promises, checked on a small file in the real layout of its tool."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reasoning.errors import InputError, RowError
from reasoning.formats import ReadCounts, ReadOptions, Row, read_rows, write_rows
from reasoning.formats.registry import IMPORTERS, detect
from reasoning.formats.sources import raw_records

GOLDEN = Path(__file__).parents[1] / "golden" / "formats"

# importer -> (a field of its records that must not be a number, rows of its file)
SPECIFICATION = {
    "canonical": ("generation", 3),
    "nemo-skills": ("generation", 4),
    "lm-eval": ("resps", 4),
    "search-and-learn": ("completions", 4),
    "openr": ("output", 3),
    "qwen-math": ("code", 4),
    "rlhflow": ("answers", 4),
    "tracecodegen": ("generated_k_programs", 2),
    "large-language-monkeys": ("samples", 3),
    "dart-math": ("resp", 3),
    "prm800k": ("problem", 3),
    "lists": ("samples", 5),
}
IN_LINES = [name for name in SPECIFICATION if name != "large-language-monkeys"]  # a problem a file


def first_file(name: str) -> Path:
    return min((GOLDEN / name).iterdir())


def first_record(name: str) -> dict[str, Any]:
    _, raw = next(iter(raw_records(first_file(name))))
    assert not isinstance(raw, RowError)
    record = json.loads(raw) if isinstance(raw, bytes) else raw
    assert isinstance(record, dict)
    return record


def lines_of(rows: Iterator[Row]) -> list[str]:
    return [row.to_json() for row in rows]


def test_every_importer_is_specified() -> None:
    assert SPECIFICATION.keys() == IMPORTERS.keys()


@pytest.mark.parametrize("name", SPECIFICATION)
def test_detected_from_content(name: str) -> None:
    assert detect(first_record(name), first_file(name), 1).name == name


@pytest.mark.parametrize("name", SPECIFICATION)
def test_rows_have_distinct_keys(name: str) -> None:
    counts = ReadCounts()
    rows = list(read_rows([GOLDEN / name], counts=counts))
    assert len({row.key for row in rows}) == len(rows) == counts.num_rows == SPECIFICATION[name][1]
    assert set(counts.importers.values()) == {name}
    assert counts.num_bad_rows == 0


@pytest.mark.parametrize("name", SPECIFICATION)
def test_naming_the_importer_changes_nothing(name: str) -> None:
    named = read_rows([GOLDEN / name], options=ReadOptions(importer=name))
    assert lines_of(named) == lines_of(read_rows([GOLDEN / name]))


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("name", SPECIFICATION)
def test_round_trip_through_canonical_rows(name: str, suffix: str, tmp_path: Path) -> None:
    rows = list(read_rows([GOLDEN / name]))
    counts = ReadCounts()
    write_rows(rows, tmp_path / f"rows{suffix}")
    again = read_rows([tmp_path / f"rows{suffix}"], counts=counts)
    assert lines_of(again) == lines_of(iter(rows))
    assert list(counts.importers.values()) == ["canonical"]


@pytest.mark.parametrize("name", SPECIFICATION)
def test_torn_end_names_file_and_line(name: str, tmp_path: Path) -> None:
    source = first_file(name)
    torn = tmp_path / source.name
    torn.write_bytes(source.read_bytes()[:-25])
    with pytest.raises(RowError, match=r"expected .*found") as caught:
        list(read_rows([torn], options=ReadOptions(importer=name)))
    assert str(caught.value).startswith(f"{torn}:{caught.value.line}: ")
    num_lines = source.read_bytes().count(b"\n")
    assert 1 <= caught.value.line <= num_lines
    if source.suffix == ".jsonl":
        assert caught.value.line == num_lines

    counts = ReadCounts()
    options = ReadOptions(importer=name, skip_bad_rows=True)
    rows = list(read_rows([torn], options=options, counts=counts))
    assert (len(rows), counts.num_bad_rows) == (counts.num_rows, 1)
    assert counts.messages == [str(caught.value)]


@pytest.mark.parametrize("name", SPECIFICATION)
def test_wrong_type_names_field_and_line(name: str, tmp_path: Path) -> None:
    field, _ = SPECIFICATION[name]
    good = first_record(name)
    file = tmp_path / "rows.jsonl"
    file.write_text(f"{json.dumps(good)}\n\n{json.dumps({**good, field: 7})}\n")
    with pytest.raises(RowError, match=r"expected .*found 7") as caught:
        list(read_rows([file], options=ReadOptions(importer=name)))
    assert caught.value.line == 3
    assert f"`{field}`" in str(caught.value)


@pytest.mark.parametrize("name", IN_LINES)
def test_streams(name: str, tmp_path: Path) -> None:
    """The first row of an endless pipe comes after a bounded part of it has been read."""
    record = json.dumps(first_record(name)).encode()
    read_end, write_end = os.pipe()
    num_written = 0

    def write() -> None:
        nonlocal num_written
        try:
            os.write(write_end, b"[" if name == "lists" else b"")
            while True:
                num_written += os.write(write_end, record + (b",\n" if name == "lists" else b"\n"))
        except BrokenPipeError:
            os.close(write_end)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        rows = read_rows([Path(f"/dev/fd/{read_end}")], options=ReadOptions(importer=name))
        next(rows)
        assert num_written < 1 << 20
        rows.close()  # type: ignore[attr-defined]  # a generator
    finally:
        os.close(read_end)
        writer.join()


@pytest.mark.parametrize("name", SPECIFICATION)
def test_reads_nothing_before_the_first_row_is_asked_for(name: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("not JSON\n")
    rows = read_rows([file], options=ReadOptions(importer=name))
    with pytest.raises(RowError, match="expected JSON"):
        next(rows)


def test_unknown_tool_is_named_by_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"colour": "red", "size": 3}\n')
    with pytest.raises(RowError, match=r"keys colour, size.*--from.*nemo-skills") as caught:
        list(read_rows([file]))
    assert (caught.value.path, caught.value.line) == (file, 1)


def test_unknown_importer(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected one of canonical, .*found 'nemo'"):
        read_rows([tmp_path], options=ReadOptions(importer="nemo"))
