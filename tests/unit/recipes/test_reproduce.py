"""The reproduction: its recipes, its stages, and the document that it writes of made-up samples."""

import json
import random
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from quorum.pipelines.stages import Done, Stage, run_stages
from reasoning.errors import InputError
from reasoning.problems import check_disjoint, read_manifest, read_problems
from recipes.reproduce.document import Making, write_document
from recipes.reproduce.findings import Claim, Finding, findings
from recipes.reproduce.measure import Results, best_parameters, measure, paired
from recipes.reproduce.plan import problem_stages, reproduce_stages
from recipes.reproduce.recipe import HERE, ReproduceRecipe, load_scale
from recipes.scales import scales
from rerank.estimators import Estimate
from rerank.grading import GradedProblem

NUM_PROBLEMS, NUM_SAMPLES = 24, 10


@pytest.fixture(scope="module")
def smoke() -> ReproduceRecipe:
    return load_scale("smoke")


@pytest.mark.parametrize("scale", ["full", "small", "smoke"])
def test_every_scale_is_a_recipe_with_stages_in_order(scale: str) -> None:
    stages = reproduce_stages(load_scale(scale))
    before: set[str] = set()
    for stage in stages:
        assert {source.name for source in stage.inputs.values() if isinstance(source, Stage)} <= before
        assert all(isinstance(source, Stage) for source in stage.inputs.values())
        before.add(stage.name)
        json.dumps(stage.settings, allow_nan=False)
    assert len(before) == len(stages) == 39
    assert set(scales(HERE)) == {"full", "small", "smoke"}


def test_an_unknown_scale_or_setting_is_refused() -> None:
    with pytest.raises(InputError, match="expected one of full, small, smoke, found 'large'"):
        load_scale("large")
    with pytest.raises(InputError, match="did you mean test"):
        load_scale("smoke", ["tests.num_samples=3"])


def test_the_arms_differ_in_what_they_are_to_differ_in(smoke: ReproduceRecipe) -> None:
    stages = {stage.name: stage for stage in reproduce_stages(smoke)}
    sequence, control = stages["sequence-margin"], stages["control"]
    assert sequence.settings == control.settings
    assert [name for name in control.inputs if sequence.inputs[name] != control.inputs[name]] == ["model.from"]
    assert source(sequence, "model.from") == "evaluator-margin"
    assert source(control, "model.from") == "generator-both"
    losses = {name: stages[f"evaluator-{name}"].settings["loss"] for name in ("margin", "cross-entropy")}
    assert [(loss["margin"], loss["cross_entropy"]) for loss in losses.values()] == [(1.0, 0.0), (0.0, 1.0)]
    assert source(stages["evaluator-small"], "data.paths.0") == "samples-small"
    assert {source(stages["evaluator-margin"], f"data.disjoint_from.{i}") for i in (0, 1)} == {
        "problems-test",
        "problems-validation",
    }


def source(stage: Stage, name: str) -> str:
    found = stage.inputs[name]
    assert isinstance(found, Stage)
    return found.name


def test_the_problems_of_no_two_kinds_meet(smoke: ReproduceRecipe, tmp_path: Path) -> None:
    made = run_stages(list(problem_stages(smoke.problems).values()), tmp_path, say=lambda _: None)
    paths = {name.removeprefix("problems-"): done.output for name, done in made.items()}
    rows = {name: list(read_problems([path])) for name, path in paths.items()}
    assert {name: len(found) for name, found in rows.items()} == {
        "terse": 1000,
        "fine": 1000,
        "reader-terse": 200,
        "reader-fine": 200,
        "evaluator": 80,
        "checkpoints": 10,
        "validation": 10,
        "test": 20,
    }
    assert [row.problem for row in rows["terse"]] == [row.problem for row in rows["fine"]]
    assert all(row.num_steps == 1 for found in rows.values() for row in found)
    manifests = {name: read_manifest(path) for name, path in paths.items() if name not in ("fine", "reader-fine")}
    for a, b in [(a, b) for a in manifests for b in manifests if a < b]:
        check_disjoint(training=manifests[a], testing=manifests[b], training_name=a, testing_name=b)
    templates = {name: {row.template for row in found} for name, found in rows.items()}
    assert not templates["test"] & (
        templates["terse"] | templates["evaluator"] | templates["reader-terse"] | templates["validation"]
    )
    assert not templates["evaluator"] & templates["terse"]


def write_samples(path: Path, *, share_right: float, skill: float, seed: int) -> None:
    """Made-up samples: the share that is right, and how much of that a made-up evaluator sees."""
    stream = random.Random(seed)
    with path.open("w") as file:
        for problem in range(NUM_PROBLEMS):
            for sample in range(NUM_SAMPLES + 1):
                right = stream.random() < share_right
                row: dict[str, Any] = {"id": f"p{problem}", "sample": sample, "problem": f"What is {problem}?"}
                answer = str(problem) if right else str(problem + stream.randrange(1, 4))
                row |= {"expected_answer": str(problem), "generation": f"#### {answer}", "predicted_answer": answer}
                row["temperature"] = 0.0 if sample == NUM_SAMPLES else 1.0
                row["reward_model_score"] = min(1.0, skill * right + (1 - skill) * stream.random())
                file.write(json.dumps(row) + "\n")


@pytest.fixture(scope="module")
def made_up(smoke: ReproduceRecipe, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """Every stage of the plan, with made-up samples for results; W.RR can only gain on the vote."""
    folder = tmp_path_factory.mktemp("made-up")
    done = {}
    for number, stage in enumerate(reproduce_stages(smoke)):
        output = folder / f"{stage.name}-{number:012x}" / stage.output
        output.parent.mkdir()
        if stage.output in ("samples.jsonl", "scores.jsonl"):
            write_samples(output, share_right=0.3, skill=0.8, seed=len(stage.name))
        done[stage.name] = Done(output, f"{number:064x}", 60.0, {}, {})
    return done


@pytest.fixture(scope="module")
def results(made_up: dict[str, Done]) -> Results:
    return measure({name: done.output for name, done in made_up.items()}, seed=0)


def test_the_document(smoke: ReproduceRecipe, made_up: dict[str, Done], results: Results, tmp_path: Path) -> None:
    making = Making("smoke", smoke, made_up, "python -m recipes.reproduce --scale smoke")
    path = write_document(results, making, tmp_path)
    text = path.read_text()
    assert "nan" not in text.replace("finance", "")
    assert f"at the scale **smoke**, and measured on {NUM_PROBLEMS} test problems" in text
    assert "with 10 samples each" in text
    assert "All stages together took 39 minutes" in text
    assert len(re.findall(r"\| W\.RR +\| +\| +\d+\.\d \([\d.]+ to [\d.]+\) +\| better, \+", text)) == 3
    assert re.search(r"\| fine-grained \(PRM800K\).*\| +34\.8 \| +54\.2 \| +83\.4 \|", text)
    assert re.search(r"Of 25 findings, \d+ hold here, \d+ do not, and \d+ are undecided", text)
    figures = re.findall(r"\]\((reproduction/\w+\.svg)\)", text)
    assert figures == [f"reproduction/{name}.svg" for name in ("parameter", "cost", "oracle", "shares", "ratios")]
    for figure in figures:
        svg = (tmp_path / figure).read_text()
        assert "var(" not in svg
        ElementTree.fromstring(svg)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    write_document(results, making, tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_findings_are_one_family(results: Results) -> None:
    found = findings(results)
    alone = [paired([finding.claim.pair], seed=results.seed)[0].p_adjusted for finding in found]
    assert all(one <= finding.difference.p_adjusted for one, finding in zip(alone, found, strict=True))
    assert any(one < finding.difference.p_adjusted for one, finding in zip(alone, found, strict=True))


def of_values(*values: float) -> Estimate:
    return Estimate("maj1", 8, None, np.array(values), "exact", 0.0)


@pytest.mark.parametrize(
    ("a", "b", "is_better", "status"),
    [
        ([1.0] * 10, [0.0] * 10, True, "holds"),
        ([0.0] * 10, [1.0] * 10, True, "does not hold"),
        ([0.0] * 10, [1.0] * 10, False, "holds"),
        ([1.0, 0.0] * 5, [0.0, 1.0] * 5, True, "undecided"),
        ([1.0] * 10, [1.0] * 10, False, "undecided"),
    ],
)
def test_the_status_of_a_finding(a: list[float], b: list[float], is_better: bool, status: str) -> None:
    claim = Claim("A beats B", (of_values(*a), of_values(*b)), 2.0, is_better)
    finding = Finding(claim, paired([claim.pair], seed=0)[0])
    assert finding.status == status
    assert finding.sentence().startswith(f"A beats B: **{status}")
    assert finding.sentence().endswith("in the paper +2.0.")
    assert ("the interval includes zero" in finding.sentence()) == (status == "undecided")


def test_parameters_are_the_best_and_the_smallest_of_several(results: Results) -> None:
    def best(problems: tuple[GradedProblem, ...]) -> dict[str, int]:
        return best_parameters(results.scored["margin", "both"].graded.__class__(problems, (), 0), seed=0)

    for loss, chosen in results.parameters.items():
        measured = results.scored[loss, "both"]
        again = best(measured.graded.problems)
        assert set(chosen) == set(again) == {"rr.majk", "w.rr.majk", "maj1.topn"}
        curve = {c.name: c.points for c in measured.report().parameters}
        for name, k in again.items():
            highest = max(point.value for point in curve[name])
            assert k == min(point.k or 0 for point in curve[name] if point.value == highest)
