"""What README says works: its commands run, its table is what the demo prints, its paths exist."""

import os
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from reasoning.formats.registry import IMPORTERS
from rerank.strategies import STRATEGIES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# They prepare a checkout, and this test runs in one that is prepared; what they name must exist.
SET_UP = {"make demo", "make test", "source .venv/bin/activate"}


def bash_blocks() -> list[str]:
    """The fenced bash blocks, in order; a block of set-up lines is not among them."""
    blocks = re.findall(r"^```bash\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    return [block for block in blocks if not set(block.splitlines()) <= SET_UP]


def run(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block as a user would paste it, with this environment's `quorum` first in the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    command = ["bash", "-euo", "pipefail", "-c", block]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_commands_run_in_the_order_of_the_page(tmp_path: Path) -> None:
    blocks = bash_blocks()
    assert len(blocks) >= 5
    for block in blocks:
        done = run(block, tmp_path)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_what_it_prints_is_what_the_demo_prints(tmp_path: Path) -> None:
    section = README.split("## What it prints")[1].split("\n## ")[0]
    done = run("quorum demo", tmp_path)
    assert done.returncode == 0, done.stderr
    assert results(section) == results(done.stdout) != []


def results(text: str) -> list[str]:
    """The sentences and the table rows of a report."""
    return [line for line in text.splitlines() if line.startswith(("- ", "| "))]


@pytest.mark.parametrize("name", [*IMPORTERS, *STRATEGIES])
def test_every_importer_and_strategy_is_named(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)$", README, flags=re.MULTILINE))
def test_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, flags=re.MULTILINE)


def test_the_environment_is_where_make_puts_it() -> None:
    assert "source .venv/bin/activate" in README
    assert "VENV := .venv" in MAKEFILE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_paths_exist(page: Path) -> None:
    text = page.read_text()
    packages = "quorum|reasoning|generator|evaluator|rerank|server|recipes|benchmarks|docs|tests|scripts"
    named = re.findall(rf"`((?:{packages})/[\w./-]*)`", text)
    linked = re.findall(r"\]\(([\w./-]+)\)", text)
    missing = [p for p in named if not (ROOT / p).exists()]
    missing += [p for p in linked if not (page.parent / p).exists()]
    assert missing == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in declared}
    explained = (ROOT / "docs" / "dependencies.md").read_text()
    assert {name for name in names if f"| {name} |" not in explained} == set()
