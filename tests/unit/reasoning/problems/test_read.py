"""Reading problems: public sets by their own fields, any file by a mapping, and what is refused."""

import gzip
import json
from pathlib import Path

import pytest

from reasoning.errors import InputError, RowError
from reasoning.formats import ReadCounts
from reasoning.problems import SETS, ProblemOptions, ProblemRow, load_problems, read_problems
from reasoning.problems.read import split_in_name

GSM8K = {
    "question": "Ann has 1,000 pens and gives half of them away. How many are left?",
    "answer": "She gives 1000 / 2 = <<1000/2=500>>500 away.\n1000 - 500 = <<1000-500=500>>500 are left.\n#### 1,500",
}
MATH = {
    "problem": "What is $\\frac{1}{2}+\\frac{1}{4}$?",
    "solution": "First \\boxed{x}, then $\\boxed{\\frac{3}{4}}$ is our answer. As a check, the answer is 0.75.",
    "level": "Level 1",
    "type": "Prealgebra",
}
SVAMP = {
    "ID": "chal-1",
    "Body": "Jo has 8 figs and eats 3",
    "Question": "How many are left?",
    "Equation": "( 8.0 - 3.0 )",
    "Answer": 5.0,
    "Type": "Subtraction",
}


def write(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def fields(row: ProblemRow) -> dict[str, object]:
    return row.model_dump(exclude_unset=True)


def test_gsm8k(tmp_path: Path) -> None:
    (row,) = read_problems([write(tmp_path / "some_test.jsonl", GSM8K)])
    assert fields(row) == {
        "id": "gsm8k-test-0",
        "problem": GSM8K["question"],
        "expected_answer": "1500",  # without the thousands separator
        "solution": GSM8K["answer"],
        "num_steps": 2,
        "split": "test",
    }


def test_math_takes_the_last_box_and_keeps_level_and_type(tmp_path: Path) -> None:
    (row,) = read_problems([write(tmp_path / "problems.jsonl", MATH)])
    assert (row.id, row.expected_answer, row.split) == ("math-0", "\\frac{3}{4}", None)
    assert row.model_extra == {"level": "Level 1", "type": "Prealgebra"}


def test_svamp_joins_story_and_question(tmp_path: Path) -> None:
    (row,) = read_problems([write(tmp_path / "svamp.jsonl", SVAMP)])
    assert (row.id, row.problem) == ("chal-1", "Jo has 8 figs and eats 3. How many are left?")
    assert row.expected_answer == "5"
    assert row.model_extra == {"Equation": "( 8.0 - 3.0 )", "Type": "Subtraction"}


def test_any_record_with_a_question_and_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"idx": 7, "query": "2 + 2?", "target": 4, "source": "me"}]))
    (row,) = read_problems([path])
    assert fields(row) == {"id": "7", "problem": "2 + 2?", "expected_answer": "4", "source": "me"}


def test_mapped_fields_in_gzip(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"q": "2 + 2?", "a": "2 + 2 = 4\\n#### 4"}\n{"q": "1 + 2?", "a": "3"}\n'))
    options = ProblemOptions(fields={"problem": "q", "expected_answer": "a"}, split="dev")
    first, second = read_problems([path], options=options)
    assert fields(first) == {
        "id": "mine-dev-0",
        "problem": "2 + 2?",
        "expected_answer": "4",
        "solution": "2 + 2 = 4\n#### 4",
        "split": "dev",
    }
    assert (second.id, second.expected_answer, second.solution) == ("mine-dev-1", "3", None)


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist([GSM8K, GSM8K]), tmp_path / "train.parquet")
    rows = list(read_problems([tmp_path / "train.parquet"], options=ProblemOptions(problem_set=SETS["gsm8k"])))
    assert [row.id for row in rows] == ["gsm8k-train-0", "gsm8k-train-1"]


def test_our_own_rows_are_read_as_they_are(tmp_path: Path) -> None:
    record = {
        "id": "a",
        "problem": "1 + 1?",
        "expected_answer": "2",
        "program": "answer=2",
        "num_steps": 1,
        "mine": [1],
    }
    (row,) = read_problems([write(tmp_path / "rows.jsonl", record)])
    assert json.loads(row.to_json()) == record


def test_a_split_selects_among_rows_that_name_theirs(tmp_path: Path) -> None:
    records = [{"id": str(n), "problem": f"{n}?", "split": split} for n, split in enumerate(["train", "test", "train"])]
    path = write(tmp_path / "rows.jsonl", *records)
    assert [row.id for row in read_problems([path], options=ProblemOptions(split="train"))] == ["0", "2"]


def test_numbers_go_on_over_the_files_of_a_set(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, GSM8K) for name in ("a.jsonl", "b.jsonl")]
    assert [row.id for row in read_problems(paths)] == ["gsm8k-0", "gsm8k-1"]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"question": "q?", "answer": "no marker"}, r"`answer`: expected a last line `#### 18`, found \"no marker\""),
        ({"question": "q?"}, "expected text in `answer`, found null among the fields question"),
        ({"question": " ", "answer": "#### 1"}, 'expected text in `question`, found " "'),
        ([1], "expected a JSON object"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, record: object, message: str) -> None:
    path = write(tmp_path / "bad.jsonl", GSM8K, record)
    options = ProblemOptions(problem_set=SETS["gsm8k"])
    with pytest.raises(RowError, match=message) as caught:
        list(read_problems([path], options=options))
    assert str(caught.value).startswith(f"{path}:2: ")
    counts = ReadCounts()
    skipping = ProblemOptions(problem_set=SETS["gsm8k"], skip_bad_rows=True)
    assert len(list(read_problems([path], options=skipping, counts=counts))) == 1
    assert (counts.num_rows, counts.num_bad_rows) == (1, 1)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"problem": "p", "solution": "no box"}, r"`solution`: expected an answer in \\boxed"),
        ({"prose": "p"}, "expected a question under one of problem, question, .*; found prose; name it with --field"),
        ({"id": "", "problem": "p"}, "`id`"),
        ({"problem": ["p"], "answer": "1"}, "`problem`"),
    ],
)
def test_other_bad_rows(tmp_path: Path, record: object, message: str) -> None:
    with pytest.raises(RowError, match=message):
        list(read_problems([write(tmp_path / "bad.jsonl", record)]))


def test_an_id_twice_is_refused(tmp_path: Path) -> None:
    row = {"id": "a", "problem": "p"}
    with pytest.raises(
        RowError, match=r":2: expected an id of its own for every problem, found \"a\" again, first at .*:1"
    ):
        list(read_problems([write(tmp_path / "twice.jsonl", row, row)]))


@pytest.mark.parametrize("mapping", [{"problm": "q"}, {"expected_answer": "a"}])
def test_a_mapping_that_cannot_be_meant_is_refused_at_once(tmp_path: Path, mapping: dict[str, str]) -> None:
    with pytest.raises(InputError, match="--field"):
        read_problems([write(tmp_path / "rows.jsonl", GSM8K)], options=ProblemOptions(fields=mapping))


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("gsm8k_test.jsonl", "test"),
        ("dev.json", "validation"),
        ("train-00000-of-00001.parquet", "train"),
        ("contest.jsonl", None),
        ("train_and_test.jsonl", None),
    ],
)
def test_split_in_name(name: str, split: str | None) -> None:
    assert split_in_name(name) == split


def test_load_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real library, on a folder: a name on the hub takes the same path."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "set").mkdir()
    write(tmp_path / "set" / "train.jsonl", GSM8K)
    write(tmp_path / "set" / "test.jsonl", GSM8K, GSM8K)
    rows = list(load_problems(SETS["gsm8k"], hub=str(tmp_path / "set"), split="test"))
    assert [row.id for row in rows] == ["gsm8k-test-0", "gsm8k-test-1"]
    with pytest.raises(InputError, match=r"expected to load its split 'middle' .* pass a local file with --input FILE"):
        list(load_problems(SETS["gsm8k"], hub=str(tmp_path / "set"), split="middle"))
