"""`quorum rerank`, as a user types it."""

import json
from pathlib import Path
from typing import Any

import pytest

from quorum.cli import main
from reasoning.answers.policy import Policy

# answer, score: the vote says 2, the best score says 1, the summed score says 1
SAMPLES: list[tuple[str | None, float | None]] = [("2", 0.1), ("2", 0.2), ("1", 0.9), (None, 1.0)]


def write_rows(path: Path, *, scored: bool = True, expected: str | None = "1") -> Path:
    with path.open("w") as file:
        for problem in ("a", "b"):
            for sample, (answer, score) in enumerate(SAMPLES):
                row = {"id": problem, "sample": sample, "expected_answer": expected, "predicted_answer": answer}
                file.write(json.dumps({**row, **({"reward_model_score": score} if scored else {})}) + "\n")
        file.write(json.dumps({"id": "c", "sample": 0, "expected_answer": expected, "predicted_answer": None}) + "\n")
    return path


def rerank(*arguments: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(["rerank", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_row_per_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rerank(str(write_rows(tmp_path / "rows.jsonl")), "--strategy", "w.rr", capsys=capsys)
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert rows[0] == {
        "id": "a",
        "strategy": "w.rr",
        "policy": Policy().as_dict(),
        "parameter": None,
        "answer": "1",
        "sample": 2,
        "score": 0.9,
        "correct": True,
        "count": 1,
        "score_sum": 0.9,
        "score_max": 0.9,
        "abstained": False,
        "num_samples": 4,
        "clusters": [
            {"answer": "2", "count": 2, "score_sum": pytest.approx(0.3), "score_max": 0.2, "correct": False},
            {"answer": "1", "count": 1, "score_sum": 0.9, "score_max": 0.9, "correct": True},
        ],
    }
    nothing = rows[2]
    assert (nothing["abstained"], nothing["answer"], nothing["sample"], nothing["clusters"]) == (True, None, None, [])
    assert nothing["correct"] is False


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (["--strategy", "first"], "2"),
        (["--strategy", "maj1"], "2"),
        (["--strategy", "rr.all"], "1"),
        (["--strategy", "rr.majk", "--k", "1"], "2"),
        (["--strategy", "w.rr.majk", "--k", "2"], "1"),
        (["--strategy", "maj1.topn", "--top-n", "1"], "1"),
        (["--strategy", "maj1.topn", "--top-n", "3"], "2"),
        ([], "2"),
    ],
    ids=str,
)
def test_every_strategy(options: list[str], answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rerank(str(write_rows(tmp_path / "rows.jsonl")), *options, capsys=capsys)
    assert [row["answer"] for row in rows] == [answer, answer, None]


def test_without_expected_answers_nothing_is_graded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rerank(str(write_rows(tmp_path / "rows.jsonl", expected=None)), capsys=capsys)
    assert [row["correct"] for row in rows] == [None, None, None]
    assert [row["answer"] for row in rows] == ["2", "2", None]


def test_a_strategy_without_its_scores_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, output = write_rows(tmp_path / "rows.jsonl", scored=False), tmp_path / "out.jsonl"
    assert main(["rerank", str(rows), "--strategy", "w.rr", "-o", str(output)]) == 2
    assert "found no `reward_model_score` in any row" in capsys.readouterr().err
    assert not output.exists()


def test_a_file_gets_the_bytes_of_stdout_every_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, output = write_rows(tmp_path / "rows.jsonl"), tmp_path / "deep" / "out.jsonl"
    assert main(["rerank", str(rows)]) == 0
    printed = capsys.readouterr().out
    for _ in range(2):
        assert main(["rerank", str(rows), "-o", str(output)]) == 0
        assert output.read_text() == printed
    assert [path.name for path in output.parent.iterdir()] == ["out.jsonl"]


def test_first_has_no_second_choice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As First@1 of a report: where the first sample has no answer, nothing is selected."""
    rows = tmp_path / "rows.jsonl"
    answers = [None, "1", "1"]
    rows.write_text("".join(
        json.dumps({"id": "a", "sample": i, "expected_answer": "1", "predicted_answer": a}) + "\n"
        for i, a in enumerate(answers)
    ))  # fmt: skip
    (row,) = rerank(str(rows), "--strategy", "first", capsys=capsys)
    assert (row["abstained"], row["answer"], row["correct"]) == (True, None, False)
    assert main(["report", str(rows), "--json", "-o", str(tmp_path / "out")]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert next(m["value"] for m in metrics if m["name"] == "first") == 0.0
    line = json.loads((tmp_path / "out" / "per_problem.jsonl").read_text())
    assert line["selections"]["first"] == {"answer": None, "sample": None, "score": None, "correct": False}


def test_a_limit_and_an_output_that_is_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    assert [row["id"] for row in rerank(str(rows), "--limit", "2", capsys=capsys)] == ["a", "b"]
    assert main(["rerank", str(tmp_path / "missing.jsonl"), "-o", str(tmp_path)]) == 2
    assert "expected the name of a file to write, found a folder" in capsys.readouterr().err
