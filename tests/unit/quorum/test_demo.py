"""The sample file that ships with Quorum, and the command that shows it."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import roc_auc_score

from quorum import load
from quorum.cli import main
from quorum.commands import demo
from quorum.embedded import DEMO_SAMPLES
from reasoning.answers import Grade, extract_answer, grade
from reasoning.formats.rows import Row
from reasoning.model_folder import ModelCard
from tests.tiny_models import save_tiny_model

RECIPE = Path(__file__).parents[3] / "recipes" / "demo_samples.py"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(DEMO_SAMPLES.read_bytes()).splitlines()]


def test_the_recipe_makes_the_shipped_file(tmp_path: Path) -> None:
    made = tmp_path / "samples.jsonl.gz"
    subprocess.run([sys.executable, RECIPE, "-o", made], check=True)
    # The rows, not the compressed bytes: those may differ between builds of zlib.
    assert gzip.decompress(made.read_bytes()) == gzip.decompress(DEMO_SAMPLES.read_bytes())


def test_another_seed_makes_other_rows_and_no_time_is_recorded(tmp_path: Path) -> None:
    made = tmp_path / "samples.jsonl.gz"
    subprocess.run([sys.executable, RECIPE, "-o", made, "--seed", "1"], check=True)
    assert gzip.decompress(made.read_bytes()) != gzip.decompress(DEMO_SAMPLES.read_bytes())
    assert made.read_bytes()[4:8] == DEMO_SAMPLES.read_bytes()[4:8] == bytes(4)


def test_the_file_is_small_and_says_what_it_is(rows: list[dict[str, Any]]) -> None:
    assert len(DEMO_SAMPLES.read_bytes()) < 1_000_000
    assert {row["model"] for row in rows} == {"seeded calculator with slips (not a language model)"}
    assert {row["evaluator"] for row in rows} == {"seeded noisy judge (not a trained evaluator)"}


def test_rows_are_canonical_with_32_samples_a_problem(rows: list[dict[str, Any]]) -> None:
    keys = [Row.model_validate(row).key for row in rows]
    assert len(set(keys)) == len(keys)
    assert set(Counter(problem for problem, _ in keys).values()) == {32}
    assert len({problem for problem, _ in keys}) == len({row["problem"] for row in rows}) == 200


def test_grading_agrees_with_what_the_calculator_knows(rows: list[dict[str, Any]]) -> None:
    """Only finished solutions: one cut short may end by chance in the right number."""
    wrong = [
        (row["generation"], row["expected_answer"])
        for row in rows
        if row["finish_reason"] == "stop"
        and (grade(candidate=extract_answer(row["generation"]), expected=row["expected_answer"]) is Grade.EQUAL)
        != row["calculator_correct"]
    ]
    assert wrong == []


def test_some_solutions_have_no_answer(rows: list[dict[str, Any]]) -> None:
    cut = [row for row in rows if row["finish_reason"] == "length"]
    assert any(extract_answer(row["generation"]) is None for row in cut)


def test_without_embedded_models_it_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(load, "EMBEDDED_MODELS", tmp_path)
    assert main(["demo", "-o", str(tmp_path / "report")]) == 0
    text = capfd.readouterr().out
    assert "# 200 problems, 32 samples each" in text
    assert "solved by the embedded models" not in text


def test_with_embedded_models_it_solves_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    save_tiny_model(tmp_path / "generator", card=ModelCard(kind="generator", demonstration="Only a demonstration."))
    save_tiny_model(tmp_path / "evaluator", card=ModelCard(kind="evaluator"))
    monkeypatch.setattr(load, "EMBEDDED_MODELS", tmp_path)
    assert main(["demo", "-o", str(tmp_path / "report")]) == 0
    report, solved = capfd.readouterr().out.split("# A word problem, solved by the embedded models")
    assert "# 200 problems, 32 samples each" in report
    assert solved.startswith(f"\n\n{demo.QUESTION}\n")
    assert "\n32 samples, " in solved
    assert "Note: Only a demonstration." in solved
    assert solved.endswith(f"Expected answer: {demo.EXPECTED}\n")
    assert not [line for line in solved.splitlines() if line.startswith(("- ", "| "))]  # as the report's results do


def test_the_answer_to_the_question_is_known() -> None:
    felix = 46 - 12
    assert grade(candidate=str(felix + felix // 2 - 20), expected=demo.EXPECTED) is Grade.EQUAL


def test_the_judge_is_informative_but_far_from_sure_to_be_right(rows: list[dict[str, Any]]) -> None:
    auroc = roc_auc_score([row["calculator_correct"] for row in rows], [row["reward_model_score"] for row in rows])
    assert 0.75 < auroc < 0.8
