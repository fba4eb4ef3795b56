"""The examples of docs/serving.md, run against a server."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]
RUNNERS = {
    "bash": ["bash", "-euc"],
    "python": [sys.executable, "-c"],
    "javascript": ["node", "--input-type=module", "-e"],
}
DOCUMENTED = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(bash|python|javascript)\n(.*?)^```", DOCUMENTED, re.MULTILINE | re.DOTALL)
SAID = {"bash": '"answer": "5"', "python": "5", "javascript": "5"}


def test_there_are_examples_in_all_languages() -> None:
    assert {language for language, _ in EXAMPLES} == set(RUNNERS)


@pytest.mark.parametrize(("language", "source"), EXAMPLES, ids=[f"{i} {name}" for i, (name, _) in enumerate(EXAMPLES)])
def test_example(language: str, source: str, server: ScriptedServer) -> None:
    program = "curl" if language == "bash" else RUNNERS[language][0]
    if shutil.which(program) is None:
        pytest.skip(f"no {program}")
    command = [*RUNNERS[language], source.replace("http://127.0.0.1:8000", server.url)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert SAID[language] in done.stdout
