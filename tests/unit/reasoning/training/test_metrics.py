"""Metrics: lines of steps that are taken again are dropped; progress is told with rate and time left."""

import json
from pathlib import Path

import pytest
import torch

from reasoning.training.metrics import Metrics
from reasoning.training.processes import Place
from reasoning.training.run_folder import RunFolder

FIRST = Place(rank=0, num_ranks=1, device=torch.device("cpu"))


def test_a_resumed_run_drops_later_lines(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with Metrics(folder, FIRST, first_step=0, num_steps=9) as metrics:
        for step in (1, 2, 3):
            metrics.write(step, {"loss": 1.0 / step})
    with folder.metrics.open("a") as file:
        file.write('{"step": 4, "lo')
    with Metrics(folder, FIRST, first_step=2, num_steps=9) as metrics:
        metrics.write(3, {"loss": 9.0})
    lines = [json.loads(line) for line in folder.metrics.read_text().splitlines()]
    assert lines == [{"step": 1, "loss": 1.0}, {"step": 2, "loss": 0.5}, {"step": 3, "loss": 9.0}]
    assert list(folder.tensorboard.iterdir())


def test_other_processes_are_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = Place(rank=1, num_ranks=2, device=torch.device("cpu"))
    with Metrics(RunFolder(tmp_path), second, first_step=0, num_steps=1) as metrics:
        metrics.count(10)
        metrics.write(1, {"loss": 1.0})
        metrics.show(1, "loss 1")
        metrics.say("done")
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == ""


def test_progress_on_plain_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Metrics(RunFolder(tmp_path), FIRST, first_step=0, num_steps=2) as metrics:
        for step in (1, 2):
            assert metrics.count(1000) > 0
            metrics.show(step, "loss 1.5")
    assert capsys.readouterr().err == "step 2/2  loss 1.5  0:00:00 left\n"
