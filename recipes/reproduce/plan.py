"""The stages of the reproduction."""

import itertools
from pathlib import Path

from evaluator.recipe import EvaluatorRecipe
from generator.ssft.recipe import SsftRecipe
from quorum.pipelines.sequential.plan import evaluator_from, generator_again
from quorum.pipelines.stages import Settings, Stage
from quorum.pipelines.work import generator_stage, samples_stage, scores_stage
from reasoning.formats.write import atomic_file, write_lines
from reasoning.problems.arith import arith_problems
from recipes.reproduce.recipe import READER_DATA, STYLES, ProblemsSection, ReproduceRecipe

LOSSES = ("margin", "cross-entropy")
BOTH, SMALL, CONTROL, LIKELIHOOD = "both", "small", "control", "likelihood"
JUDGES = (*LOSSES, LIKELIHOOD)  # of the first generator's samples; the last is not in the paper
GENERATORS = (*STYLES, BOTH, SMALL)
EVALUATORS = (*LOSSES, SMALL)  # `small` is the small generator's, with the cross-entropy loss
AGAIN = (*(f"sequence-{loss}" for loss in LOSSES), CONTROL)
SCORED = (
    *((judge, BOTH) for judge in JUDGES),
    (LOSSES[1], SMALL),
    (SMALL, SMALL),
    (SMALL, BOTH),
)  # table 6: the second and the last three
HALVES = {"generator": [0, 2], "evaluator": [1, 2]}  # of the templates; the reader learns all


def reproduce_stages(recipe: ReproduceRecipe) -> list[Stage]:
    """Every stage, each after those it needs."""
    problems = problem_stages(recipe.problems)
    models = _generators(recipe, problems)
    stages = [*problems.values(), *models.values()]
    samples = {}
    for name in (BOTH, SMALL):
        samples[name] = samples_stage(
            f"samples-{name}", recipe.samples, models[name], {"problems": problems["evaluator"]}
        )
        samples[f"validation-{name}"] = samples_stage(
            f"validation-{name}", recipe.validation_samples, models[name], {"problems": problems["validation"]}
        )
    evaluators = {name: _evaluator(recipe, name, models, samples, problems) for name in EVALUATORS}
    evaluators[LIKELIHOOD] = generator_stage(
        f"evaluator-{LIKELIHOOD}",
        recipe.reader,
        {
            "model.from": models[BOTH],
            **{f"data.{i}.path": problems[name] for i, name in enumerate(READER_DATA)},
        },
    )
    again = {
        name: generator_again(name, recipe.generator, recipe.again, start, _data(problems, STYLES))
        for name, start in zip(AGAIN, (*(evaluators[loss] for loss in LOSSES), models[BOTH]), strict=True)
    }
    tests = {
        name: samples_stage(f"test-{name}", recipe.test, model, {"problems": problems["test"]}, greedy=True)
        for name, model in (models | again).items()
    }
    scores = [scores_stage(scores_name("test", e, g), tests[g], evaluators[e]) for e, g in SCORED]
    scores += [
        scores_stage(scores_name("validation", judge, BOTH), samples[f"validation-{BOTH}"], evaluators[judge])
        for judge in JUDGES
    ]
    return [*stages, *samples.values(), *evaluators.values(), *again.values(), *tests.values(), *scores]


def scores_name(problems: str, evaluator: str, generator: str) -> str:
    """The name of the stage that scores a generator's samples of some problems with an evaluator."""
    return f"scores-{problems}-{evaluator}-of-{generator}"


def problem_stages(section: ProblemsSection) -> dict[str, Stage]:
    """Problems by what they are for; those of the generators in each style."""
    kinds = {style: ("train", style, "generator", 0) for style in STYLES}
    kinds |= {name: ("train", style, "reader", 2) for name, style in zip(READER_DATA, STYLES, strict=True)}
    kinds["evaluator"] = ("train", "terse", "evaluator", 0)
    kinds["checkpoints"] = ("validation", "terse", "checkpoints", 0)
    kinds["validation"] = ("validation", "terse", "validation", 1)
    kinds["test"] = ("test", "terse", "test", 0)
    return {
        name: Stage(
            name=f"problems-{name}",
            settings={
                "split": split,
                "style": style,
                "limit": getattr(section, number),
                "part": HALVES.get(number),
                "seed": section.seed + further,
                "most_steps": section.most_steps,
            },
            inputs={},
            work=_make_problems,
            output="problems.jsonl",
        )
        for name, (split, style, number, further) in kinds.items()
    }


def _make_problems(settings: Settings, folder: Path) -> None:
    made = arith_problems(
        settings["split"],
        seed=settings["seed"],
        style=settings["style"],
        part=None if settings["part"] is None else (settings["part"][0], settings["part"][1]),
    )
    short = (problem for problem in made if (problem.num_steps or 0) <= settings["most_steps"])
    with atomic_file(folder / "problems.jsonl") as file:
        write_lines((problem.to_json() for problem in itertools.islice(short, settings["limit"])), file)


def _data(problems: dict[str, Stage], styles: tuple[str, ...]) -> dict[str, Stage]:
    """The problems in the places of a generator's recipe."""
    return {
        **{f"data.{i}.path": problems[style] for i, style in enumerate(styles)},
        "validation.path": problems["checkpoints"],
    }


def _generators(recipe: ReproduceRecipe, problems: dict[str, Stage]) -> dict[str, Stage]:
    """One for each style, one for both, and a small one for both. All take the same number of steps."""
    both = recipe.generator
    recipes: dict[str, tuple[SsftRecipe, tuple[str, ...]]] = {
        style: (both.model_copy(update={"data": (source,)}), (style,))
        for style, source in zip(STYLES, both.data, strict=True)
    }
    recipes[BOTH] = (both, STYLES)
    recipes[SMALL] = (both.model_copy(update={"model": recipe.small}), STYLES)
    return {
        name: generator_stage(f"generator-{name}", of_name, _data(problems, styles))
        for name, (of_name, styles) in recipes.items()
    }


def _evaluator(
    recipe: ReproduceRecipe,
    name: str,
    models: dict[str, Stage],
    samples: dict[str, Stage],
    problems: dict[str, Stage],
) -> Stage:
    generator = SMALL if name == SMALL else BOTH
    apart = {"data.disjoint_from.0": problems["test"], "data.disjoint_from.1": problems["validation"]}
    return evaluator_from(
        f"evaluator-{name}",
        _evaluator_recipe(recipe.evaluator, name),
        models[generator],
        samples[generator],
        samples[f"validation-{generator}"],
        apart,
    )


def _evaluator_recipe(recipe: EvaluatorRecipe, name: str) -> EvaluatorRecipe:
    margin = float(name == LOSSES[0])
    loss = recipe.loss.model_copy(update={"margin": margin, "cross_entropy": 1.0 - margin})
    data = recipe.data.model_copy(update={"disjoint_from": (Path("test"), Path("validation"))})
    return recipe.model_copy(update={"loss": loss, "data": data})
