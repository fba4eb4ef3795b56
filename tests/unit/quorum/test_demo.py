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

from quorum.embedded import DEMO_SAMPLES
from reasoning.answers import Grade, extract_answer, grade
from reasoning.formats.rows import Row

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


def test_the_judge_is_informative_but_far_from_sure_to_be_right(rows: list[dict[str, Any]]) -> None:
    auroc = roc_auc_score([row["calculator_correct"] for row in rows], [row["reward_model_score"] for row in rows])
    assert 0.75 < auroc < 0.8
