"""What `quorum env` finds on the machine it runs on."""

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from quorum.commands.env import (
    PURPOSES,
    Device,
    as_text,
    dependencies,
    device_text,
    inspect_environment,
    missing_packages,
    missing_programs,
)


def test_dependencies_are_the_declared_ones_with_the_extras_last() -> None:
    extras = dependencies()
    assert (extras["torch"], extras["vllm"], extras["pytest"]) == (None, "vllm", "dev")
    assert list(extras).index("torch") < list(extras).index("vllm")


def test_every_extra_has_its_purpose() -> None:
    assert set(dependencies().values()) <= set(PURPOSES)


def test_versions_are_the_installed_ones() -> None:
    environment = inspect_environment()
    assert environment.quorum == version("quorum-math")
    assert environment.versions["numpy"] == version("numpy")
    assert environment.python == platform.python_version()
    assert environment.devices[-1].name == "cpu"


def test_what_is_missing_comes_with_its_remedy() -> None:
    extras = {"numpy": None, "torch": None, "ray": "ray"}
    numpy, ray = missing_packages(extras, {"numpy": None, "torch": "2.4", "ray": None})
    assert (numpy.name, ray.name) == ("numpy", "ray")
    assert numpy.remedy.endswith("'.'")
    assert ray.remedy.endswith("'.[ray]'")


def test_programs_are_looked_for_in_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "chromium" in [program.name for program in missing_programs()]
    (tmp_path / "chromium").touch(mode=0o755)
    assert "chromium" not in [program.name for program in missing_programs()]


def test_the_text_names_every_dependency() -> None:
    environment = inspect_environment()
    text = as_text(environment)
    assert all(f"  {name} " in text for name in environment.versions)


def test_a_device_without_known_bf16_says_so() -> None:
    assert device_text(Device("cpu", "arm64", None, None)) == "cpu      arm64, bf16 unknown"
    assert device_text(Device("cuda:0", "GPU", 139.8, True)) == "cuda:0   GPU, 139.8 GiB, bf16 yes"


def test_json_is_json_and_only_torch_is_imported() -> None:
    program = (
        "import sys; from quorum.cli import main; main(['env', '--json']); "
        "print({'transformers', 'matplotlib', 'sklearn', 'datasets'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["devices"][-1]["name"] == "cpu"
    assert done.stderr == "set()\n"
