"""The comparison of the arms of self-sampling: its scales, its stages, and the document made of given scores."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.self_sampling.evaluation import Scores
from quorum.pipelines.stages import Done
from reasoning.errors import InputError
from recipes.self_sampling.document import TITLES, Making, to_markdown
from recipes.self_sampling.figure import draw
from recipes.self_sampling.findings import PAPER
from recipes.self_sampling.measure import known_ks, measure
from recipes.self_sampling.plan import arms_stages, run_name
from recipes.self_sampling.recipe import ARMS, load_scale

NUM_PROBLEMS, NUM_SAMPLES = 40, 10


@pytest.mark.parametrize("scale", ["full", "small", "smoke"])
def test_every_scale_has_a_run_and_a_test_of_each_arm_and_seed(scale: str) -> None:
    recipe = load_scale(scale)
    names = [stage.name for stage in arms_stages(recipe)]
    assert len(set(names)) == len(names) == 5 + 2 * len(ARMS) * len(recipe.seeds)
    assert all(run_name(arm, seed) in names for arm in ARMS for seed in recipe.seeds)


def test_arms_differ_in_objective_and_partial_alone() -> None:
    stages = {stage.name: stage for stage in arms_stages(load_scale("smoke"))}
    settings = [dict(stages[run_name(arm, 0)].settings) for arm in ARMS]
    found = [(one.pop("objective"), one.pop("partial")) for one in settings]
    assert found == list(ARMS.values())
    assert all(one == settings[0] for one in settings)


def test_a_scale_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="expected one of full, small, smoke, found 'huge'"):
        load_scale("huge")


def test_the_document_says_what_the_scores_say(tmp_path: Path) -> None:
    """Of problems that MLE never solves, fully correct samples with MLE-Aug solve half; all other arms are as MLE."""
    recipe = load_scale("smoke", ["seeds=[0, 1]"])
    done: dict[Any, Any] = {}
    for arm in ARMS:
        for seed in recipe.seeds:
            done |= made(tmp_path, arm, seed, is_better=arm == "fcs-mle-aug")
    arms = measure(done, recipe.seeds)
    assert arms["mle"].by_seed(1) == [0.5, 0.5]
    assert arms["fcs-mle-aug"].by_seed(10) == [0.75, 0.75]
    assert (arms["mle"].correct, arms["mle"].partial) == ([1.5, 1.5], [0.25, 0.25])
    drawing = draw(arms, TITLES, known_ks(arms))
    assert drawing == draw(arms, TITLES, known_ks(arms))
    assert all(f">{title}<" in drawing for title in TITLES.values())
    page = to_markdown(arms, Making("smoke", recipe, done, "the command"))
    assert "Fully correct samples with MLE-Aug beat MLE (pass@10): **holds**. Here +25.0 points" in page
    assert "Fully and partially correct samples with MLE-Aug beat MLE (pass@10): **undecided**" in page
    assert "Partially correct samples add to fully correct ones (MLE-Aug) (pass@10): **does not hold**" in page
    assert all(title in page for title in TITLES.values())
    assert "paper +3.8" in page  # of pass@10, 16.5 against 12.7


def test_the_papers_figures_are_those_of_every_arm() -> None:
    assert PAPER.keys() == ARMS.keys() == TITLES.keys()
    assert PAPER["pcs-mle-aug"][100] - PAPER["mle"][100] == pytest.approx(12.3)


def made(folder: Path, arm: str, seed: int, *, is_better: bool) -> dict[str, Done]:
    """The two stages of a run, with half of the problems solved always, and if it is better half of the others."""
    correct = [NUM_SAMPLES * (i % 2 == 0 or (is_better and i % 4 == 1)) for i in range(NUM_PROBLEMS)]
    scores = Scores(NUM_SAMPLES, [float(c > 0) for c in correct], correct, [0.5] * NUM_PROBLEMS)
    run, test = folder / run_name(arm, seed), folder / f"test-{run_name(arm, seed)}"
    run.mkdir()
    test.mkdir()
    figures = {"step": 9, "correct_per_problem": 1.5, "partial_per_problem": 0.25}
    (run / "metrics.jsonl").write_text(json.dumps(figures) + "\n" + json.dumps({"step": 9, "pass@1": 0.1}) + "\n")
    (test / "scores.json").write_text(json.dumps(scores.__dict__))
    return {
        run.name: Done(run / "model", "0" * 64, 1.0, {}, {}),
        test.name: Done(test / "scores.json", "0" * 64, 1.0, {}, {}),
    }
