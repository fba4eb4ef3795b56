"""`quorum sample`, as a user types it, with a model of a few thousand random weights."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quorum.cli import main
from reasoning.model_folder import ModelCard
from tests.tiny_models import save_tiny_model

DRAW = ["--n", "3", "--max-tokens", "8", "--temperature", "1", "--batch", "2", "--device", "cpu"]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_model(tmp_path_factory.mktemp("models") / "g", card=ModelCard(kind="generator")))


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    path = tmp_path / "problems.jsonl"
    assert main(["data", "arith", "--split", "test", "--limit", "5", "-o", str(path)]) == 0
    return path


@pytest.fixture
def whole(model: str, problems: Path, tmp_path: Path) -> bytes:
    output = tmp_path / "whole" / "rows.jsonl"
    assert main(["sample", str(problems), "--generator", model, *DRAW, "-o", str(output)]) == 0
    return output.read_bytes()


def test_rows_of_every_problem(model: str, problems: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "rows.jsonl"
    command = ["sample", str(problems), "--generator", model, *DRAW, "--greedy", "--keep-fields", "template"]
    assert main([*command, "-o", str(output)]) == 0
    asked, drawn = rows(problems), rows(output)
    assert [(row["id"], row["sample"]) for row in drawn] == [(row["id"], i) for row in asked for i in range(4)]
    assert [row["temperature"] for row in drawn[:4]] == [1.0, 1.0, 1.0, 0.0]
    assert {row["model"] for row in drawn} == {model}
    assert all(0 <= row["num_generated_tokens"] <= 8 for row in drawn)
    assert all(row["template"] and "program" not in row for row in drawn)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert f"{output}: 20 samples of 5 problems, " in captured.err
    assert main([*command, "-o", str(output)]) == 0
    assert "complete already; --overwrite samples again" in capfd.readouterr().err


def test_the_first_problems_only(model: str, problems: Path, whole: bytes, tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"
    assert main(["sample", str(problems), "--model", model, *DRAW, "--limit", "2", "-o", str(output)]) == 0
    assert whole.startswith(output.read_bytes())
    assert len(rows(output)) == 6


def test_stopping_leaves_every_vote_as_it_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With the embedded generator: the vote on a stopped file is that on the whole one."""
    problems, whole, stopped = (tmp_path / name for name in ("problems.jsonl", "whole.jsonl", "stopped.jsonl"))
    assert main(["data", "arith", "--split", "test", "--style", "fine", "--limit", "6", "-o", str(problems)]) == 0
    draw = ["sample", str(problems), "--generator", "embedded", "--n", "12", "--temperature", "1"]
    draw += ["--max-tokens", "200"]
    assert main([*draw, "-o", str(whole)]) == 0
    assert main([*draw, "--stop", "lossless", "-o", str(stopped)]) == 0
    assert "of all were needed" in capfd.readouterr().err
    assert len(rows(stopped)) < len(rows(whole)) == 72
    texts = {(row["id"], row["sample"]): row["generation"] for row in rows(whole)}
    assert all(texts[row["id"], row["sample"]] == row["generation"] for row in rows(stopped))
    assert main(["report", str(stopped), "-o", str(tmp_path / "report")]) == 0
    assert f"Rows of `quorum sample --stop`: {len(rows(stopped))}." in (tmp_path / "report" / "report.md").read_text()
    capfd.readouterr()
    answers = []
    for file in (whole, stopped):
        assert main(["rerank", str(file), "--strategy", "maj1", "--quiet"]) == 0
        answers.append([json.loads(line)["answer"] for line in capfd.readouterr().out.splitlines()])
    assert answers[0] == answers[1]
    assert main([*draw, "--stop", "beta:0.95", "-o", str(tmp_path / "no.jsonl")]) == 2
    assert "expected a stopping rule as lossless, anytime:0.05, budget:0.05" in capfd.readouterr().err


def test_a_killed_run_goes_on_to_the_same_bytes(model: str, problems: Path, whole: bytes, tmp_path: Path) -> None:
    """Killed after its first batch is on the disk, whatever it was doing then."""
    output = tmp_path / "rows.jsonl"
    command = ["sample", str(problems), "--generator", model, *DRAW, "-o", str(output)]
    part = output.with_name("rows.jsonl.part")
    program = (
        "import os, signal, sys\nfrom quorum.cli import main\nsync = os.fsync\n"
        f"def fsync(file):\n    sync(file)\n"
        f"    if any(name[:1] not in '.m' for name in os.listdir({str(part)!r})):\n"  # neither the manifest
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.fsync = fsync\nmain(sys.argv[1:])\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, *command], capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    (shard,) = part.glob("*.jsonl")
    assert shard.read_bytes() == b"".join(whole.splitlines(keepends=True)[:6])
    assert not output.exists()
    assert main(command) == 0
    assert output.read_bytes() == whole
    assert not part.exists()


def test_changed_settings_and_weights_are_refused(
    model: str, problems: Path, whole: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "whole" / "rows.jsonl"
    command = ["sample", str(problems), "--generator", model, *DRAW, "-o", str(output)]
    assert main([*command, "--top-p", "0.5"]) == 2
    assert "top_p 0.95 (now 0.5)" in capfd.readouterr().err
    other = save_tiny_model(tmp_path / "other", seed=1)
    assert main([*command, "--generator", str(other)]) == 2
    assert "weights " in capfd.readouterr().err
    assert output.read_bytes() == whole
    assert main([*command, "--top-p", "0.5", "--overwrite"]) == 0
    assert output.read_bytes() != whole


def test_examples(model: str, problems: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    examples, output = tmp_path / "examples.jsonl", tmp_path / "rows.jsonl"
    command = ["sample", str(problems), "--generator", model, *DRAW, "--examples", str(examples), "-o", str(output)]
    example = {"id": "e", "problem": "Ann has 2 pens. How many?", "expected_answer": "2"}
    examples.write_text(json.dumps(example))
    assert main(command) == 2
    assert "expected a solution in every example, found none in 'e'" in capfd.readouterr().err
    examples.write_text(json.dumps({**rows(problems)[1], "id": "leaked"}))
    assert main(command) == 2
    assert "expected other problems than those to solve, found 'leaked'" in capfd.readouterr().err
    examples.write_text(json.dumps({**example, "solution": "#### 2"}))
    assert main(command) == 0
    assert len(rows(output)) == 15


def test_a_problem_longer_than_the_context_does_not_stop_the_others(
    model: str, problems: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with problems.open("a") as file:
        file.write(json.dumps({"id": "long", "problem": "How many? " * 300, "expected_answer": "1"}) + "\n")
    output = tmp_path / "rows.jsonl"
    assert main(["sample", str(problems), "--generator", model, *DRAW, "-o", str(output)]) == 0
    failed = [row for row in rows(output) if row["finish_reason"] == "error"]
    assert [(row["id"], row["sample"]) for row in failed] == [("long", 0), ("long", 1), ("long", 2)]
    assert "shorten it" in failed[0]["error"]
    assert "3 failed" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--temperature", "0"], "all 3 samples are the same"),
        (["--generator", "./nothing"], "expected a model folder, found nothing"),
        (["--generator", "openai:http://127.0.0.1:9/v1#m"], "--device: expected a model that Quorum runs itself"),
        (["-o", "rows.csv"], "expected a name ending in .jsonl"),
    ],
)
def test_bad_input(
    change: list[str], said: str, model: str, problems: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["sample", str(problems), "--generator", model, *DRAW, "-o", str(tmp_path / "rows.jsonl")]
    assert main([*command, *change]) == 2
    assert said in capfd.readouterr().err


def test_an_evaluator_is_no_generator(problems: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    evaluator = save_tiny_model(tmp_path / "e", card=ModelCard(kind="evaluator"))
    assert main(["sample", str(problems), "--generator", str(evaluator), "-o", str(tmp_path / "rows.jsonl")]) == 2
    assert "expected a model trained as generator, found one trained as evaluator" in capfd.readouterr().err
