"""`quorum data`, as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quorum.cli import main

DATA = os.environ.get("QUORUM_TEST_DATA")
GSM8K = {"question": "2 + 3?", "answer": "2 + 3 = <<2+3=5>>5\n#### 5"}


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions_test.jsonl"
    path.write_text(json.dumps(GSM8K) + "\n" + json.dumps({**GSM8K, "question": "2 + 3, that is?"}) + "\n")
    return path


def test_arith_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["data", "arith", "--split", "test", "--seed", "3", "--style", "fine", "--limit", "20"]
    assert main(arguments) == 0
    captured = capfd.readouterr()
    found = rows(captured.out)
    assert captured.err == "20 problems\n"
    assert [row["id"] for row in found] == [f"arith-test-3-{number}" for number in range(20)]
    assert all(": " in row["solution"] for row in found)

    assert main([*arguments[:-1], "5", "--start", "10"]) == 0
    assert rows(capfd.readouterr().out) == found[10:15]


def test_arith_never_ends_and_its_reader_may_go_away() -> None:
    command = f"{sys.executable} -m quorum data arith | head -n 3"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert [row["id"] for row in rows(done.stdout)] == ["arith-train-0-0", "arith-train-0-1", "arith-train-0-2"]
    assert "Traceback" not in done.stderr


def test_written_to_a_file_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        assert main(["data", "arith", "--limit", "50", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()


def test_gsm8k_from_a_local_file(questions: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "gsm8k", "--input", str(questions), "--limit", "1"]) == 0
    captured = capfd.readouterr()
    assert captured.err == "1 problem\n"
    (row,) = rows(captured.out)
    assert (row["id"], row["expected_answer"], row["num_steps"]) == ("gsm8k-test-0", "5", 1)


def test_a_file_with_mapped_fields(questions: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fields = ["--field", "problem=question", "--field", "expected_answer=answer"]
    assert main(["data", str(questions), *fields]) == 0
    first, second = rows(capfd.readouterr().out)
    assert first == {
        "id": "questions_test-0",
        "problem": "2 + 3?",
        "expected_answer": "5",
        "solution": GSM8K["answer"],
        "split": "test",
    }
    assert second["id"] == "questions_test-1"


def test_bad_rows_are_named_or_skipped(questions: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with questions.open("a") as file:
        file.write('{"question": "cut o')
    output = tmp_path / "out.jsonl"
    assert main(["data", str(questions), "-o", str(output)]) == 2
    assert f"{questions}:3: expected a whole JSON object" in capfd.readouterr().err
    assert not output.exists()
    assert main(["data", str(questions), "-o", str(output), "--skip-bad-rows"]) == 0
    assert capfd.readouterr().err.startswith("2 problems; 1 bad row skipped\n  skipped ")


def test_what_is_also_in_the_test_set_is_refused(
    questions: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    manifest, output = tmp_path / "test.manifest.jsonl", tmp_path / "train.jsonl"
    copy = tmp_path / "copy_train.jsonl"
    copy.write_text(json.dumps({**GSM8K, "question": " 2 +  3 ?"}) + "\n")
    assert main(["data", str(questions), "--manifest", str(manifest), "-o", str(tmp_path / "test.jsonl")]) == 0
    for other in (manifest, questions):
        assert main(["data", str(copy), "-o", str(output), "--disjoint-from", str(other)]) == 2
        message = capfd.readouterr().err
        assert "found 1 (gsm8k-train-0 is gsm8k-test-0)" in message
        assert not output.exists()
    assert main(["data", "arith", "--limit", "9", "-o", str(output), "--disjoint-from", str(manifest)]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["arith", "-o", "out.jsonl"], "arith: expected --limit with -o"),
        (["arith", "--limit", "3", "-o", "out.parquet"], "out.parquet: expected a name ending in .jsonl"),
        (["arith", "--split", "dev"], "--split: expected one of train, validation, test, numbers for arith"),
        (["arith", "--start", "-1"], "--start: expected 0 or more"),
        (["arith", "--input", "a.jsonl"], "arith: expected no --input"),
        (["nowhere.jsonl"], "nowhere.jsonl: expected arith, gsm8k, math, svamp or a file of problems"),
        (["gsm8k", "--input", "nowhere.jsonl"], "nowhere.jsonl: expected a file or a folder"),
        (["gsm8k", "--field", "problem=q"], "gsm8k: --field and --skip-bad-rows are for files"),
        (["gsm8k", "--input", "a.jsonl", "--hub", "b"], "expected files or --hub, found both"),
        (["mine", "--input", "a.jsonl"], "expected one of arith, gsm8k, math, svamp before --input, found 'mine'"),
        (["-", "--field", "problem"], "--field: expected OURS=THEIRS as problem=question, found 'problem'"),
    ],
)
def test_bad_usage_exits_2(
    arguments: list[str],
    message: str,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["data", *arguments]) == 2
    captured = capfd.readouterr()
    assert captured.err.startswith(f"quorum: {message}")
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_remedy_is_a_local_file() -> None:
    command = [sys.executable, "-m", "quorum", "data", "svamp", "--split", "test"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    if done.returncode == 0:
        pytest.skip("SVAMP is in this machine's cache")
    assert done.returncode == 2
    assert "ChilleD/SVAMP: expected to load its split 'test'" in done.stderr
    assert "pass a local file with --input FILE" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(DATA is None, reason="QUORUM_TEST_DATA is not set")
def test_the_public_sets(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    problems = Path(DATA or "") / "problems"
    sizes = {"gsm8k_train.jsonl": 7473, "gsm8k_test.jsonl": 1319, "math_test.jsonl.gz": 5000}
    for name, size in sizes.items():
        output = tmp_path / name
        assert main(["data", str(problems / name), "-o", str(output)]) == 0
        assert capfd.readouterr().err == f"{size:,} problems\n"
    gsm8k = rows((tmp_path / "gsm8k_test.jsonl").read_text())
    assert gsm8k[0]["id"] == "gsm8k-test-0"
    assert all(row["expected_answer"].lstrip("-").replace(".", "").isdigit() for row in gsm8k)
    train = ["data", str(problems / "gsm8k_train.jsonl"), "-o", str(tmp_path / "train.jsonl")]
    assert main([*train, "--disjoint-from", str(problems / "gsm8k_test.jsonl")]) == 0
