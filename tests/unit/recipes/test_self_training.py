"""ReST-EM against its controls: what the runs differ in, and what is said of given samples."""

from pathlib import Path

import pytest

from quorum.pipelines.self_training.plan import base_round, next_round
from quorum.pipelines.stages import Done, Stage
from reasoning.formats import Row, write_rows
from recipes.self_training.document import CLAIMS, _differences, _holds, _models
from recipes.self_training.measure import Values, _mean_over, _values, claims
from recipes.self_training.plan import once, placed, references
from recipes.self_training.recipe import ComparisonRecipe, load_scale

MODELS = ("base model", "references", "ReST-EM, round 1", "ReST-EM, round 2", "one round, all samples")


@pytest.mark.parametrize("scale", ["full", "small", "smoke"])
def test_the_controls_differ_in_what_they_learn_alone(scale: str, tmp_path: Path) -> None:
    recipe, first = made(scale, tmp_path)
    rest_em = placed(recipe.self_training, first, 7)
    one, learned = once(rest_em), references(rest_em, first["base"].output)
    assert (rest_em.sampling.seed, rest_em.keep.seed, rest_em.training.seed, rest_em.test.seed) == (7, 7, 7, 0)
    assert one.rounds * one.sampling.num_samples == rest_em.rounds * rest_em.sampling.num_samples
    assert one.training == rest_em.training
    assert learned.supervised is not None
    changed = {name for name, value in learned.supervised if value != getattr(rest_em.training, name)}
    assert changed == {"model", "data"}
    assert base_round(learned).stages[0].name == "base"


def test_every_training_of_rest_em_starts_from_the_base_model(tmp_path: Path) -> None:
    recipe, first = made("smoke", tmp_path)
    rest_em = placed(recipe.self_training, first, 0)
    rounds = [base_round(rest_em)]
    for _ in range(rest_em.rounds):
        rounds.append(next_round(rest_em, rounds))
    for each in rounds[1:]:
        assert isinstance(each.model, Stage)
        assert each.model.inputs["model.from"] == first["base"].output


def test_what_is_said_is_what_the_samples_say(tmp_path: Path) -> None:
    """The last round solves three of four problems, all others one of four."""
    found = {name: values(tmp_path / f"{i}.jsonl", 3 if "2" in name else 1) for i, name in enumerate(MODELS)}
    compared = claims(found)
    assert {claim.one for claim in compared} == {"ReST-EM, round 2"}
    assert {claim.other for claim in compared} == CLAIMS.keys()
    assert {claim.status for claim in compared if claim.metric[0] == "mean"} == {"holds"}
    said = _holds(compared)
    assert said.count("**holds**. Here +50.0 points") == len(CLAIMS)
    assert "in the paper +1.6" in said
    assert _models(found).count("75.0 (") == 3  # the mean, Pass@2 and the vote
    assert "+50.0* (" in _differences(compared)


def test_metrics_are_means_over_seeds(tmp_path: Path) -> None:
    seeds = [values(tmp_path / f"{solved}.jsonl", solved) for solved in (1, 3)]
    assert _mean_over(seeds)["mean", 1].mean() == pytest.approx(0.5)


def values(path: Path, solved: int) -> Values:
    """Of every four of 40 problems, so many are always solved and the others never, in two samples each."""
    rows = [
        Row(
            id=f"p{i}",
            sample=sample,
            problem=f"{i}?",
            expected_answer="1",
            predicted_answer=str(int(i % 4 < solved)),
            generation="x",
        )
        for i in range(40)
        for sample in range(2)
    ]
    write_rows(rows, path)
    return _values(path)


def made(scale: str, folder: Path) -> tuple[ComparisonRecipe, dict[str, Done]]:
    """The recipe at a scale, and its first stages as if they had run."""
    names = ("problems-train", "problems-test", "base")
    (folder / "base").mkdir()
    return load_scale(scale), {name: Done(folder / name, "0" * 64, 1.0, {}, {}) for name in names}
