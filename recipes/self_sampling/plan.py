"""The stages of the comparison."""

import itertools
import json
from pathlib import Path

import generator.self_sampling.train
from generator.self_sampling.evaluation import load_evaluation
from generator.self_sampling.recipe import EvaluationSection, SelfSamplingRecipe
from quorum.pipelines.stages import INPUT, Settings, Stage
from quorum.pipelines.work import generator_stage
from reasoning.config import check_recipe, resolved
from reasoning.engines.loading import load_model
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.formats import write_rows
from reasoning.formats.write import atomic_file, write_lines
from reasoning.problems.arith import arith_problems
from recipes.self_sampling.recipe import ARMS, ArmsRecipe, ProblemsSection

KINDS = ("train", "validation", "test")
SPLITS = {"base": "train", "train": "train", "validation": "validation", "test": "test"}
HALVES = {"base": (0, 2), "train": (1, 2)}  # of the templates


def arms_stages(recipe: ArmsRecipe) -> list[Stage]:
    """Every stage, each after those it needs."""
    kinds = KINDS if recipe.base is None else ("base", *KINDS)
    problems = {kind: _problems_stage(kind, recipe.problems) for kind in kinds}
    base = _base(recipe, problems)
    runs = {  # all arms of a seed first, so that a part of them says something
        run_name(arm, seed): _run_stage(arm, seed, recipe.arm, base, problems)
        for seed, arm in itertools.product(recipe.seeds, ARMS)
    }
    tests = [_test_stage(name, recipe.test, run, problems["test"]) for name, run in runs.items()]
    first = [base] if isinstance(base, Stage) else []
    return [*problems.values(), *first, *itertools.chain.from_iterable(zip(runs.values(), tests, strict=True))]


def run_name(arm: str, seed: int) -> str:
    """The name of the stage that trains an arm."""
    return f"{arm}-seed{seed}"


def _base(recipe: ArmsRecipe, problems: dict[str, Stage]) -> Stage | Path:
    """What all arms start from: a new model, in place of a pretrained one, or a folder."""
    if recipe.base is not None:
        return generator_stage("base", recipe.base, {"data.0.path": problems["base"]})
    assert recipe.arm.model.from_ is not None
    return Path(recipe.arm.model.from_)


def _problems_stage(kind: str, section: ProblemsSection) -> Stage:
    return Stage(
        name=f"problems-{kind}",
        settings={
            "split": SPLITS[kind],
            "limit": getattr(section, kind),
            "part": list(HALVES[kind]) if kind in HALVES else None,
            "seed": section.seed,
            "most_steps": section.most_steps,
        },
        inputs={},
        work=_make_problems,
        output="problems.jsonl",
    )


def _run_stage(
    arm: str, seed: int, recipe: SelfSamplingRecipe, base: Stage | Path, problems: dict[str, Stage]
) -> Stage:
    objective, partial = ARMS[arm]
    settings = resolved(recipe.model_copy(update={"objective": objective, "partial": partial, "seed": seed}))
    settings["model"]["from"] = f"{INPUT}base"
    settings["data"]["path"] = f"{INPUT}train"
    settings["evaluation"]["path"] = f"{INPUT}validation"
    inputs = {"base": base, "train": problems["train"], "validation": problems["validation"]}
    return Stage(name=run_name(arm, seed), settings=settings, inputs=inputs, work=_train, output="model")


def _test_stage(name: str, section: EvaluationSection, run: Stage, problems: Stage) -> Stage:
    settings = {**resolved(section), "path": f"{INPUT}problems", "model": f"{INPUT}model"}
    inputs = {"problems": problems, "model": run}
    return Stage(name=f"test-{name}", settings=settings, inputs=inputs, work=_test, output="scores.json")


def _make_problems(settings: Settings, folder: Path) -> None:
    part = None if settings["part"] is None else (settings["part"][0], settings["part"][1])
    made = arith_problems(settings["split"], seed=settings["seed"], part=part)
    short = (problem for problem in made if (problem.num_steps or 0) <= settings["most_steps"])
    with atomic_file(folder / "problems.jsonl") as file:
        write_lines((problem.to_json() for problem in itertools.islice(short, settings["limit"])), file)


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
