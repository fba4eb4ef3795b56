"""`quorum train self-training`, from the recipe to the analysis, with a model of a few thousand weights."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from quorum.cli import main

RECIPE = """
method: rest-em
supervised: &training
  model: {architecture: llama, hidden_size: 32, num_layers: 1, num_heads: 2, max_position_embeddings: 128}
  tokenizer: {vocab_size: 480}
  data: [{path: train.jsonl}]
  batch: {tokens: 1024}
  optimizer: {lr: 1.0e-2, warmup_steps: 2}
  run: {max_steps: 24, checkpoint_every: 24}
problems: problems.jsonl
rounds: 2
sampling: {num_samples: 6, temperature: 1.0, max_tokens: 6, problems_per_call: 4}
training:
  batch: {tokens: 1024}
  optimizer: {lr: 1.0e-2, warmup_steps: 2}
  run: {max_steps: 6, checkpoint_every: 2}
validation: {problems: validation.jsonl, num_samples: 2, temperature: 1.0, max_tokens: 6}
test: {problems: test.jsonl, num_samples: 4, temperature: 1.0, max_tokens: 6}
"""
COMMAND = ["train", "self-training", "--config", "recipe.yaml", "-o", "out"]
# Killed at so many samples, or when so many steps were taken
KILLED = """
import os, signal, sys
import generator.ssft.train
from quorum.cli import main
from quorum.progress import Progress
samples, steps = int(sys.argv[1]), int(sys.argv[2])
add, take_step = Progress.add, generator.ssft.train._take_step
def count_samples(*args, **more):
    global samples
    samples -= 1
    if samples == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    add(*args, **more)
def count_steps(*args):
    global steps
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return take_step(*args)
Progress.add, generator.ssft.train._take_step = count_samples, count_steps
main(sys.argv[3:])
"""


def write_problems(path: Path, numbers: Iterable[int], *, program: bool = False) -> None:
    """Problems whose answers a model of this size is right about half the time."""
    with path.open("w") as file:
        for number in numbers:
            row = {"id": f"p{number}", "problem": f"Is {number} odd?", "expected_answer": str(number % 2)}
            solution = f"answer={number % 2}" if program else f"#### {number % 2}"
            file.write(json.dumps({**row, "solution": solution}) + "\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    for name, numbers in (("train", range(100)), ("problems", range(200, 216)), ("validation", range(100, 108))):
        write_problems(tmp_path / f"{name}.jsonl", numbers)
    write_problems(tmp_path / "test.jsonl", range(300, 312))
    return tmp_path


def results(folder: Path) -> dict[str, bytes]:
    """Every stage's result, and what stands in the run's own folder."""
    out = folder / "out"
    patterns = ("*.md", "*.json", "*.yaml", "stages/*/model/*.safetensors", "stages/*/*.jsonl")
    paths = [path for pattern in patterns for path in out.glob(pattern) if path.name != "metrics.jsonl"]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


def killed(*, samples: int = 0, steps: int = 0) -> str:
    """What a run said until it was killed."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(samples), str(steps), *COMMAND], capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stderr


def test_killed_twice_it_ends_as_one_that_was_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    killed(samples=8 * 2 + 12 * 5 + 2 * 24 + 5)  # in the third batch of four of the first round
    said = killed(steps=6 + 5)  # in the training of the second round
    assert "[1/5] round-1-samples: runs, going on where it was cut off" in said
    assert main(COMMAND) == 0
    captured = capsys.readouterr()
    assert "round 2 of 2\n[1/5] round-2-samples: reused" in captured.err
    assert "[3/5] round-2-model: runs, going on where it was cut off" in captured.err
    assert "going on after step 4 of 6" in captured.err
    after_kills = results(folder)

    (folder / "out").rename(folder / "killed")
    assert main(COMMAND) == 0
    assert capsys.readouterr().out == captured.out
    assert results(folder) == after_kills
    assert len(after_kills) == 3 + 3 + 6 + 4  # what is in the folder, models, samples to evaluate, samples and kept
    check(folder, json.loads(after_kills["analysis.json"]), capsys)


def check(folder: Path, analysis: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    rounds = analysis["rounds"]
    assert isinstance(rounds, list)
    assert [each["round"] for each in rounds] == [0, 1, 2]
    for each in rounds[1:]:
        assert each["samples"]["rows"] == 96
        assert each["kept"]["rows"] == each["kept"]["correct"] <= each["samples"]["correct"]
        assert each["kept"]["problems"] == each["samples"]["solved"]
        samples = folder / "out" / each["files"]["samples"]
        assert main(["report", str(samples), "-o", "report"]) == 0  # every round's data are sample rows
    assert json.loads((folder / "report" / "report.json").read_bytes())["num_problems"] == 16


EVERYTHING = """
start: previous
sample_every: 1
problems_per_round: 10
trials: {by: uniform, num_correct: 3, most_samples: 6}
hint: "{problem} (It is {answer}.)"
grading: program
keep: {per_problem: 4, thresholds: [0.0], weight_temperature: 0.5, distinct: text}
seen: {problems: problems.jsonl, limit: 8, num_samples: 2, temperature: 1.0, max_tokens: 8}
transfer: {problems: other.jsonl, num_samples: 2, temperature: 1.0, max_tokens: 8}
"""


def test_all_settings_at_once_on_programs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, numbers in (("train", range(100)), ("problems", range(200, 216)), ("other", range(1300, 1306))):
        write_problems(folder / f"{name}.jsonl", numbers, program=True)
    recipe = RECIPE.replace("method: rest-em", "").replace("num_samples: 6", "num_samples: 2")
    (folder / "recipe.yaml").write_text(recipe.replace("max_tokens: 6", "max_tokens: 8") + EVERYTHING)
    assert main([*COMMAND, "--set", "rounds=1", "--set", "validation=null"]) == 0
    analysis = json.loads((folder / "out" / "analysis.json").read_bytes())
    first = analysis["rounds"][1]
    assert first["samples"]["problems"] == 10
    assert 20 <= first["samples"]["rows"] <= 60
    assert analysis["chosen_round"] == 1
    assert analysis["transfer"][0]["name"] == "mean"
    assert first["gap"]["low"] <= first["gap"]["value"] <= first["gap"]["high"]
    rows = read(folder / "out" / first["files"]["samples"])
    assert all(row["language"] == "python" for row in rows)
    right = [row for row in rows if row["generation"] == f"answer={row['expected_answer']}"]
    assert right
    assert all(row["symbolic_correct"] and row["predicted_answer"] == row["expected_answer"] for row in right)
    kept = read(folder / "out" / first["files"]["kept"])
    assert {row["problem"][-5:] for row in kept} == {" odd?"}  # also of what was written with a hint
    (weighted,) = folder.glob("out/stages/round-1-weighted-*/weighted.jsonl")
    assert abs(len(read(weighted)) - len(kept)) <= 1
    assert "## Another family of problems" in (folder / "out" / "analysis.md").read_text()


WRITER = """
model: {architecture: llama, hidden_size: 48, num_layers: 1, num_heads: 2, max_position_embeddings: 128}
tokenizer: {vocab_size: 480}
data: [{path: train.jsonl, fields: {problem: solution, solution: problem}}]
batch: {tokens: 1024}
optimizer: {lr: 1.0e-2, warmup_steps: 2}
run: {max_steps: 60, checkpoint_every: 60}
"""


def test_new_problems_are_written_verified_and_learned(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, numbers in (("train", range(100)), ("problems", range(200, 216))):
        write_problems(folder / f"{name}.jsonl", numbers, program=True)
    (folder / "writer.yaml").write_text(WRITER)
    assert main(["train", "ssft", "--config", "writer.yaml", "-o", "writer"]) == 0
    more = """
grading: program
back_translation: {writer: writer/model, per_problem: 2, num_samples: 4, max_tokens: 24, agreement: 0.5}
"""
    (folder / "recipe.yaml").write_text(RECIPE.replace("max_tokens: 6", "max_tokens: 8") + more)
    changes = ["validation=null", "rounds=1", "supervised.run.max_steps=80"]
    assert main([*COMMAND, *(part for change in changes for part in ("--set", change))]) == 0
    first = json.loads((folder / "out" / "analysis.json").read_bytes())["rounds"][1]
    (path,) = folder.glob("out/stages/round-1-questions-*/problems.jsonl")
    problems = {row["id"]: row for row in read(path)}
    assert 0 < len(problems) == first["written"]["problems"]
    known = {row["problem"] for name in ("problems", "test") for row in read(folder / f"{name}.jsonl")}
    assert not known & {row["problem"] for row in problems.values()}
    kept = [row for row in read(folder / "out" / first["files"]["kept"]) if row["id"] in problems]
    assert kept
    for row in kept:
        assert row["symbolic_correct"]
        assert row["problem"] == problems[row["id"]]["problem"]
        assert row["expected_answer"] == problems[row["id"]]["expected_answer"]


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["test.problems=problems.jsonl"], "expected no problem of problems.jsonl in problems.jsonl, found 16"),
        (["problems=nowhere.jsonl"], "nowhere.jsonl"),
        (["grading=tests", "keep.per_problem=x"], "keep.per_problem"),
        (["round=3"], "expected a known setting, found round; did you mean rounds?"),
    ],
)
def test_a_run_that_cannot_start(
    overrides: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, *(part for override in overrides for part in ("--set", override))]) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "out" / "stages").exists()


def test_nothing_to_learn_from_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_problems(folder / "problems.jsonl", [200])
    text = (folder / "problems.jsonl").read_text().replace('"expected_answer": "0"', '"expected_answer": "no number"')
    (folder / "problems.jsonl").write_text(text)
    assert main([*COMMAND, "--set", "validation=null", "--set", "supervised.run.max_steps=2"]) == 1
    assert (
        "round 1: expected samples to learn from, found none of 6 with a reward of 1 or more" in capsys.readouterr().err
    )
