import gzip
from pathlib import Path

import pytest

from reasoning.errors import InputError, RowError
from reasoning.formats import ReadCounts, ReadOptions, read_rows, sources
from reasoning.formats.sources import data_files, raw_records

ROW = b'{"id": "a", "sample": 0}\n'


def row(sample: int) -> bytes:
    return b'{"id": "a", "sample": %d}\n' % sample


def read(path: Path, content: bytes) -> list[int]:
    path.write_bytes(content)
    return [row.sample for row in read_rows([path])]


def packed(data: bytes) -> bytes:
    """In gzip, without the time: it would be part of the tests' names, which every process must find alike."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", row(0) + b"\n  \n" + row(1)),
        ("rows.jsonl", b"\xef\xbb\xbf" + row(0) + row(1).rstrip()),
        ("rows.jsonl", row(0).replace(b"\n", b"\r\n") + row(1)),
        ("no_suffix", row(0) + row(1)),
        ("rows.jsonl.gz", packed(row(0) + row(1))),
        ("packed_without_saying.jsonl", packed(row(0)) + packed(row(1))),
        ("rows.json", b"\n [\n" + row(0) + b",\n" + row(1) + b"]\n"),
        ("array.jsonl", b"[" + row(0) + b"," + row(1) + b"]"),
        ("pretty.json", b'{\n "id": "a",\n "sample": 0\n}\n{"id": "a",\n "sample": 1}'),
        ("rows.json.gz", packed(b"[" + row(0) + b"," + row(1) + b"]")),
    ],
)
def test_reads(name: str, content: bytes, tmp_path: Path) -> None:
    assert read(tmp_path / name, content) == [0, 1]


def test_reads_yaml(tmp_path: Path) -> None:
    assert read(tmp_path / "a.yaml", b"id: a\nsample: 4\n") == [4]
    assert read(tmp_path / "a.yml.gz", gzip.compress(b"id: a\nsample: 4\n")) == [4]


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("a.jsonl", b"", 1, "found an empty file"),
        ("a.jsonl", b"\n \n", 1, "found an empty file"),
        ("a.yaml", b"", 1, "found an empty file"),
        ("a.jsonl", row(0) + b'{"id": "a", "sam', 2, "cut off after 16 bytes"),
        ("a.jsonl", row(0) + b'{"id": "a", "sample": 1, "x": "\\u00', 2, "expected"),
        ("a.jsonl", row(0) + b"id,sample\n", 2, "expected JSON, found expected value at column 1"),
        (
            "a.csv",
            b"id,sample\na,0\n",
            1,
            'expected JSON Lines, .* or Parquet, .* found "id,sample"; convert',
        ),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00", 1, 'expected JSON Lines, .* or Parquet, .*, found "\ufffdPNG"'),
        ("a.jsonl", row(0) + b"[1, 2]\n", 2, "should be an object|expected an object|expected a JSON object"),
        ("a.jsonl", row(0) + b'{"id": "\xff"}\n', 2, "expected UTF-8, found byte 0xff at column 9"),
        ("a.jsonl", ROW.decode().encode("utf-16"), 1, "expected UTF-8"),
        ("a.jsonl", row(0) + b'{"x":' + b"[" * 9999 + b"]" * 9999 + b"}\n", 2, "recursion limit"),
        ("a.jsonl", row(0) + b'{"id": "\\ud800", "sample": 1}\n', 2, "expected JSON"),
        ("a.jsonl", row(0) + b'{"id": "a"}\n', 2, "expected the field `sample`, found only id"),
        (
            "a.jsonl",
            row(0) + b'{"id": "a", "sample": true}\n',
            2,
            "`sample`: expected a valid integer; found true",
        ),
        ("a.jsonl", row(0) + b'{"id": "a", "sample": -1}\n', 2, "greater than or equal to 0; found -1"),
        ("a.jsonl", row(0) + b'{"id": 7, "sample": 1}\n', 2, "`id`: expected a valid string; found 7"),
        ("a.jsonl", b'{"id": "a", "sample": 0, "reward_model_score": 3.5}\n', 1, "--score-transform"),
        ("a.jsonl.gz", packed(row(0) * 9)[:-8], 10, "expected an intact gzip file"),
        ("a.jsonl.gz", b"\x1f\x8bnot gzip at all", 1, "expected an intact gzip file"),
        ("a.yaml", b"[" * 100_000 + b"\n", 1, "levels deep"),
        ("a.yaml", b"a: &x [1]\nb: *x\n", 2, r"without aliases, found \*x"),
        ("a.yaml", b"a: b: c\n", 1, "expected YAML"),
        ("a.yaml", b"- a\n", 1, "expected a mapping"),
        ("a.yaml", b"a: !!python/object/apply:os.getcwd []\n", 1, "expected YAML"),
        ("a.parquet", b"PAR1 and no more", 1, "expected an intact Parquet file"),
    ],
)
def test_says_what_is_wrong_and_where(name: str, content: bytes, line: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RowError, match=message) as caught:
        list(read_rows([path]))
    assert str(caught.value).startswith(f"{path}:{line}: expected ") or "`: expected " in str(caught.value)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_skips_and_counts_bad_rows(tmp_path: Path) -> None:
    path, counts = tmp_path / "a.jsonl", ReadCounts()
    path.write_bytes(b"not JSON\n" + row(0) + b"{}\n" * 10 + row(1) + b'{"id": ')
    rows = list(read_rows([path], options=ReadOptions(skip_bad_rows=True), counts=counts))
    assert [row.sample for row in rows] == [0, 1]
    assert (counts.num_rows, counts.num_bad_rows, len(counts.messages)) == (2, 12, 5)
    assert counts.messages[0].startswith(f"{path}:1: expected JSON")


def test_skips_a_huge_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_RECORD_BYTES", 100)
    path, counts = tmp_path / "a.jsonl", ReadCounts()
    path.write_bytes(row(0) + b'{"id": "' + b"x" * 1000 + b'", "sample": 1}\n' + row(2))
    with pytest.raises(RowError, match="a line of at most 100 bytes") as caught:
        list(read_rows([path]))
    assert caught.value.line == 2
    rows = list(read_rows([path], options=ReadOptions(skip_bad_rows=True), counts=counts))
    assert [row.sample for row in rows] == [0, 2]
    assert counts.num_bad_rows == 1


def test_goes_on_with_the_next_file(tmp_path: Path) -> None:
    counts = ReadCounts()
    (tmp_path / "a.jsonl.gz").write_bytes(packed(row(0) * 9)[:-9])
    (tmp_path / "b.jsonl").write_bytes(b"")
    (tmp_path / "c.jsonl").write_bytes(row(5))
    rows = list(read_rows([tmp_path], options=ReadOptions(skip_bad_rows=True), counts=counts))
    assert rows[-1].sample == 5
    assert counts.num_bad_rows == 2


def test_a_folder_is_its_data_files_sorted(tmp_path: Path) -> None:
    for name in (
        "b.jsonl",
        "a.parquet",
        "c.json.gz",
        "notes.txt",
        ".hidden",
        "results_2024.json",
        "metrics.json",
        *("report.json", "per_problem.jsonl", "report.md", "report.html", "selections.jsonl"),
    ):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.jsonl").mkdir()
    expected = [tmp_path / name for name in ("a.parquet", "b.jsonl", "c.json.gz")]
    assert data_files([tmp_path]) == expected
    assert data_files([expected[1], tmp_path]) == [expected[1], expected[0], expected[2]]
    named = [tmp_path / "selections.jsonl"]
    assert data_files(named) == named  # a file that is named is read


def test_missing_paths_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing there"):
        read_rows([tmp_path / "no.jsonl"])
    with pytest.raises(InputError, match="expected data files"):
        read_rows([tmp_path])
    with pytest.raises(InputError, match="at least one file"):
        read_rows([])


def test_parquet_rows_come_in_batches(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"id": ["a"] * 1000, "sample": range(1000)}), path)
    records = raw_records(path)
    assert next(records) == (1, {"id": "a", "sample": 0})
    assert sum(1 for _ in records) == 999


def test_bytes_have_no_place_in_a_row(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"id": ["a"], "sample": [0], "image": [b"\xff"]}), path)
    with pytest.raises(RowError, match=r"a\.parquet:1: expected fields that JSON can hold"):
        list(read_rows([path]))
