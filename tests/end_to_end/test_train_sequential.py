"""`quorum train sequential`, from the recipe to the comparison, with a model of a few thousand weights."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from quorum.cli import main

RECIPE = """
generator:
  model: {architecture: llama, hidden_size: 32, num_layers: 1, num_heads: 2, max_position_embeddings: 128}
  tokenizer: {vocab_size: 480}
  data: [{path: train.jsonl}]
  validation: {path: validation.jsonl, limit: 4, every: 24, max_tokens: 4}
  batch: {tokens: 1024}
  optimizer: {lr: 1.0e-2, warmup_steps: 2}
  run: {max_steps: 24, checkpoint_every: 8}
samples: {problems: other.jsonl, num_samples: 6, temperature: 1.0, max_tokens: 6}
evaluator:
  data: {pairs: 4}
  loss: {cross_entropy: 1.0}
  batch: {tokens: 1024}
  optimizer: {lr: 3.0e-3, warmup_steps: 1}
  run: {max_steps: 3, checkpoint_every: 2}
again: {max_steps: 4, optimizer: {lr: 1.0e-3, warmup_steps: 1}, validate_every: 4}
test: {problems: test.jsonl, num_samples: 6, temperature: 1.0, max_tokens: 6}
"""
COMMAND = ["train", "sequential", "--config", "recipe.yaml", "-o", "out"]
# The kill comes when the evaluator takes its last step.
KILLED = """
import os, signal, sys
import evaluator.train
from quorum.cli import main
take_step = evaluator.train._take_step
def last_step(run, step, groups, lr):
    if step == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return take_step(run, step, groups, lr)
evaluator.train._take_step = last_step
main(sys.argv[1:])
"""


def write_problems(path: Path, numbers: Iterable[int]) -> None:
    """Problems whose answers a model of this size is right about half the time."""
    with path.open("w") as file:
        for number in numbers:
            row = {"id": f"p{number}", "problem": f"Is {number} odd?", "expected_answer": str(number % 2)}
            file.write(json.dumps({**row, "solution": f"#### {number % 2}"}) + "\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    for name, numbers in (("train", range(100)), ("validation", range(100, 104)), ("other", range(200, 216))):
        write_problems(tmp_path / f"{name}.jsonl", numbers)
    write_problems(tmp_path / "test.jsonl", range(300, 310))
    return tmp_path


def results(folder: Path) -> dict[str, bytes]:
    """Every stage's result, and what stands in the run's own folder."""
    out = folder / "out"
    patterns = ("*.md", "*.json", "*.yaml", "stages/*/model/*.safetensors", "stages/*/*.jsonl")
    paths = [path for pattern in patterns for path in out.glob(pattern) if path.name != "metrics.jsonl"]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


def test_a_killed_sequence_ends_as_one_that_was_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, *COMMAND], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert main(COMMAND) == 0
    said = capsys.readouterr()
    assert "[2/9] samples: reused, same settings and inputs" in said.err
    assert "[3/9] evaluator: runs, going on where it was cut off" in said.err
    assert said.out == f"{next(Path('out/stages').glob('sequence-*'))}/model\n"
    assert "the sequence " in said.err.lower()
    killed = results(folder)

    (folder / "out").rename(folder / "killed")
    assert main(COMMAND) == 0
    assert results(folder) == killed
    assert len(killed) == 11  # four models, four files of samples, comparison.md and .json, the recipe
    check_comparison(json.loads(killed["comparison.json"]))
    capsys.readouterr()

    assert main([*COMMAND, "--set", "evaluator.run.max_steps=4"]) == 0
    said = capsys.readouterr()
    assert "[3/9] evaluator: runs, run.max_steps: 3, now 4" in said.err
    assert [line.split()[1] for line in said.err.splitlines() if "reused" in line] == [
        "generator:",
        "samples:",
        "control:",
        "test-control:",
        "test-generator:",
    ]


def check_comparison(content: dict[str, list[dict[str, object]]]) -> None:
    assert [(c["a"], c["b"]) for c in content["comparisons"]] == [
        ("sequence", "control"),
        ("sequence", "generator"),
        ("control", "generator"),
    ]
    metrics = content["comparisons"][0]["metrics"]
    assert isinstance(metrics, list)
    assert [(m["name"], m["n"]) for m in metrics] == [("pass", 1), ("mean", 1), ("pass", 6), ("maj1", 6)]
    assert all(m["low"] <= m["difference"] <= m["high"] for m in metrics)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("evaluator.model.from=elsewhere", "expected no `model`, since it starts from the generator"),
        ("evaluator.data.paths=[mine.jsonl]", "expected no `data.paths`, since it learns from `samples`"),
        ("evaluator.validation.every=2", "expected `validation_samples` for `evaluator.validation`"),
        ("again.steps=3", "expected a known setting, found again.steps"),
        ("test.temperature=0", "test.temperature"),
        ("generator.data.0.path=nowhere.jsonl", "nowhere.jsonl: expected a file or a folder to read"),
    ],
)
def test_a_recipe_that_makes_no_sense(
    override: str, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, "--set", override]) == 2
    assert message in capsys.readouterr().err


def test_another_run_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "recipe.yaml").write_text("of another run")
    assert main(COMMAND) == 2
    assert "expected an empty folder or one of a sequence" in capsys.readouterr().err
    assert (folder / "out" / "recipe.yaml").read_text() == "of another run"


def test_the_recipe_that_is_written_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from quorum.pipelines.sequential.recipe import SequentialRecipe
    from reasoning.config import load_recipe, write_recipe

    recipe = load_recipe(SequentialRecipe, folder / "recipe.yaml", ["evaluator.data.disjoint_from=[test.jsonl]"])
    write_recipe(recipe, folder / "written.yaml")
    assert load_recipe(SequentialRecipe, folder / "written.yaml") == recipe


def test_the_evaluator_learns_nothing_of_the_test(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_problems(folder / "test.jsonl", range(210, 220))
    assert main([*COMMAND, "--set", "generator.run.max_steps=8", "--set", "generator.validation=null"]) == 2
    assert "expected no problem of test.jsonl in" in capsys.readouterr().err
