"""`quorum solve`, as a user types it: with scripted models for what it says, with tiny ones for the whole path."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.abstention import Threshold
from evaluator.calibration import ChoiceCalibration, EvaluatorCalibration, ScoreMap
from evaluator.label_judge import LabelJudge
from quorum import load
from quorum.cli import main
from reasoning.engines.scripted import ScriptedEngine
from reasoning.model_folder import ModelCard, write_card
from reasoning.prompts import LABELS
from tests.tiny_models import save_tiny_model

NOTICE = "A demonstration model for tests."
IDENTITY = ScoreMap(method="temperature", temperature=1.0)
QUESTION = "What is 2 + 3?"


def says(prompt: str, seed: int) -> str:
    """5 in one sample of three, 6 in the others."""
    return f"so\n#### {5 if seed % 3 == 0 else 6}"


def believes(prompt: str, label: str) -> float:
    """In 5."""
    is_correct = "#### 5" in prompt
    return 0.99 if is_correct == (label == LABELS[0]) else 0.01


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Embedded models that follow a script; their folders hold nothing but cards and names."""
    for kind in ("generator", "evaluator"):
        folder = tmp_path / "embedded" / kind
        folder.mkdir(parents=True)
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            (folder / name).write_text("{}")
        write_card(ModelCard(kind=kind, demonstration=NOTICE), folder)
    monkeypatch.setattr(load, "EMBEDDED_MODELS", tmp_path / "embedded")
    monkeypatch.setattr(load, "load_generator", lambda name, **_: ScriptedEngine(says, name="scripted generator"))
    judge = LabelJudge(ScriptedEngine(says, probs=believes, name="scripted evaluator"))
    monkeypatch.setattr(load, "load_evaluator", lambda name, **_: judge)
    return tmp_path / "embedded"


def solved(capfd: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["solve", *arguments, "--json"]) == 0
    (line,) = capfd.readouterr().out.splitlines()
    fields: dict[str, Any] = json.loads(line)
    return fields


def calibrate(folder: Path, *, min_confidence: float | None) -> None:
    """A calibration that changes nothing, for 16 samples and w.rr.majk with k = 8."""
    threshold = Threshold(risk=0.1, guarantee=0.95, min_confidence=min_confidence)
    choice = ChoiceCalibration(num_samples=16, k=8, confidence=IDENTITY, thresholds=(threshold,))
    found = EvaluatorCalibration(scores=IDENTITY, choices={"w.rr.majk": choice}, num_problems=100)
    write_card(ModelCard(kind="evaluator", calibration=found.model_dump(mode="json")), folder / "evaluator")


def test_text(scripted: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", QUESTION]) == 0
    text = capfd.readouterr().out
    assert "Answer: 5\n" in text
    assert "Solution (sample " in text
    assert "The vote alone would have said 6." in text
    assert f"Note: {NOTICE}" in text
    assert text.count(NOTICE) == 1


def test_json(scripted: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fields = solved(capfd, QUESTION, "--n", "16")
    assert (fields["answer"], fields["solution"], fields["strategy"]) == ("5", "so\n#### 5", "w.rr.majk")
    assert [cluster["answer"] for cluster in fields["clusters"]] == ["6", "5"]
    assert sum(cluster["count"] for cluster in fields["clusters"]) == fields["usage"]["num_samples"] == 16
    assert fields["confidence"] == pytest.approx(0.99 * fields["clusters"][1]["count"] / 16)
    assert fields["models"] == {"generator": "scripted generator", "evaluator": "scripted evaluator"}
    assert fields["notes"] == [NOTICE]
    assert not fields["abstained"]
    assert {**fields, "timings": None} == {**solved(capfd, QUESTION, "--n", "16"), "timings": None}


def test_without_an_evaluator_it_votes_and_says_so(scripted: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fields = solved(capfd, QUESTION, "--evaluator", "none")
    assert (fields["answer"], fields["strategy"], fields["models"]["evaluator"]) == ("6", "maj1", None)
    assert fields["notes"][0] == "There is no evaluator, so the answers are voted on."
    assert main(["solve", QUESTION, "--evaluator", "none", "--strategy", "w.rr"]) == 2
    assert "strategy w.rr needs an evaluator" in capfd.readouterr().err


def test_a_file_of_problems(scripted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "problems.jsonl"
    asked = [
        {"id": "a", "problem": QUESTION, "expected_answer": "5"},
        {"id": "b", "problem": "What is 9 + 9?", "expected_answer": "18"},
        {"id": "c", "problem": "Why?"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in asked))
    assert main(["solve", "--input", str(path)]) == 0
    captured = capfd.readouterr()
    lines = [line.split("\t") for line in captured.out.splitlines()]
    assert [(line[0], line[1], *line[3:]) for line in lines] == [
        ("a", "5", "correct"),
        ("b", "5", "wrong, expected 18"),
        ("c", "5"),
    ]
    assert "3 problems, 1 of 2 answers correct" in captured.err
    output = tmp_path / "answers.jsonl"
    assert main(["solve", "--input", str(path), "--limit", "2", "--json", "-o", str(output)]) == 0
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(row["id"], row["correct"], row["answer"]) for row in rows] == [("a", True, "5"), ("b", False, "5")]


def test_standard_input(scripted: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(QUESTION + "\n"))
    assert solved(capfd, "-")["answer"] == "5"
    monkeypatch.setattr("sys.stdin", io.StringIO(" \n"))
    assert main(["solve", "-"]) == 2
    assert "expected a question, found an empty text" in capfd.readouterr().err


class TestRisk:
    def test_calibrated_confidence(self, scripted: Path, capfd: pytest.CaptureFixture[str]) -> None:
        calibrate(scripted, min_confidence=0.001)
        fields = solved(capfd, QUESTION, "--n", "16", "--max-risk", "0.1")
        assert (fields["confidence_kind"], fields["abstained"]) == ("calibrated", False)

    def test_abstains(self, scripted: Path, capfd: pytest.CaptureFixture[str]) -> None:
        calibrate(scripted, min_confidence=1.0)
        fields = solved(capfd, QUESTION, "--n", "16", "--max-risk", "0.15")
        assert (fields["answer"], fields["solution"], fields["abstained"]) == (None, None, True)
        assert "is below 1.000" in fields["reason"]
        assert main(["solve", QUESTION, "--n", "16", "--max-risk", "0.15"]) == 0
        assert "No answer: the confidence" in capfd.readouterr().out

    @pytest.mark.parametrize(
        ("min_confidence", "arguments", "said"),
        [
            (None, ["--n", "16", "--max-risk", "0.1"], "found that calibration could show none"),
            (0.5, ["--n", "16", "--max-risk", "0.05"], "which are 0.1; run `quorum calibrate --risk 0.05`"),
            (0.5, ["--max-risk", "0.1"], "not calibrated for --strategy w.rr.majk --n 32 --k 8, but for"),
            (0.5, ["--n", "16", "--k", "3", "--max-risk", "0.1"], "but for --strategy w.rr.majk --n 16 --k 8; use"),
            (0.5, ["--n", "16", "--strategy", "w.rr", "--max-risk", "0.1"], "calibrated for --strategy w.rr --n 16;"),
            (0.5, ["--evaluator", "none", "--max-risk", "0.1"], "expected a calibrated evaluator, found none"),
        ],
    )
    def test_what_is_missing_is_said(
        self,
        scripted: Path,
        capfd: pytest.CaptureFixture[str],
        min_confidence: float | None,
        arguments: list[str],
        said: str,
    ) -> None:
        calibrate(scripted, min_confidence=min_confidence)
        assert main(["solve", QUESTION, *arguments]) == 2
        assert said in capfd.readouterr().err

    def test_no_calibration_at_all(self, scripted: Path, capfd: pytest.CaptureFixture[str]) -> None:
        assert main(["solve", QUESTION, "--max-risk", "0.1"]) == 2
        assert "expected a calibrated evaluator, found none; run `quorum calibrate` on one" in capfd.readouterr().err

    def test_another_number_of_samples_is_noted(self, scripted: Path, capfd: pytest.CaptureFixture[str]) -> None:
        calibrate(scripted, min_confidence=0.5)
        fields = solved(capfd, QUESTION)
        assert fields["confidence_kind"] == "score share"
        assert fields["notes"][0] == (
            "The evaluator is not calibrated for --strategy w.rr.majk --n 32 --k 8, but for "
            "--strategy w.rr.majk --n 16 --k 8."
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "expected a question or --input FILE, found neither"),
        ([QUESTION, "--input", "x.jsonl"], "expected a question or --input FILE, found both"),
        ([QUESTION, "--temperature", "0"], "all 32 samples are the same"),
        (
            [QUESTION, "--generator", "openai:http://a/v1#m", "--device", "cpu"],
            "--device: expected a model that Quorum",
        ),
        (["--input", "nothing.jsonl"], "nothing.jsonl: expected a file or a folder, found nothing there"),
    ],
)
def test_bad_input(arguments: list[str], said: str, scripted: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", *arguments]) == 2
    assert said in capfd.readouterr().err


def test_no_embedded_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(load, "EMBEDDED_MODELS", tmp_path)
    assert main(["solve", QUESTION]) == 2
    assert "expected the embedded generator, found none" in capfd.readouterr().err


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("models")
    generator = save_tiny_model(folder / "g", card=ModelCard(kind="generator", demonstration=NOTICE))
    evaluator = save_tiny_model(folder / "e", seed=1, card=ModelCard(kind="evaluator"))
    options = ["--n", "24", "--max-tokens", "20", "--temperature", "1", "--top-p", "1", "--device", "cpu"]
    return ["--generator", str(generator), "--evaluator", str(evaluator), *options]


class TestTinyModels:
    def test_the_whole_path(self, models: list[str], capfd: pytest.CaptureFixture[str]) -> None:
        fields = solved(capfd, QUESTION, *models)
        assert fields["notes"] == [NOTICE]
        assert fields["usage"]["num_samples"] == 24
        assert 0 < fields["usage"]["completion_tokens"] <= 24 * 20
        scores = [cluster["score_max"] for cluster in fields["clusters"]]
        assert all(0 <= score <= 1 for score in scores)
        assert (fields["usage"]["evaluator_tokens"] > 0) == bool(scores) == (fields["answer"] is not None)
        assert {**fields, "timings": None} == {**solved(capfd, QUESTION, *models), "timings": None}

    def test_a_problem_that_is_too_long_does_not_stop_the_others(
        self, models: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "problems.jsonl"
        asked = [{"id": "long", "problem": "How many? " * 300}, {"id": "short", "problem": QUESTION}]
        path.write_text("".join(json.dumps(row) + "\n" for row in asked))
        assert main(["solve", "--input", str(path), "--json", *models]) == 1
        captured = capfd.readouterr()
        long, short = map(json.loads, captured.out.splitlines())
        assert long["id"] == "long"
        assert "all 24 samples failed" in long["error"]
        assert short["usage"]["num_samples"] == 24
        assert "2 problems, 1 failed" in captured.err

    def test_each_in_its_place(self, models: list[str], capfd: pytest.CaptureFixture[str]) -> None:
        assert main(["solve", QUESTION, "--generator", models[3], "--evaluator", models[1]]) == 2
        assert "expected a model trained as evaluator, found one trained as generator" in capfd.readouterr().err
