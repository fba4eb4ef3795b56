"""Judges, and files that are scored: resumed to the same bytes, and what gets no score is named."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from evaluator.calibration import EvaluatorCalibration, ScoreMap
from evaluator.label_judge import LabelJudge
from evaluator.scored_files import ROWS_PER_BLOCK, by_problem, largest_drift, score_file, scored_rows
from evaluator.scoring import Scorer
from reasoning.errors import InputError, Unavailable
from reasoning.formats import Row, read_rows
from reasoning.model_folder import ModelCard
from reasoning.prompts import LABELS, verdict_prompt
from tests.graded_samples import make_groups
from tests.tiny_models import save_tiny_model

(GROUP,) = make_groups(1)
SOLUTIONS = [candidate.text for candidate in GROUP.candidates]
HALVED = ScoreMap(method="isotonic", scores=(0.0, 1.0), probabilities=(0.0, 0.5))


class Lengths:
    """A judge that finds long solutions likely; it counts how often it is asked."""

    name = "lengths"
    num_tokens = 0

    def __init__(self, *, fails_after: int | None = None) -> None:
        self.num_calls = 0
        self._fails_after = fails_after

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        if self.num_calls == self._fails_after:
            raise KeyboardInterrupt
        self.num_calls += 1
        return [None if "long" in s else math.nan if "nan" in s else len(s) / 100 for s in solutions]


class Engine:
    """A label scorer that keeps what it is asked."""

    name = "engine"

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def label_logprobs(self, prompts: Sequence[str], labels: Sequence[str]) -> list[tuple[float, ...] | None]:
        assert tuple(labels) == LABELS
        self.prompts += prompts
        return [None if "long" in prompt else (math.log(0.3), math.log(0.1)) for prompt in prompts]


def row(id_: str, sample: int, generation: str, finish_reason: str = "stop") -> Row:
    return Row(id=id_, sample=sample, problem=f"{id_}?", generation=generation, finish_reason=finish_reason)


def test_scorer(tmp_path: Path) -> None:
    calibration = EvaluatorCalibration(scores=HALVED, num_problems=40).model_dump(mode="json")
    card = ModelCard(kind="evaluator", calibration=calibration)
    folder = save_tiny_model(tmp_path / "model", card=card, max_position_embeddings=512)
    raw = Scorer.from_pretrained(str(folder), device="cpu", calibrated=False)
    scores = raw.score(GROUP.problem, [*SOLUTIONS, "1 " * 500, SOLUTIONS[0]])
    assert scores[-2] is None
    assert scores[-1] == scores[0] is not None
    assert len(set(scores)) > 2
    assert raw.num_tokens > 0
    calibrated = Scorer.from_pretrained(str(folder), device="cpu").score(GROUP.problem, SOLUTIONS)
    for score, original in zip(calibrated, scores, strict=False):
        assert score is not None
        assert original is not None
        assert score == pytest.approx(original / 2)


def test_bf16_is_near(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", initializer_range=0.1, max_position_embeddings=512)
    exact = Scorer.from_pretrained(str(folder), device="cpu").score(GROUP.problem, SOLUTIONS)
    rough = Scorer.from_pretrained(str(folder), device="cpu", precision="bf16").score(GROUP.problem, SOLUTIONS)
    assert 0 < largest_drift(rough, exact) < 0.1


def test_a_generator_is_no_evaluator(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", card=ModelCard(kind="generator"))
    with pytest.raises(InputError, match="expected a model trained as evaluator, found one trained as generator"):
        Scorer.from_pretrained(str(folder))


def test_any_engine_that_scores_labels_can_judge() -> None:
    engine = Engine()
    assert LabelJudge(engine).score("1 + 1?", ["2", "3", "2"]) == pytest.approx([0.75] * 3)
    assert engine.prompts == [verdict_prompt("1 + 1?", "2"), verdict_prompt("1 + 1?", "3")]
    assert LabelJudge(engine, calibrate=HALVED).score("1 + 1?", ["2"]) == pytest.approx([0.375])


def test_what_an_engine_cannot_read_has_no_score() -> None:
    for calibrate, expected in ((None, 0.75), (HALVED, 0.375)):
        scores = LabelJudge(Engine(), calibrate=calibrate).score("1 + 1?", ["2", "long", "3"])
        assert scores == [pytest.approx(expected), None, pytest.approx(expected)]


def test_rows_of_a_problem_are_judged_together(tmp_path: Path) -> None:
    rows = by_problem([row("a", 0, "x"), row("b", 0, "xx"), row("a", 1, "xxx")])
    assert [r.key for r in rows] == [("a", 0), ("a", 1), ("b", 0)]
    judge = Lengths()
    score_file(judge, rows, tmp_path / "out.jsonl", settings={})
    assert judge.num_calls == 2
    written = list(read_rows([tmp_path / "out.jsonl"]))
    assert [r.reward_model_score for r in written] == [0.01, 0.03, 0.02]
    assert [(r.model_extra or {})["evaluator"] for r in written] == ["lengths"] * 3


def test_a_problem_is_read_wherever_its_text_stands() -> None:
    rows = by_problem([row("a", 0, "x").model_copy(update={"problem": " "}), row("b", 0, "xx"), row("a", 1, "xxx")])
    assert len({r.problem for r in rows if r.id == "a"}) == 1
    assert all(r.problem.strip() for r in rows)
    with pytest.raises(InputError, match="problem a: expected its text as `problem` in one of its 1 rows, found none"):
        by_problem([row("a", 0, "x").model_copy(update={"problem": ""})])


def test_the_first_problems() -> None:
    rows = by_problem([row("a", 0, "x"), row("b", 0, "xx"), row("a", 1, "xxx")], limit=1)
    assert [r.key for r in rows] == [("a", 0), ("a", 1)]


def test_an_evaluator_that_answered_and_went_away_says_so() -> None:
    class Leaving(Lengths):
        def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
            if self.num_calls == 1:
                raise Unavailable("gone")
            return super().score(problem, solutions)

    with pytest.raises(Unavailable) as caught:
        scored_rows(Leaving(), [row("a", 0, "x"), row("b", 0, "xx")])
    assert caught.value.has_answered


def test_what_gets_no_score_is_counted(tmp_path: Path) -> None:
    rows = [row("a", 0, "x"), row("a", 1, "long"), row("a", 2, "", "error"), row("a", 3, "nan")]
    tally = score_file(Lengths(), rows, tmp_path / "out.jsonl", settings={})
    assert tally is not None
    assert (tally.rows, tally.too_long, tally.failed, tally.nan) == (4, 1, 1, 1)
    scores = [r.reward_model_score for r in read_rows([tmp_path / "out.jsonl"])]
    assert scores[:3] == [0.01, None, None]
    assert scores[3] is not None
    assert math.isnan(scores[3])


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.parquet"])
def test_a_scoring_cut_off_ends_with_the_same_bytes(name: str, tmp_path: Path) -> None:
    rows = [row(f"p{i // 100}", i % 100, "x" * (i % 90)) for i in range(3 * ROWS_PER_BLOCK // 2)]
    (tmp_path / "whole").mkdir()
    score_file(Lengths(), rows, tmp_path / "whole" / name, settings={"weights": "w"})
    with pytest.raises(KeyboardInterrupt):
        score_file(Lengths(fails_after=7), rows, tmp_path / name, settings={"weights": "w"})
    assert not (tmp_path / name).exists()
    resumed: list[int] = []
    score_file(Lengths(), rows, tmp_path / name, settings={"weights": "w"}, on_resume=resumed.append)
    assert resumed == [ROWS_PER_BLOCK]
    assert (tmp_path / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert score_file(Lengths(), rows, tmp_path / name, settings={"weights": "w"}) is None


def test_scores_of_another_evaluator_are_not_mixed_in(tmp_path: Path) -> None:
    score_file(Lengths(), [row("a", 0, "x")], tmp_path / "out.jsonl", settings={"weights": "1"})
    with pytest.raises(InputError, match="expected rows of the same settings, found weights"):
        score_file(Lengths(), [row("a", 0, "x")], tmp_path / "out.jsonl", settings={"weights": "2"})
    with pytest.raises(InputError, match="expected rows of the same settings, found rows"):
        score_file(Lengths(), [row("a", 0, "y")], tmp_path / "out.jsonl", settings={"weights": "1"})
    assert json.loads((tmp_path / "out.jsonl").read_text())["reward_model_score"] == 0.01


def test_nothing_to_score(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected at least one row to score, found none"):
        score_file(Lengths(), [], tmp_path / "out.jsonl", settings={})


def test_drift() -> None:
    assert largest_drift([0.1, None, math.nan, 0.5], [0.2, 0.1, 0.3, 0.45]) == pytest.approx(0.1)
    assert largest_drift([None], [0.2]) == 0.0
