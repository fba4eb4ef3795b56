"""Training an evaluator, scoring with it and calibrating it, from the command line; killed, each goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quorum.cli import main
from reasoning.formats import Row, read_rows
from reasoning.model_folder import ModelCard, read_card, write_card
from tests.graded_samples import write_samples
from tests.tiny_models import CONTEXT, save_tiny_model, tiny_model, tiny_tokenizer
from tests.tiny_server import TinyServer

RECIPE = """
model: {from: generator}
data: {paths: [samples.jsonl], references: samples.problems, max_candidates: 4}
loss: {cross_entropy: 1.0, steps: 0.5}
batch: {tokens: 1500}
run: {max_steps: 40, checkpoint_every: 1, log_every: 1}
"""
REMOTE = "openai:http://127.0.0.1:9/v1#none"
SCORE_REMOTE = ["score", "samples.jsonl", "--evaluator", REMOTE, "-o", "x.jsonl"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A generator, its samples, and a recipe, in the working folder."""
    monkeypatch.chdir(tmp_path)
    save_tiny_model(tmp_path / "generator", card=ModelCard(kind="generator"), max_position_embeddings=512)
    write_samples(tmp_path / "samples.jsonl", 30)
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path


def as_evaluator(folder: Path) -> None:
    write_card(ModelCard(kind="evaluator"), folder / "generator")


def test_training_killed_ends_with_the_same_bytes(folder: Path) -> None:
    command = ["train", "evaluator", "--config", "recipe.yaml", "-o"]
    process = subprocess.Popen(
        [sys.executable, "-m", "quorum", *command, "cut"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.DEVNULL,
    )
    while len(list((folder / "cut" / "checkpoints").glob("step-*"))) < 2 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert main([*command, "cut"]) == 0
    assert main([*command, "whole"]) == 0
    for name in ("model.safetensors", "quorum.json"):
        assert (folder / "cut" / "model" / name).read_bytes() == (folder / "whole" / "model" / name).read_bytes()


def test_train_and_score(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = ["train", "evaluator", "--config", "recipe.yaml", "--set", "run.max_steps=2", "-o", "run"]
    assert main(train) == 0
    assert capsys.readouterr().out == "run/model\n"
    score = ["score", "samples.jsonl", "--evaluator", "run/model", "-o", "scored.jsonl", "--limit", "3"]
    assert main(score) == 0
    assert "scored.jsonl: 24 rows scored" in capsys.readouterr().err
    rows = list(read_rows([folder / "scored.jsonl"]))
    assert len({row.id for row in rows}) == 3
    assert all(row.reward_model_score is not None and 0 < row.reward_model_score < 1 for row in rows)
    assert main(score) == 0
    assert "complete already" in capsys.readouterr().err
    assert main(["report", "scored.jsonl", "-o", "report"]) == 0


def test_score_in_bf16_tells_the_drift(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    as_evaluator(folder)
    arguments = ["samples.jsonl", "--evaluator", "generator", "-o", "scored.jsonl", "--precision", "bf16"]
    assert main(["score", *arguments, "--limit", "1"]) == 0
    assert "bf16 moves scores by at most 0." in capsys.readouterr().err


def test_a_solution_that_a_server_refuses_gets_no_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is alone in its problem, too."""
    texts = ["1 + 1 = 2\n#### 2", "1 " * CONTEXT, "1 + 1 = 3\n#### 3"]
    rows = [Row(id=f"p{i}", sample=0, problem="1 + 1?", generation=text) for i, text in enumerate(texts)]
    (tmp_path / "samples.jsonl").write_text("".join(row.to_json() + "\n" for row in rows))
    tokenizer = tiny_tokenizer()
    with TinyServer(tiny_model("llama", tokenizer), tokenizer, top=400).running() as server:
        score = ["score", str(tmp_path / "samples.jsonl"), "--evaluator", f"openai:{server.url}"]
        assert main([*score, "-o", str(tmp_path / "scored.jsonl")]) == 0
    assert "3 rows scored; 1 without a score since they are longer than the evaluator" in capsys.readouterr().err
    scored = read_rows([tmp_path / "scored.jsonl"])
    assert [row.reward_model_score is None for row in scored] == [False, True, False]
    assert '"precision": null' in (tmp_path / "scored.jsonl.settings").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "samples.jsonl", "--evaluator", "generator", "-o", "x.jsonl"], "trained as evaluator, found one"),
        (["score", "samples.jsonl", "--evaluator", "./nothing", "-o", "x.jsonl"], "expected a model folder, found"),
        (["score", "samples.jsonl", "--evaluator", "generator", "-o", "x.csv"], "found"),
        (
            [*SCORE_REMOTE, "--precision", "bf16"],
            f"--precision: expected a model that Quorum runs itself, found {REMOTE};",
        ),
        (
            [*SCORE_REMOTE, "--precision", "fp32", "--workers", "1"],
            "--precision: expected a model that Quorum runs itself",
        ),
        ([*SCORE_REMOTE, "--device", "cpu"], "--device: expected a model that Quorum runs itself"),
        (["calibrate", "samples.jsonl", "--evaluator", "generator"], "trained as evaluator, found one trained as"),
        (["train", "evaluator", "--config", "nothing.yaml", "-o", "run"], "expected a recipe to read"),
        (
            ["train", "evaluator", "--config", "recipe.yaml", "-o", "run", "--set", "loss.cros_entropy=1"],
            "did you mean",
        ),
    ],
)
def test_bad_input(folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "x.jsonl").exists()


def test_calibrate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    as_evaluator(folder)
    assert main(["score", "samples.jsonl", "--evaluator", "generator", "-o", "raw.jsonl", "--quiet"]) == 0
    calibrate = ["calibrate", "samples.jsonl", "--evaluator", "generator", "--workers", "1", "--risk", "0.9"]
    assert main(calibrate) == 0
    told = capsys.readouterr().err
    assert "raw:         Brier" in told
    assert "calibrated:  Brier" in told
    card = read_card(folder / "generator")
    assert card is not None
    assert card.calibration is not None
    assert card.calibration["num_problems"] == 30
    assert {"maj1", "w.rr.majk"} <= set(card.calibration["choices"])
    assert [t["risk"] for t in card.calibration["choices"]["maj1"]["thresholds"]] == [0.9]
    temperature = card.calibration["scores"]["temperature"]
    assert main(["score", "samples.jsonl", "--evaluator", "generator", "-o", "new.jsonl", "--quiet"]) == 0
    for before, after in zip(read_rows([folder / "raw.jsonl"]), read_rows([folder / "new.jsonl"]), strict=True):
        assert before.reward_model_score is not None
        assert after.reward_model_score is not None
        odds = (before.reward_model_score / (1 - before.reward_model_score)) ** (1 / temperature)
        assert after.reward_model_score == pytest.approx(odds / (1 + odds), rel=1e-4)
    assert main(["score", "samples.jsonl", "--evaluator", "generator", "-o", "raw2.jsonl", "--raw", "--quiet"]) == 0
    assert (folder / "raw.jsonl").read_bytes() == (folder / "raw2.jsonl").read_bytes()
