"""No command writes over a file that it reads."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from quorum.cli import main

ROW = {"id": "a", "sample": 0, "problem": "What is 1 + 1?", "expected_answer": "2", "generation": "The answer is 2."}
COMMANDS = [
    "import {file} -o {same}",
    "import {folder} -o {same}",
    "export {file} --to lists -o {same}",
    "rerank {file} -o {same}",
    "score {file} --evaluator missing -o {same}",
    "score {file} --evaluator missing -o {same} --overwrite",
    "sample {file} --generator missing -o {same} --overwrite",
    "sample missing.jsonl {file} --generator missing -o {same}",
    "sample {other} --examples {file} --generator missing -o {same}",
    "solve -i {file} -o {same}",
    "data {file} -o {same}",
    "data gsm8k -i {file} -o {same}",
    "data arith --limit 1 --disjoint-from {file} -o {same}",
    "data arith --limit 1 --disjoint-from {file} --manifest {same}",
]


def write(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(ROW) + "\n")
    return path


def is_refused(arguments: Sequence[str], file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file.read_bytes()
    assert main(arguments) == 2
    assert "expected another file to write than those that are read" in capsys.readouterr().err
    assert file.read_bytes() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_an_output_that_is_read_is_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also under another name."""
    file, other = write(tmp_path / "rows" / "rows.jsonl"), write(tmp_path / "other.jsonl")
    link = tmp_path / "link.jsonl"
    link.symlink_to(file)
    (tmp_path / "missing.jsonl").touch()
    command = command.replace("missing.jsonl", str(tmp_path / "missing.jsonl"))
    for same in (file, link):
        arguments = command.format(file=file, folder=file.parent, other=other, same=same).split()
        is_refused(arguments, file, capsys)
    assert link.is_symlink()


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("report {folder}/report.md -o {folder}", "report.md"),
        ("plan {folder}/plan.json -o {folder}", "plan.json"),
        ("export {folder} --to nemo-skills -o {folder}", "output-rs0.jsonl"),
    ],
)
def test_a_folder_in_which_a_file_is_read_is_refused(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / name)
    is_refused(command.format(folder=tmp_path).split(), file, capsys)


def test_standard_input_from_the_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, before = write(tmp_path / "rows.jsonl"), os.dup(0)
    try:
        with file.open() as stdin:
            os.dup2(stdin.fileno(), 0)
            is_refused(["import", "-", "-o", str(file)], file, capsys)
    finally:
        os.dup2(before, 0)
        os.close(before)


def test_a_device_may_be_read_and_written() -> None:
    assert main(["export", os.devnull, "--to", "lists", "-o", os.devnull, "--skip-bad-rows"]) == 0
