"""The stages of the comparison."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path

import generator.self_sampling.train
from generator.self_sampling.evaluation import load_evaluation
from generator.self_sampling.recipe import EvaluationSection, SelfSamplingRecipe
from quorum.pipelines.stages import INPUT, Settings, Stage
from reasoning.config import check_recipe, resolved
from reasoning.engines.loading import load_model
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.formats import write_rows
from reasoning.formats.write import atomic_file
from recipes.programs import first_stages
from recipes.self_sampling.recipe import ARMS, ArmsRecipe


def arms_stages(recipe: ArmsRecipe) -> list[Stage]:
    """Every stage, each after those it needs."""
    first = first_stages(recipe.problems, recipe.base)
    runs = {  # all arms of a seed first, so that a part of them says something
        run_name(arm, seed): _run_stage(arm, seed, recipe.arm, first)
        for seed, arm in itertools.product(recipe.seeds, ARMS)
    }
    tests = [_test_stage(name, recipe.test, run, first["test"]) for name, run in runs.items()]
    return [*first.values(), *itertools.chain.from_iterable(zip(runs.values(), tests, strict=True))]


def run_name(arm: str, seed: int) -> str:
    """The name of the stage that trains an arm."""
    return f"{arm}-seed{seed}"


def _run_stage(arm: str, seed: int, recipe: SelfSamplingRecipe, first: Mapping[str, Stage]) -> Stage:
    objective, partial = ARMS[arm]
    settings = resolved(recipe.model_copy(update={"objective": objective, "partial": partial, "seed": seed}))
    settings["model"]["from"] = f"{INPUT}base"
    settings["data"]["path"] = f"{INPUT}train"
    settings["evaluation"]["path"] = f"{INPUT}validation"
    inputs = {"base": first["model"], "train": first["train"], "validation": first["validation"]}
    return Stage(name=run_name(arm, seed), settings=settings, inputs=inputs, work=_train, output="model")


def _test_stage(name: str, section: EvaluationSection, run: Stage, problems: Stage) -> Stage:
    settings = {**resolved(section), "path": f"{INPUT}problems", "model": f"{INPUT}model"}
    inputs = {"problems": problems, "model": run}
    return Stage(name=f"test-{name}", settings=settings, inputs=inputs, work=_test, output="scores.json")


def _train(settings: Settings, folder: Path) -> None:
    generator.self_sampling.train.train(check_recipe(SelfSamplingRecipe, settings, folder.name), folder)


def _test(settings: Settings, folder: Path) -> None:
    fields = {name: value for name, value in settings.items() if name != "model"}
    section = check_recipe(EvaluationSection, fields, folder.name)
    engine = TransformersEngine(load_model(settings["model"], kind="generator"))
    scores, rows = load_evaluation(section, "programs").scores(engine, name=folder.name)
    write_rows(rows, folder / "samples.jsonl.gz")
    with atomic_file(folder / "scores.json") as file:
        file.write(json.dumps(scores.__dict__).encode() + b"\n")
