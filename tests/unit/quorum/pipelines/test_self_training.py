"""Self-training: the stages of each method, when it stops, and what its rounds were worth."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from generator.self_training.back_translation import BackTranslationSection
from generator.self_training.methods import METHODS
from generator.self_training.recipe import KeepSection, SamplingSection, TrialsSection
from quorum.pipelines.self_training.analysis import best_round, is_over
from quorum.pipelines.self_training.measures import Measured, changes, changes_by_difficulty, gap, shares
from quorum.pipelines.self_training.plan import Round, base_round, next_round
from quorum.pipelines.self_training.recipe import SelfTrainingRecipe
from quorum.pipelines.stages import Stage
from reasoning.config import check_recipe, load_recipe, resolved, write_recipe
from reasoning.errors import InputError
from reasoning.formats import Row
from rerank.grading import grade_rows

FIELDS: dict[str, Any] = {
    "model": "org/base",
    "problems": "problems.jsonl",
    "training": {"run": {"max_steps": 3}},
    "test": {"problems": "test.jsonl"},
}


def recipe(**fields: Any) -> SelfTrainingRecipe:
    return check_recipe(SelfTrainingRecipe, {**FIELDS, **fields}, "recipe.yaml")


def planned(of: SelfTrainingRecipe) -> list[Round]:
    rounds = [base_round(of)]
    while len(rounds) <= of.rounds:
        rounds.append(next_round(of, rounds))
    return rounds


def names(each: Round) -> list[str]:
    return [stage.name for stage in each.stages]


def start_of(each: Round) -> object:
    """What the round's training starts from: a stage's name, or a model's."""
    assert isinstance(each.model, Stage)
    source = each.model.inputs.get("model.from")
    return source.name if isinstance(source, Stage) else each.model.settings["model"]["from"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_a_plan(method: str, tmp_path: Path) -> None:
    fields = {"teacher": "org/teacher"} if method == "distillation" else {}
    of = recipe(method=method, **fields)
    rounds = planned(of)
    assert len({name for each in rounds for name in names(each)}) == sum(len(each.stages) for each in rounds)
    last = rounds[-1]
    assert start_of(last) == ("org/base" if of.start == "base" or of.rounds == 1 else f"round-{of.rounds - 1}-model")
    write_recipe(of, tmp_path / "written.yaml")
    assert load_recipe(SelfTrainingRecipe, tmp_path / "written.yaml") == of


def test_rest_em_samples_from_the_last_round_and_trains_the_base_model() -> None:
    _, first, second, _ = planned(recipe(method="rest-em"))
    assert names(second) == ["round-2-samples", "round-2-kept", "round-2-model", "test-2"]
    assert second.stages[0].inputs["model"] is first.model
    assert start_of(second) == "org/base"
    assert second.stages[0].settings["sampling"]["top_k"] == 40


def test_rest_draws_once_and_learns_from_ever_better_samples() -> None:
    rounds = planned(recipe(method="rest"))
    assert [names(each)[0] for each in rounds[1:]] == ["round-1-samples", "round-2-kept", "round-3-kept"]
    assert rounds[3].samples is rounds[1].samples
    assert [start_of(each) for each in rounds[1:]] == ["org/base", "round-1-model", "round-2-model"]


def test_hints_and_problems_belong_to_the_drawing() -> None:
    fields = {"start": "previous", "sample_every": 2, "problems_per_round": 5, "hint": "{problem} {answer}"}
    rounds = planned(recipe(rounds=3, **fields))
    drawn = [[stage for stage in each.stages if stage.output == "samples.jsonl"] for each in rounds[1:]]
    assert [[stage.name for stage in stages[:-1]] for stages in drawn] == [
        ["round-1-samples", "round-1-hinted"],
        [],
        ["round-3-samples", "round-3-hinted"],
    ]
    assert rounds[2].hinted is rounds[1].hinted
    assert drawn[2][0].settings["round"] == 2  # the second five problems


def test_examples_are_for_models_that_were_not_trained() -> None:
    of = recipe(rounds=2, sampling={"examples": "examples.jsonl"})
    assert ["examples" in each.stages[0].inputs for each in planned(of)[1:]] == [True, False]
    with_teacher = recipe(rounds=2, teacher="org/teacher", sampling={"examples": "examples.jsonl"})
    assert ["examples" in each.stages[0].inputs for each in planned(with_teacher)[1:]] == [True, True]


def test_a_teacher_draws_every_sample() -> None:
    (_, first) = planned(recipe(method="distillation", teacher="org/teacher"))
    assert first.stages[0].settings["model"] == "org/teacher"
    assert start_of(first) == "org/base"


def test_trials_are_waves_and_the_last_one_may_be_short() -> None:
    trials = {"num_correct": 2, "most_samples": 10}
    (_, first) = planned(recipe(rounds=1, trials=trials, sampling={"num_samples": 4}))
    assert names(first)[:5] == [
        "round-1-samples",
        "round-1-samples-1",
        "round-1-samples-1-graded",
        "round-1-samples-2",
        "round-1-samples-2-graded",
    ]
    assert [stage.settings["num_samples"] for stage in first.stages if stage.output == "samples.jsonl"][:3] == [4, 4, 2]
    assert first.samples is first.stages[4]


def test_programs_are_graded_wherever_they_are_sampled() -> None:
    base, first = planned(recipe(rounds=1, grading="program", hint="{problem} {answer}"))
    assert names(base) == ["test-0", "test-0-graded"]
    assert names(first)[:5] == [
        "round-1-samples",
        "round-1-samples-graded",
        "round-1-hinted",
        "round-1-hinted-graded",
        "round-1-kept",
    ]


def test_new_problems_are_drawn_like_others_and_kept_apart_from_the_test() -> None:
    fields = {"back_translation": {"writer": "org/writer"}, "grading": "program", "problems_per_round": 5}
    _, first, second = planned(recipe(rounds=2, **fields))
    assert names(second)[:6] == [
        "round-2-samples",
        "round-2-samples-graded",
        "round-2-questions",
        "round-2-written",
        "round-2-written-graded",
        "round-2-kept",
    ]
    questions, written = second.stages[2], second.stages[3]
    assert questions.settings["known"] == ["input:problems", "input:apart-0"]
    assert questions.inputs["apart-0"] == Path("test.jsonl")
    assert written.inputs["problems"] is questions
    assert written.inputs["model"] is first.model
    assert written.settings["problems_per_round"] is None
    assert second.kept is not None
    assert second.kept.inputs["written"] is second.stages[4]


def test_a_recipes_own_settings_go_before_those_of_its_method() -> None:
    of = recipe(method="star", rounds=7, keep={"distinct": "text"})
    assert (of.rounds, of.keep.distinct, of.keep.per_problem, of.sampling.temperature) == (7, "text", 1, 0.0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"method": "rest-me"}, "method: expected 'rest-em'"),
        ({"model": None}, "exactly one of `model` and `supervised`"),
        ({"method": "distillation"}, "expected `teacher` for distillation"),
        ({"patience": 1}, "expected `validation` for `patience`"),
        (
            {"back_translation": {"writer": "org/writer"}, "keep": {"evaluator": "folder", "thresholds": [0.5]}},
            "expected no `back_translation` with",
        ),
        ({"hint": "{problem}"}, "expected {problem} and {answer} in it"),
        ({"sampling": {"temperature": 0.0}}, "expected `num_samples: 1` at temperature 0"),
        ({"training": {"model": {"from": "x"}, "run": {"max_steps": 1}}}, "training: expected no `model.from`"),
        ({"keep": {"threshold": [1]}}, "did you mean thresholds?"),
        (
            {"grading": "program", "training": {"run": {"max_steps": 1}, "validation": {"path": "x"}}},
            "expected no `validation` within a training",
        ),
    ],
)
def test_a_recipe_that_makes_no_sense(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        recipe(**fields)
    assert message in str(caught.value)


def test_human_data_are_mixed_in_behind_the_samples() -> None:
    training = {"run": {"max_steps": 1}, "data": [{"path": "references.jsonl", "weight": 0.5}]}
    of = recipe(training=training)
    assert [str(source.path) for source in of.training.data] == ["kept", "references.jsonl"]
    (_, first) = planned(recipe(rounds=1, training=training))
    assert isinstance(first.model, Stage)
    assert first.model.inputs["data.1.path"] == Path("references.jsonl")
    assert resolved(of)["training"]["model"]["from"] == "start"


@pytest.mark.parametrize(
    ("accuracies", "best", "over"),
    [
        ([0.5], 0, False),
        ([0.5, 0.4], 0, True),
        ([0.5, 0.6, 0.6], 1, True),
        ([0.5, 0.6, 0.7], 2, False),
        ([None] * 3, 2, False),
    ],
)
def test_it_stops_when_validation_does_not_improve(accuracies: list[float | None], best: int, over: bool) -> None:
    assert best_round(accuracies) == best
    assert is_over(accuracies, 1) is over
    assert not is_over(accuracies, None)


SECTIONS: dict[str, type[BaseModel]] = {
    "": SelfTrainingRecipe,
    "sampling.": SamplingSection,
    "trials.": TrialsSection,
    "keep.": KeepSection,
    "back_translation.": BackTranslationSection,
}


def test_the_settings_are_documented() -> None:
    page = (Path(__file__).parents[4] / "docs" / "self_training.md").read_text()
    for prefix, section in SECTIONS.items():
        for name, field in section.model_fields.items():
            if f"{name}." not in SECTIONS:  # of a section, its settings are
                default = "needed" if field.is_required() else f"`{json.dumps(field.default)}`"
                assert f"| `{prefix}{name}` | {default} | {field.description} |" in page
    assert all(f"| `{method}` |" in page for method in METHODS)


def samples(correct: list[list[int]]) -> Measured:
    """Samples of problems, each right or wrong."""
    rows = [
        Row(id=f"p{i}", sample=j, problem=f"{i}?", expected_answer="1", predicted_answer=str(value), generation="x")
        for i, of_problem in enumerate(correct)
        for j, value in enumerate(of_problem)
    ]
    return Measured(grade_rows(rows, workers=1), 0)


def test_a_gain_is_paired_and_has_every_k() -> None:
    before, after = samples([[1, 0, 0, 0], [0, 0, 0, 0]] * 10), samples([[1, 1, 0, 0], [0, 0, 1, 0]] * 10)
    found = {(change.name, change.n): change for change in changes(before, after)}
    assert set(found) == {("mean", 1), ("pass", 2), ("pass", 4), ("maj1", 4)}
    mean = found["mean", 1]
    assert (mean.before, mean.after, mean.verdict) == (0.125, 0.375, "better")
    assert mean.low <= mean.difference <= mean.high
    assert found["pass", 4].after == 1.0
    assert found["pass", 2].before == pytest.approx(0.25)


def test_difficulty_is_told_by_other_samples_than_those_that_are_compared() -> None:
    """With a model that does not change, lucky and unlucky problems must not seem to gain or lose."""
    rng = np.random.default_rng(3)
    before, after = (samples(rng.integers(0, 2, size=(400, 4)).tolist()) for _ in range(2))
    found = changes_by_difficulty(before, after)
    assert [bucket.bucket for bucket in found] == ["easy", "medium", "hard", "very hard"]
    assert sum(bucket.num_problems for bucket in found) == 400
    for bucket in found:
        assert bucket.change is None or (bucket.change.verdict == "tied" and abs(bucket.change.difference) < 0.1)


def test_the_gap_has_an_interval() -> None:
    seen, test = samples([[1, 1, 1, 0]] * 30), samples([[1, 0, 0, 0], [0, 0, 1, 1]] * 15)
    found = gap(seen, test)
    assert found.value == pytest.approx(0.375)
    assert found.low < 0.375 < found.high
    assert shares(test.graded.problems).tolist() == [0.25, 0.5] * 15
