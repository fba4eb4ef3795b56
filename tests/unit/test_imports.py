"""What is imported: no torch where none is needed, nothing heavy for help, only what pyproject.toml declares."""

import ast
import gzip
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from quorum.cli import COMMANDS
from quorum.embedded import DEMO_SAMPLES

ROOT = Path(__file__).parents[2]
PACKAGES = ("quorum", "server", "generator", "evaluator", "rerank", "reasoning")
PART_OF = {"pydantic-core": "pydantic"}  # released together, and documented as one
TRIPWIRE = """
import pathlib
pathlib.Path({marker!r}).touch()
raise ImportError("this path must not import torch")
"""


@pytest.fixture
def tripwire(tmp_path: Path) -> Path:
    """A torch that leaves a mark when anything imports it, the worker processes included."""
    (tmp_path / "fake" / "torch").mkdir(parents=True)
    marker = tmp_path / "imported"
    (tmp_path / "fake" / "torch" / "__init__.py").write_text(TRIPWIRE.format(marker=str(marker)))
    return marker


def quorum(tripwire: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the tripwire in place of torch."""
    environment = {**os.environ, "PYTHONPATH": str(tripwire.parent / "fake")}
    command = [sys.executable, "-m", "quorum", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tripwire.parent)


def test_the_tripwire_is_felt(tripwire: Path) -> None:
    quorum(tripwire, "env")
    assert tripwire.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "samples.jsonl", "-o", "report"),
        ("rerank", "samples.jsonl", "-o", "selections.jsonl"),
        ("compare", "samples.jsonl", "samples.jsonl"),
        ("import", "samples.jsonl", "-o", "rows.jsonl"),
        ("import", "samples.jsonl", "-o", "rows.parquet"),
        ("export", "samples.jsonl", "--to", "nemo-skills", "-o", "exported"),
    ],
    ids=" ".join,
)
def test_no_torch(tripwire: Path, arguments: tuple[str, ...]) -> None:
    five_problems = gzip.decompress(DEMO_SAMPLES.read_bytes()).splitlines(keepends=True)[: 5 * 32]
    (tripwire.parent / "samples.jsonl").write_bytes(b"".join(five_problems))
    done = quorum(tripwire, *arguments)
    assert done.returncode == 0, done.stderr
    assert not tripwire.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command: str) -> None:
    heavy = {
        "torch",
        "numpy",
        "matplotlib",
        "scipy",
        "sklearn",
        "sympy",
        "datasets",
        "pandas",
        "pyarrow",
        "transformers",
        "deepspeed",
        "latex2mathml",
        "yaml",
    }
    program = (
        "import sys\nfrom quorum.cli import main\n"
        f"try:\n    main([{command!r}, '--help'])\n"
        f"except SystemExit as end:\n    print({heavy!r} & set(sys.modules), end.code, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "set() 0\n"
    assert done.stdout.startswith(f"usage: quorum {command}")


def test_every_import_is_of_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for extra, lines in project["optional-dependencies"].items() if extra != "dev" for line in lines]
    declared = {normal(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in [*project["dependencies"], *extras]}
    distributions = packages_distributions()
    used = {normal(distributions.get(module, [module])[0]) for module in third_party_modules()}
    assert {PART_OF.get(name, name) for name in used} - declared == set()


def normal(distribution: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def third_party_modules() -> Iterator[str]:
    """The top-level modules, neither ours nor Python's, that our packages import anywhere."""
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module]
            else:
                continue
            tops = {name.partition(".")[0] for name in names}
            yield from tops - sys.stdlib_module_names - set(PACKAGES)


def test_every_package_is_installed() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    roots = {name.partition(".")[0] for name in listed}
    found = {
        str(p.parent.relative_to(ROOT)).replace("/", ".") for root in roots for p in (ROOT / root).rglob("__init__.py")
    }
    assert listed == found
