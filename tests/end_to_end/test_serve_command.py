"""`quorum serve`, as a user types it: what cannot be served, and a real model from the command to the answer."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.scripted_server import START_TIMEOUT_S
from tests.tiny_models import save_tiny_model


def quorum_serve(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "quorum", "serve", "--port", "0", *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1", "QUORUM_SERVE_HISTORY__ENABLED": "false", **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--generator", "./nowhere"), "expected a model folder"),
        (
            ("--generator", "openai:http://a/v1#m", "--device", "cpu"),
            "device: expected a model that Quorum runs itself",
        ),
        (("--host", "0.0.0.0"), "expected API keys for 0.0.0.0"),
        (("--set", "max_activ=1"), "did you mean max_active"),
    ],
    ids=["model", "device", "keys", "setting"],
)
def test_what_cannot_be_served_is_said_at_once(arguments: tuple[str, ...], message: str) -> None:
    done = quorum_serve(*arguments)
    _, errors = done.communicate(timeout=START_TIMEOUT_S)
    assert done.returncode == 2
    assert message in errors


def test_a_model_that_cannot_be_loaded_ends_the_server(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"no weights")
    done = quorum_serve("--generator", str(folder))
    _, errors = done.communicate(timeout=START_TIMEOUT_S)
    assert done.returncode in (1, 2), errors


def test_a_real_model(tmp_path: Path) -> None:
    """From the command to the answer, with weights; the samples are those that `quorum solve` draws."""
    generator, evaluator = (str(save_tiny_model(tmp_path / kind, seed=i)) for i, kind in enumerate("ab"))
    serving = quorum_serve("--generator", generator, "--evaluator", evaluator)
    assert serving.stderr is not None
    try:
        url = serving.stderr.readline().split()[1]
        while httpx.get(f"{url}/readyz").status_code != 200:
            assert serving.poll() is None, serving.stderr.read()
            time.sleep(0.05)
        ask = {"question": "What is 2 + 3?", "n": 4, "max_tokens": 16, "return_candidates": True}
        fields = httpx.post(f"{url}/solve", json=ask, timeout=60).json()
        assert fields["usage"]["num_samples"] == 4
        assert fields["usage"]["prompt_tokens"] > 5
        assert fields["models"] == {"generator": generator, "evaluator": evaluator}
        long = httpx.post(f"{url}/solve", json={**ask, "question": "7 " * 2000}, timeout=60)
        assert long.status_code == 422
        assert "context" in long.json()["detail"]
    finally:
        serving.terminate()
        _, log = serving.communicate(timeout=60)
    assert "ready" in log.splitlines()
    assert serving.returncode == 0
    assert [json.loads(line)["status"] for line in log.splitlines() if '"route": "/solve"' in line] == [200, 422]
