"""`quorum train`: a recipe and its overrides in, the model's folder out."""

from pathlib import Path

import pytest

from quorum.cli import main
from reasoning.problems.arith import arith_problems
from tests.tiny_models import save_tiny_model

RECIPE = """
model: {from: start}
data: [{path: train.jsonl}]
batch: {tokens: 2048}
run: {max_steps: 1000}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.jsonl").write_text("".join(row.to_json() + "\n" for row in arith_problems("train", limit=20)))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    save_tiny_model(tmp_path / "start", max_position_embeddings=512)
    return tmp_path


def train(*overrides: str) -> int:
    settings = [argument for override in overrides for argument in ("--set", override)]
    return main(["train", "ssft", "--config", "recipe.yaml", *settings, "-o", "run"])


def test_it_trains_and_names_the_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert train("run.max_steps=2", "optimizer.lr=0.01") == 0
    printed = capsys.readouterr()
    assert printed.out == "run/model\n"
    assert "step 2/2  loss " in printed.err
    assert " tokens/s  0:00:00 left\n" in printed.err
    assert "lr: 0.01\n" in (folder / "run" / "recipe.yaml").read_text()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "optimizer.learning=1",
            "quorum: recipe.yaml: expected a known setting, found optimizer.learning; known are lr",
        ),
        ("model.form=x", "found model.form; did you mean from?"),
        ("run.precision=fp8", "run.precision: expected 'fp32' or 'bf16'"),
        ("data.0.path=none.jsonl", "none.jsonl: expected a file or a folder, found nothing there"),
    ],
)
def test_mistakes_are_bad_input(override: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(override) == 2
    assert message in capsys.readouterr().err


def test_another_recipe_in_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("run.max_steps=1") == 0
    assert train("run.max_steps=1", "seed=5") == 2
    assert "found seed: 0, now 5; go on with the old setting" in capsys.readouterr().err
