"""`quorum report`, as a user types it."""

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from quorum.cli import main

DATA = os.environ.get("QUORUM_TEST_DATA")
SCORES = [0.9, 0.3, 0.6, 0.2]


def write_rows(path: Path, *, num_problems: int = 12, scored: bool = True, **fields: Any) -> Path:
    """Four samples a problem; sample j of problem i answers i + (j is wrong)."""
    with path.open("w") as file:
        for i in range(num_problems):
            for j in range(4):
                answer = i if (i + j) % 3 else i + 1
                row = {
                    "id": f"p{i}",
                    "sample": j,
                    "problem": f"What is {i}?",
                    "expected_answer": str(i),
                    "generation": f"So $x$ is \\boxed{{{answer}}}.",
                }
                score = {"reward_model_score": SCORES[(i + j) % 4]} if scored else {}
                file.write(json.dumps({**row, **score, **fields}) + "\n")
    return path


def test_writes_four_files_and_prints_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, output = write_rows(tmp_path / "rows.jsonl"), tmp_path / "out"
    assert main(["report", str(rows), "-o", str(output), "--k", "2", "3"]) == 0
    captured = capsys.readouterr()
    assert sorted(path.name for path in output.iterdir()) == [
        "per_problem.jsonl", "report.html", "report.json", "report.md",
    ]  # fmt: skip
    assert captured.out == (output / "report.md").read_text()
    assert "| W.RR@4 " in captured.out
    assert "report.html" in captured.err
    report = json.loads((output / "report.json").read_text())
    assert report["num_problems"] == 12
    assert report["source"]["files"][0]["path"] == str(rows)
    assert len(report["source"]["files"][0]["sha256"]) == 64
    assert {(c["name"], c["k"]) for c in report["curves"]} >= {("majk", 2), ("w.rr.majk", 3), ("maj1.topn", 8)}
    lines = [json.loads(line) for line in (output / "per_problem.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"p{i}" for i in range(12)]
    assert all(sum(c["count"] for c in line["clusters"]) == 4 for line in lines)


def test_json_on_stdout_is_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", scored=False)
    assert main(["report", str(rows), "--json", "-o", str(tmp_path / "out"), "--quiet"]) == 0
    captured = capsys.readouterr()
    assert captured.out == (tmp_path / "out" / "report.json").read_text()
    assert captured.err == ""
    assert json.loads(captured.out)["has_scores"] is False


def test_the_same_command_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    contents = []
    for workers in ("1", "2"):
        assert main(["report", str(rows), "-o", str(tmp_path / workers), "--workers", workers]) == 0
        contents.append({path.name: path.read_bytes() for path in (tmp_path / workers).iterdir()})
    assert contents[0] == contents[1]


def test_values_are_those_of_all_subsets(tmp_path: Path) -> None:
    """Maj1@2 and Pass@2 again, from the written clusters and every pair of samples."""
    assert main(["report", str(write_rows(tmp_path / "rows.jsonl")), "-o", str(tmp_path / "out"), "--quiet"]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    votes, passes = [], []
    for line in (tmp_path / "out" / "per_problem.jsonl").read_text().splitlines():
        outcomes = [c["correct"] for c in json.loads(line)["clusters"] for _ in range(c["count"])]
        assert len(json.loads(line)["clusters"]) == 2
        pairs = list(combinations(outcomes, 2))
        votes.append(sum((a + b) / 2 for a, b in pairs) / len(pairs))  # a split pair is a tie
        passes.append(sum(a or b for a, b in pairs) / len(pairs))
    at_2 = {c["name"]: p["value"] for c in report["curves"] for p in c["points"] if p["n"] == 2}
    assert at_2["maj1"] == pytest.approx(sum(votes) / 12)
    assert at_2["pass"] == pytest.approx(sum(passes) / 12)


def test_the_policy_is_recorded_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", num_problems=2, expected_answer="50%", predicted_answer="0.5")
    values = []
    for option in ("number", "fraction"):
        assert main(["report", str(rows), "--json", "--percent", option]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["settings"]["policy"]["percent"] == option
        values.append(report["metrics"][0]["value"])
    assert values == [0, 1]


def test_options_of_extraction(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", generation="That makes 4 apples")
    counts = []
    for options in ([], ["--no-last-number"]):
        assert main(["report", str(rows), "--json", *options]) == 0
        counts.append(json.loads(capsys.readouterr().out)["num_unextracted"])
    assert counts == [0, 48]


def test_bad_rows_are_an_error_or_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    with rows.open("a") as file:
        file.write('{"id": "p0", "sam')
    assert main(["report", str(rows), "-o", str(tmp_path / "out")]) == 2
    assert f"{rows}:49: expected a whole JSON object" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main(["report", str(rows), "--skip-bad-rows", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["source"]["num_bad_rows"] == 1
    assert report["warnings"][0].startswith("Rows that could not be read and were skipped: 1. The first: ")


def test_a_problem_without_an_expected_answer_can_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    with rows.open("a") as file:
        file.write('{"id": "q", "sample": 0, "generation": "#### 1"}\n')
    assert main(["report", str(rows)]) == 2
    assert "--skip-unlabelled" in capsys.readouterr().err
    assert main(["report", str(rows), "--skip-unlabelled", "--json", "-o", str(tmp_path / "out")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["num_problems"], report["source"]["num_unlabelled_problems"]) == (12, 1)
    assert {m["n"] for m in report["metrics"]} == {1, 4}
    (warning,) = [w for w in report["warnings"] if "--skip-unlabelled" in w]
    for name in ("report.md", "report.html"):
        assert warning.replace("`", "")[:60] in (tmp_path / "out" / name).read_text()


def test_rows_that_are_there_twice_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    rows.write_text(rows.read_text() + rows.read_text().splitlines(keepends=True)[0])
    assert main(["report", str(rows), "-o", str(tmp_path / "out")]) == 0
    told = "Rows that repeat an earlier one, with its key and all else, and were dropped: 1."
    assert told in capsys.readouterr().out
    assert told in (tmp_path / "out" / "report.html").read_text()
    assert main(["rerank", str(rows), "-o", str(tmp_path / "chosen.jsonl")]) == 0
    assert told in capsys.readouterr().err


def test_labels_of_problems_left_out_are_not_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    with rows.open("a") as file:
        file.write('{"id": "q", "sample": 0, "generation": "#### 1", "symbolic_correct": true}\n')
    assert main(["report", str(rows), "--json", "--min-samples", "2"]) == 0
    assert not any("symbolic_correct" in warning for warning in json.loads(capsys.readouterr().out)["warnings"])


def test_problems_with_few_samples_can_be_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    with rows.open("a") as file:
        file.write('{"id": "q", "sample": 0, "expected_answer": "1", "generation": "#### 1"}\n')
    assert main(["report", str(rows), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {m["n"] for m in report["metrics"]} == {1}
    assert any("--min-samples" in warning for warning in report["warnings"])
    assert main(["report", str(rows), "--json", "--min-samples", "2"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["num_problems"] == 12
    assert report["source"]["num_excluded_problems"] == 1
    assert main(["report", str(rows), "--min-samples", "5"]) == 2


@pytest.mark.parametrize(
    "options",
    [
        ["--k", "0"],
        ["--top-n", "x"],
        ["--workers", "0"],
        ["--percent", "half"],
        ["--seed", "-1"],
        ["--limit", "0"],
        ["--page-mb", "nan"],
        ["--page-mb", "inf"],
        ["--page-mb", "-1"],
    ],
    ids=str,
)
def test_bad_options_exit_2(options: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["report", str(write_rows(tmp_path / "rows.jsonl")), *options])


def test_rows_without_expected_answers_name_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", expected_answer=None)
    assert main(["report", str(rows)]) == 2
    assert "`quorum rerank`" in capsys.readouterr().err


ODD_ROWS: dict[str, list[dict[str, Any]]] = {
    "no answers": [{"sample": j, "predicted_answer": None} for j in range(3)],
    "no answers, but scores": [{"sample": j, "predicted_answer": None, "reward_model_score": 0.5} for j in range(3)],
    "one sample": [{"sample": 0, "predicted_answer": "1"}],
    "one scored sample": [{"sample": 0, "predicted_answer": "1", "reward_model_score": 1.0}],
    "all right": [{"sample": j, "predicted_answer": "1", "reward_model_score": j / 4} for j in range(4)],
    "some scored": [
        {"sample": j, "predicted_answer": str(j % 2), "reward_model_score": 0.5 if j % 3 else None} for j in range(4)
    ],
    "all greedy but one": [{"sample": j, "predicted_answer": "1", "temperature": float(j)} for j in range(2)],
}


@pytest.mark.parametrize("name", ODD_ROWS)
def test_odd_files_have_a_report_too(name: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"id": "p", "expected_answer": "1", **row}) + "\n" for row in ODD_ROWS[name]))
    assert main(["report", str(rows), "-o", str(tmp_path / "out"), "--quiet"]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert all(0 <= m["low"] <= m["value"] <= m["high"] <= 1 for m in report["metrics"])
    assert (tmp_path / "out" / "report.html").stat().st_size > 0


@pytest.mark.skipif(DATA is None, reason="QUORUM_TEST_DATA is not set")
def test_on_real_samples(tmp_path: Path) -> None:
    """Pass@4 and Maj1@4 of real files again, from the written clusters."""
    path = Path(DATA or "") / "samples" / "gsm8k_gpt3_k4.jsonl.gz"
    assert main(["report", str(path), "-o", str(tmp_path), "--quiet"]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    values = {m["name"]: m["value"] for m in report["metrics"] if m["n"] == 4 and m["k"] is None}
    lines = [json.loads(line) for line in (tmp_path / "per_problem.jsonl").read_text().splitlines()]
    assert len(lines) == report["num_problems"] == 1319

    def vote(line: dict[str, Any]) -> float:
        most = max((c["count"] for c in line["clusters"]), default=0)
        winners = [c["correct"] for c in line["clusters"] if c["count"] == most]
        return sum(winners) / len(winners) if winners else 0.0

    assert values["maj1"] == pytest.approx(sum(map(vote, lines)) / len(lines))
    assert values["pass"] == pytest.approx(sum(line["num_correct"] > 0 for line in lines) / len(lines))
    assert "they name several models" in report["warnings"][0]


def run_quorum(*arguments: str, text: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "quorum", *arguments], input=text, capture_output=True, text=True)


def test_standard_input_has_no_hash(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    done = run_quorum("report", "-", "-o", str(tmp_path / "out"), "--json", text=rows.read_text())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"]["files"] == [{"path": "-", "num_bytes": None, "sha256": None}]


def test_a_pipe_has_no_hash(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    script = f"exec {sys.executable} -m quorum report <(cat {rows}) --json"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["source"]["files"]
    assert (file["num_bytes"], file["sha256"]) == (None, None)


def test_a_report_into_the_folder_of_its_samples_works_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path / "rows.jsonl")
    contents = []
    for _ in range(2):
        assert main(["report", str(tmp_path), "-o", str(tmp_path)]) == 0, capsys.readouterr().err
        contents.append((tmp_path / "report.json").read_bytes())
    assert contents[0] == contents[1]


def test_an_unusable_output_is_noticed_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for output in (taken, taken / "below"):
        assert main(["report", str(tmp_path / "missing.jsonl"), "-o", str(output)]) == 2
        assert "expected a folder to write to, found" in capsys.readouterr().err


def test_a_limit_of_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    assert main(["report", str(rows), "--json", "--limit", "5"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["num_problems"], report["source"]["limit"]) == (5, 5)


def test_problems_without_scores_have_the_lines_of_the_others(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    samples = [("a", 0.5), ("b", None)]
    rows.write_text("".join(
        json.dumps({"id": i, "sample": 0, "expected_answer": "1", "predicted_answer": "1", "reward_model_score": s})
        + "\n"
        for i, s in samples
    ))  # fmt: skip
    assert main(["report", str(rows), "-o", str(tmp_path / "out"), "--quiet"]) == 0
    lines = [json.loads(line) for line in (tmp_path / "out" / "per_problem.jsonl").read_text().splitlines()]
    assert lines[0]["selections"].keys() == lines[1]["selections"].keys()
    assert lines[1]["selections"]["w.rr"]["answer"] is None


def test_rows_graded_by_their_tool_have_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """RLHFlow's rows: labels, and no reference."""
    rows = tmp_path / "rows.jsonl"
    answers = ["The answer is: 18 ки", "The answer is: 18 ки", "The answer is: 20 ки"]
    record = {"prompt": "Why?", "answers": answers, "label": [1, 1, 0], "step_scores": [[0.9], [0.8], [0.1]]}
    rows.write_text(json.dumps(record) + "\n")
    assert main(["report", str(rows), "--json", "-o", str(tmp_path / "out")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert next(m["value"] for m in report["metrics"] if m["name"] == "maj1") == 1.0
    assert any("Problems without an expected answer: 1 of 1" in w for w in report["warnings"])


def test_rows_whose_text_has_another_name_are_not_wrong_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    row = {"id": "a", "sample": 0, "expected_answer": "1"}
    rows.write_text(json.dumps({**row, "response": "1", "reward_model_score": 0.9}) + "\n")
    assert main(["report", str(rows), "-o", str(tmp_path / "out")]) == 2
    assert 'rows.jsonl:1: expected `generation` or `predicted_answer`, found "response"' in capsys.readouterr().err
    assert main(["rerank", str(rows)]) == 0
    assert "without a solution and without an answer" in capsys.readouterr().err
    rows.write_text(rows.read_text() + json.dumps({**row, "sample": 1, "generation": "#### 1"}) + "\n")
    assert main(["report", str(rows), "-o", str(tmp_path / "out"), "--json"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert any(
        w.startswith("Rows without a solution and without an answer, which count as wrong: 1.") for w in warnings
    )
