"""`quorum plan` and `quorum report --stopping` on files."""

import json
import os
from pathlib import Path

import pytest

from quorum.cli import main

REAL = Path(os.environ.get("QUORUM_TEST_DATA", "/nowhere")) / "samples" / "gsm8k_gpt3_k4.jsonl.gz"


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """Thirty problems, six scored samples each; every third problem is voted wrong."""
    path = tmp_path / "samples.jsonl"
    with path.open("w") as file:
        for i in range(30):
            answers = [1, 1, 1, 1, 0, 2] if i % 3 == 0 else [0, 0, 0, 0, 0, 1]
            for sample, answer in enumerate(answers):
                row = {
                    "id": f"p{i}",
                    "sample": sample,
                    "problem": "What?",
                    "expected_answer": "0",
                    "generation": f"#### {answer}",
                    "predicted_answer": str(answer),
                    "reward_model_score": 0.9 if answer == 0 else 0.1,
                    "num_generated_tokens": 12,
                }
                file.write(json.dumps(row) + "\n")
    return path


def test_a_plan_is_printed_and_written(samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "plan"
    options = ["--target", "0.4", "--price", "2", "--k", "2", "--top-n", "2", "-o", str(folder), "--workers", "1"]
    assert main(["plan", str(samples), "--json", *options]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((folder / "plan.json").read_text())
    assert printed["cheapest"] is not None
    by_name = {plan["name"]: plan for plan in printed["plans"]}
    assert by_name["W.RR@6"]["accuracy"] == pytest.approx(1.0)
    assert by_name["Maj1@6"]["cost"] == pytest.approx(72 * 2 / 1e6)
    assert "cheapest plan" in (folder / "plan.md").read_text()
    assert (folder / "frontier.svg").read_text().startswith("<svg")


def test_a_free_generator_may_have_a_paid_evaluator(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--json", "--quiet", "--workers", "1", "--k", "2", "--top-n", "2"]
    assert main(["plan", str(samples), "--price", "0", "--evaluator-price", "5", *options]) == 0
    by_name = {plan["name"]: plan for plan in json.loads(capsys.readouterr().out)["plans"]}
    assert by_name["Maj1@6"]["cost"] == 0
    assert by_name["W.RR@6"]["cost"] == pytest.approx(by_name["W.RR@6"]["evaluator_tokens"] * 5 / 1e6)
    assert main(["plan", str(samples), "--evaluator-speed", "100", *options]) == 2
    assert "expected the speed of the generator" in capsys.readouterr().err


def test_answers_alone_are_compared_by_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "answers.jsonl"
    rows = [
        {
            "id": f"p{i}",
            "sample": s,
            "problem": "What?",
            "expected_answer": "4",
            "predicted_answer": str(4 + (i + s) % 3 // 2),
        }
        for i in range(30)
        for s in range(6)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["plan", str(path), "--target", "0.5", "--quiet", "--workers", "1"]) == 0
    text = capsys.readouterr().out
    assert "samples, drawn and read, a problem" in text
    assert "neither texts of solutions nor counts of tokens" in text
    assert "four characters" not in text


def test_more_samples_than_there_are_is_bad_input(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(samples), "--n", "64", "--quiet", "--workers", "1"]) == 2
    assert "expected numbers of samples from 1 to 6" in capsys.readouterr().err


def test_a_report_replays_stopping_rules(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["report", str(samples), "--json", "--quiet", "--workers", "1", "--k", "2", "--top-n", "2"]
    assert main([*common, "--stopping"]) == 0
    found = json.loads(capsys.readouterr().out)["stopping"]
    lossless = next(rule for rule in found["rules"] if rule["rule"] == "lossless")
    assert lossless["changed"] == 0
    assert lossless["used"] < 1
    assert len(found["scoring"]) == 7


def test_a_stopping_rule_without_a_guarantee_is_not_for_solving(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "2 + 3?", "--stop", "beta:0.95"]) == 2
    assert "expected a stopping rule as lossless, anytime:0.05, budget:0.05" in capsys.readouterr().err


@pytest.mark.skipif(not REAL.is_file(), reason="QUORUM_TEST_DATA names no folder with samples")
def test_a_plan_from_real_samples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(REAL), "--limit", "60", "--quiet", "--workers", "1"]) == 0
    text = capsys.readouterr().out
    assert "Maj1@4" in text
    assert "four characters of a solution count as one" in text
