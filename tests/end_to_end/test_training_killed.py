"""Training that is killed at any moment ends, run again, with the weights of a run that was left alone."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from reasoning.problems.arith import arith_problems

GONE_S = 300  # a limit for a machine that hangs
NUM_KILLS = 8
STEPS = 12

# Imports once, then forks: each child trains in the folder and kills itself at a moment among those where a run
# touches the disk or takes a step, until one is left to the end.
TRAIN_UNDER_FIRE = """
import json, os, signal, sys
from pathlib import Path
from generator.ssft import train as module
from generator.ssft.recipe import SsftRecipe
from reasoning.config import load_recipe

def armed(function, moment):
    def call(*args, **kwargs):
        moment[0] -= 1
        if moment[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call

def child(moment):
    for name in ("fsync", "replace", "unlink", "rmdir", "mkdir"):
        setattr(os, name, armed(getattr(os, name), moment))
    module.seed_step = armed(module.seed_step, moment)
    module.train(load_recipe(SsftRecipe, Path("recipe.yaml")), Path(sys.argv[1]))
    os._exit(0)

statuses = []
for kill in json.loads(sys.argv[2]):
    pid = os.fork()
    if not pid:
        child([kill])
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(json.dumps(statuses))
"""

RECIPE = {
    "model": {"architecture": "llama", "hidden_size": 32, "num_layers": 2, "num_heads": 2},
    "tokenizer": {"vocab_size": 400},
    "data": [{"path": "train.jsonl"}],
    "validation": {"path": "validation.jsonl", "every": 4, "limit": 2, "max_tokens": 2},
    "batch": {"tokens": 2048, "micro_tokens": 1024},
    "run": {"max_steps": STEPS, "log_every": 1, "checkpoint_every": 2},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    for name, rows in (
        ("train", arith_problems("train", limit=80)),
        ("validation", arith_problems("validation", limit=2)),
    ):
        (folder / f"{name}.jsonl").write_text("".join(row.to_json() + "\n" for row in rows))
    (folder / "recipe.yaml").write_text(json.dumps(RECIPE))
    return folder


def train(folder: Path, run: str, kills: list[int]) -> list[int]:
    """The exit codes of children that kill themselves at the given moments; 0 is never."""
    done = subprocess.run(
        [sys.executable, "-c", TRAIN_UNDER_FIRE, run, json.dumps(kills)],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
        timeout=GONE_S,
    )
    assert done.returncode == 0, done.stderr
    codes: list[int] = json.loads(done.stdout.splitlines()[-1])
    return codes


def test_killed_at_random_moments(folder: Path) -> None:
    assert train(folder, "whole", [0]) == [0]
    moments = random.Random(7)
    kills = [moments.randrange(1, 60) for _ in range(NUM_KILLS)]
    codes = train(folder, "killed", [*kills, 0])
    assert codes[-1] == 0
    assert codes.count(-9) >= NUM_KILLS // 2, codes
    for name in ("model/model.safetensors", "model/config.json", "model/tokenizer.json", "model/quorum.json"):
        assert (folder / "killed" / name).read_bytes() == (folder / "whole" / name).read_bytes(), name
    assert sorted(path.name for path in (folder / "killed").iterdir()) == sorted(
        path.name for path in (folder / "whole").iterdir()
    )
    assert losses(folder / "killed") == losses(folder / "whole")
    assert len(losses(folder / "whole")) == STEPS


def losses(run: Path) -> dict[int, float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}
