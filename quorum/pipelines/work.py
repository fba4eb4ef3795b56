"""The kinds of stages: train a generator, train an evaluator, draw samples, score samples.

A recipe becomes a stage's settings. What it names as a path, an input takes the place of, so that a file's content
counts and its name does not.
"""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, NonNegativeInt, PositiveFloat, PositiveInt

import evaluator.train
import generator.ssft.train
from evaluator.recipe import EvaluatorRecipe
from evaluator.scored_files import by_problem, score_file
from generator.sampling import SamplingPlan, sample_file
from generator.ssft.recipe import SsftRecipe
from quorum.load import load_evaluator, load_generator
from quorum.pipelines.stages import INPUT, Settings, Stage
from quorum.progress import Progress
from reasoning.config import Section, check_recipe
from reasoning.engines import SamplingParams
from reasoning.formats import read_rows
from reasoning.problems import ProblemRow, read_problems

Sources = Mapping[str, Path | Stage]


class SamplesSection(Section):
    """Samples of a generator."""

    problems: Path = Field(description="file of problems with expected answers")
    limit: PositiveInt | None = Field(default=None, description="problems at most, from the first")
    num_samples: PositiveInt = Field(default=64, description="samples of a problem, a greedy one not counted")
    temperature: PositiveFloat = Field(default=0.6, description="of the samples")
    top_p: float = Field(default=0.95, gt=0.0, le=1.0, description="share of the probability mass that is kept")
    top_k: NonNegativeInt = Field(default=0, description="most likely tokens that are kept; 0 keeps all")
    max_tokens: PositiveInt = Field(default=512, description="of one sample")
    seed: NonNegativeInt = Field(default=0, description="of the samples")
    problems_per_call: PositiveInt = Field(default=32, description="problems at a time; what a kill costs at most")


def generator_stage(name: str, recipe: SsftRecipe, sources: Sources) -> Stage:
    """Supervised solution fine-tuning.

    Args:
        name: of the stage.
        recipe: with anything in the places that `sources` fills.
        sources: by place in the recipe, as `model.from` or `data.0.path`.
    """
    settings, inputs = _apart(recipe, sources)
    return Stage(name=name, settings=settings, inputs=inputs, work=_train_generator, output="model")


def evaluator_stage(name: str, recipe: EvaluatorRecipe, sources: Sources) -> Stage:
    """Training an evaluator; as `generator_stage`."""
    settings, inputs = _apart(recipe, sources)
    return Stage(name=name, settings=settings, inputs=inputs, work=_train_evaluator, output="model")


def samples_stage(
    name: str, section: SamplesSection, model: Stage | Path | str, sources: Sources, *, greedy: bool = False
) -> Stage:
    """Samples of a generator, graded.

    Args:
        model: the generator: a stage, a folder, or another name that `load_generator` knows.
        sources: by place in the section: `problems`.
        greedy: also take a greedy sample of each problem, which gives Pass@1.
    """
    settings, inputs = _apart(section, sources)
    place, more = model_input(model)
    settings |= {"greedy": greedy, "model": place}
    return Stage(name=name, settings=settings, inputs={**inputs, **more}, work=_draw_samples, output="samples.jsonl")


def model_input(model: Stage | Path | str) -> tuple[str, dict[str, Path | Stage]]:
    """A model as a stage's setting, and as its input `model` where it is one: a name of no folder is only a setting."""
    if isinstance(model, str) and not Path(model).exists():
        return model, {}
    return f"{INPUT}model", {"model": Path(model) if isinstance(model, str) else model}


def scores_stage(name: str, samples: Stage, model: Stage | Path) -> Stage:
    """Samples with an evaluator's scores, as the model gives them."""
    inputs = {"samples": samples, "model": model}
    settings = {name: f"{INPUT}{name}" for name in inputs}
    return Stage(name=name, settings=settings, inputs=inputs, work=_score_samples, output="scores.jsonl")


def _train_generator(settings: Settings, folder: Path) -> None:
    generator.ssft.train.train(check_recipe(SsftRecipe, settings, folder.name), folder)


def _train_evaluator(settings: Settings, folder: Path) -> None:
    evaluator.train.train(check_recipe(EvaluatorRecipe, settings, folder.name), folder)


def _draw_samples(settings: Settings, folder: Path) -> None:
    greedy, model = settings["greedy"], settings["model"]
    fields = {name: value for name, value in settings.items() if name in SamplesSection.model_fields}
    section = check_recipe(SamplesSection, fields, folder.name)
    problems = list(itertools.islice(read_problems([section.problems]), section.limit))
    plan = SamplingPlan(
        num_samples=section.num_samples,
        params=SamplingParams(section.temperature, section.top_p, section.top_k, section.max_tokens),
        seed=section.seed,
        greedy=greedy,
        keep_fields=(),
        problems_per_call=section.problems_per_call,
    )
    sample_problems(model, problems, folder / "samples.jsonl", plan)


def sample_problems(
    model: str, problems: Sequence[ProblemRow], output: Path, plan: SamplingPlan, *, unit: str = "samples"
) -> None:
    """Sample every problem into a file, with a bar; killed and called again, it goes on.

    Args:
        model: as `load_generator` knows it.
        unit: what the bar counts.
    """
    with Progress(len(problems) * plan.rows_per_problem, unit, doing="sampling") as progress:
        sample_file(
            load_generator(model),
            problems,
            output,
            plan=plan,
            on_resume=progress.resume,
            on_completion=lambda completion: progress.add(1, tokens=completion.num_tokens),
        )


def _score_samples(settings: Settings, folder: Path) -> None:
    rows = by_problem(read_rows([Path(settings["samples"])]))
    with Progress(len(rows), "rows", doing="scoring") as progress:
        score_file(
            load_evaluator(settings["model"], calibrated=False),
            rows,
            folder / "scores.jsonl",
            settings={},
            on_resume=progress.resume,
            on_rows=progress.add,
        )


def _apart(recipe: BaseModel, sources: Sources) -> tuple[dict[str, Any], dict[str, Path | Stage]]:
    """The recipe's settings, and its files as inputs in the settings' places."""
    inputs: dict[str, Path | Stage] = {}

    def walk(value: Any, place: str) -> Any:
        if isinstance(value, dict):
            return {key: walk(part, f"{place}.{key}".lstrip(".")) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [walk(part, f"{place}.{i}") for i, part in enumerate(value)]
        if place in sources:
            inputs[place] = sources[place]
        elif isinstance(value, Path):
            inputs[place] = value
        elif place.endswith(".from") and isinstance(value, str) and Path(value).exists():
            inputs[place] = Path(value)
        else:
            return value
        return f"{INPUT}{place}"

    settings = walk(recipe.model_dump(by_alias=True), "")
    unused = sources.keys() - inputs.keys()
    assert not unused, f"no such places in the recipe: {unused}"
    return settings, inputs
