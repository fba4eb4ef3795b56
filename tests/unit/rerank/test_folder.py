"""A report's folder holds one report, whatever fails while another is written into it."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reasoning.answers.policy import Policy
from reasoning.errors import InputError
from reasoning.formats.rows import Row
from rerank.folder import MARKDOWN, PAGE, PER_PROBLEM, REPORT, write_folder
from rerank.grading import grade_rows
from rerank.report import build_report, estimate_all

NAMES = (PER_PROBLEM, MARKDOWN, PAGE, REPORT)


def write(folder: Path, answer: str, **source: Any) -> None:
    rows = [Row(id="p", sample=i, expected_answer="1", predicted_answer=answer) for i in range(3)]
    graded = grade_rows(rows, workers=1)
    estimates = estimate_all(graded)
    report = build_report(graded, estimates, policy=Policy(), source=source)
    write_folder(folder, report, graded=graded, estimates=estimates)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_four_files_and_no_other(tmp_path: Path) -> None:
    for answer in ("1", "2"):
        write(tmp_path / "out", answer)
        assert sorted(contents(tmp_path / "out")) == sorted(NAMES)
    lines = (tmp_path / "out" / PER_PROBLEM).read_text().splitlines()
    assert [json.loads(line)["num_correct"] for line in lines] == [0]
    assert (tmp_path / "out" / PER_PROBLEM).read_bytes().endswith(b"}\n")


def test_what_cannot_be_written_leaves_the_old_report(tmp_path: Path) -> None:
    write(tmp_path, "1")
    before = contents(tmp_path)
    with pytest.raises(TypeError):
        write(tmp_path, "2", models=object())  # JSON has no such thing
    assert contents(tmp_path) == before


def test_a_place_that_is_taken_leaves_the_others(tmp_path: Path) -> None:
    write(tmp_path, "1")
    (tmp_path / PAGE).unlink()
    (tmp_path / PAGE).mkdir()
    before = contents(tmp_path)
    with pytest.raises(InputError, match="found a folder"):
        write(tmp_path, "2")
    assert contents(tmp_path) == before


def failing_at(call: int) -> Callable[..., None]:
    """`os.replace` whose n-th call fails, as on a disk that goes away."""
    replace, num_calls = os.replace, 0

    def replace_or_fail(source: str, target: str) -> None:
        nonlocal num_calls
        num_calls += 1
        if num_calls == call:
            raise OSError(5, "Input/output error")
        replace(source, target)

    return replace_or_fail


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_two_reports_never_mix_unnoticed(call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where some files are new and some old, there is no report.json, and so no report."""
    write(tmp_path, "1")
    monkeypatch.setattr(os, "replace", failing_at(call))
    with pytest.raises(OSError, match="Input/output"):
        write(tmp_path, "2")
    assert sorted(contents(tmp_path)) == sorted({*NAMES} - {REPORT})
