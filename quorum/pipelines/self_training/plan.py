"""The stages of a round: sample, grade, select, train, and samples to evaluate by."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.self_training.trials import num_waves
from quorum.pipelines.self_training import work
from quorum.pipelines.self_training.recipe import SelfTrainingRecipe
from quorum.pipelines.stages import INPUT, Stage
from quorum.pipelines.work import SamplesSection, generator_stage, model_input, samples_stage, scores_stage
from reasoning.training.settings import ModelSection

Model = Stage | str  # a name where no stage made it
EVALUATED = ("validation", "test", "seen")  # sections of the recipe that every round is sampled on


@dataclass(frozen=True)
class Round:
    """A round's stages.

    Attributes:
        number: from 1; 0 is the base model, which has only what it is evaluated by.
        model: what it ends with.
        samples: all its samples, graded, and scored where an evaluator rewards.
        hinted: samples of unsolved problems with hints, graded.
        written: samples of problems that back-translation wrote, graded.
        kept: those that were learnt from.
        evaluated: graded samples to evaluate it by, by the section's name.
        stages: all of them, each after those that it needs.
    """

    number: int
    model: Model
    samples: Stage | None
    hinted: Stage | None
    written: Stage | None
    kept: Stage | None
    evaluated: Mapping[str, Stage]
    stages: tuple[Stage, ...]


def base_round(recipe: SelfTrainingRecipe) -> Round:
    """The base model, trained where the recipe says so, and samples to evaluate it by."""
    trained = None if recipe.supervised is None else generator_stage("base", recipe.supervised, {})
    model = trained or recipe.model
    assert model is not None
    stages = [] if trained is None else [trained]
    evaluated = _evaluated(recipe, 0, model, stages)
    return Round(0, model, None, None, None, None, evaluated, tuple(stages))


def next_round(recipe: SelfTrainingRecipe, rounds: list[Round]) -> Round:
    """The round after those."""
    number, stages = len(rounds), list[Stage]()
    samples, hinted, written = rounds[-1].samples, rounds[-1].hinted, rounds[-1].written
    if (number - 1) % recipe.sample_every == 0:
        policy = recipe.teacher or rounds[-1].model
        samples = _samples(recipe, number, policy, stages)
        hinted = None if recipe.hint is None else _hinted(recipe, number, policy, samples, stages)
        written = None if recipe.back_translation is None else _written(recipe, number, policy, samples, stages)
    assert samples is not None
    kept = _kept(recipe, number, samples, hinted, written, stages)
    start = rounds[0].model if recipe.start == "base" else rounds[-1].model
    model = _trained(recipe, number, start, kept, stages)
    return Round(
        number, model, samples, hinted, written, kept, _evaluated(recipe, number, model, stages), tuple(stages)
    )


def transfer_stages(recipe: SelfTrainingRecipe, rounds: list[Round]) -> tuple[Stage, ...]:
    """Samples of each of these rounds' models on another family of problems."""
    assert recipe.transfer is not None
    stages: list[Stage] = []
    for each in rounds:
        _evaluation(recipe, f"transfer-{each.number}", recipe.transfer, each.model, stages)
    return tuple(stages)


def _samples(recipe: SelfTrainingRecipe, number: int, policy: Model, stages: list[Stage]) -> Stage:
    """Wave after wave; then scores, where an evaluator rewards."""
    per_wave, graded = recipe.sampling.num_samples, None
    for wave in range(num_waves(recipe.trials, per_wave)):
        most = per_wave if recipe.trials is None else min(per_wave, recipe.trials.most_samples - wave * per_wave)
        name = f"round-{number}-samples" + (f"-{wave}" if wave else "")
        drawn = _draw(recipe, name, policy, number=number, wave=wave, num_samples=most, rows=graded)
        stages.append(drawn)
        graded = _graded(recipe, drawn, stages, earlier=graded, first_sample=wave * per_wave)
    assert graded is not None
    if recipe.keep.evaluator is not None:
        graded = scores_stage(f"round-{number}-scores", graded, recipe.keep.evaluator)
        stages.append(graded)
    return graded


def _hinted(recipe: SelfTrainingRecipe, number: int, policy: Model, samples: Stage, stages: list[Stage]) -> Stage:
    drawn = _draw(
        recipe,
        f"round-{number}-hinted",
        policy,
        number=number,
        wave=work.HINT_WAVE,
        num_samples=recipe.sampling.num_samples,
        rows=samples,
        hint=recipe.hint,
    )
    stages.append(drawn)
    return _graded(recipe, drawn, stages)


def _written(recipe: SelfTrainingRecipe, number: int, policy: Model, samples: Stage, stages: list[Stage]) -> Stage:
    """New problems by back-translation, and samples of them."""
    section = recipe.back_translation
    assert section is not None
    place, inputs = model_input(section.writer)
    inputs |= {"rows": samples, "problems": recipe.problems}
    inputs |= {f"apart-{i}": path for i, path in enumerate(recipe.files_to_keep_apart)}
    settings = {
        "back_translation": section.model_dump(mode="json", exclude={"num_samples", "agreement"}) | {"writer": place},
        "seed": recipe.sampling.seed,
        "round": number,
        "problems_per_call": recipe.sampling.problems_per_call,
        "rows": f"{INPUT}rows",
        "known": [f"{INPUT}{name}" for name in inputs if name == "problems" or name.startswith("apart-")],
    }
    problems = Stage(
        name=f"round-{number}-questions",
        settings=settings,
        inputs=inputs,
        work=work.write_problems,
        output=work.WRITTEN,
    )
    drawn = _draw(
        recipe,
        f"round-{number}-written",
        policy,
        number=number,
        wave=work.WRITTEN_WAVE,
        num_samples=section.num_samples,
        problems=problems,
    )
    stages += [problems, drawn]
    return _graded(recipe, drawn, stages, problems=problems)


def _draw(
    recipe: SelfTrainingRecipe,
    name: str,
    policy: Model,
    *,
    number: int,
    wave: int,
    num_samples: int,
    problems: Stage | None = None,
    rows: Stage | None = None,
    hint: str | None = None,
) -> Stage:
    place, inputs = model_input(policy)
    inputs["problems"] = problems or recipe.problems
    settings: dict[str, Any] = {
        "sampling": recipe.sampling.model_dump(mode="json", exclude={"examples"}),
        "num_samples": num_samples,
        "round": (number - 1) // recipe.sample_every + 1,  # of those that draw
        "wave": wave,
        "problems_per_round": None if problems else recipe.problems_per_round,
        "model": place,
        "problems": f"{INPUT}problems",
    }
    if rows is not None:
        inputs["rows"] = rows
        settings |= {"rows": f"{INPUT}rows", "hint": hint, "trials": _plain(recipe.trials)}
    is_untrained = recipe.teacher is not None or (number == 1 and recipe.supervised is None)
    if recipe.sampling.examples is not None and is_untrained:
        inputs["examples"] = recipe.sampling.examples
        settings["examples"] = f"{INPUT}examples"
    return Stage(name=name, settings=settings, inputs=inputs, work=work.draw, output=work.SAMPLES)


def _graded(
    recipe: SelfTrainingRecipe,
    samples: Stage,
    stages: list[Stage],
    *,
    problems: Path | Stage | None = None,
    earlier: Stage | None = None,
    first_sample: int = 0,
) -> Stage:
    """The samples graded; those that are, the drawing of texts grades them, and stand alone, as they are."""
    if recipe.grading == "text" and earlier is None:
        return samples
    inputs: dict[str, Path | Stage] = {"samples": samples, "problems": problems or recipe.problems}
    if earlier is not None:
        inputs["rows"] = earlier
    settings = {name: f"{INPUT}{name}" for name in inputs}
    graded = Stage(
        name=f"{samples.name}-graded",
        settings={**settings, "grading": recipe.grading, "first_sample": first_sample},
        inputs=inputs,
        work=work.grade,
        output=work.GRADED,
    )
    stages.append(graded)
    return graded


def _kept(
    recipe: SelfTrainingRecipe,
    number: int,
    samples: Stage,
    hinted: Stage | None,
    written: Stage | None,
    stages: list[Stage],
) -> Stage:
    sources = {"rows": samples, "hinted": hinted, "written": written}
    inputs: dict[str, Path | Stage] = {name: stage for name, stage in sources.items() if stage is not None}
    settings = {
        **{name: f"{INPUT}{name}" for name in inputs},
        **({} if written is None else {"back_translation": _plain(recipe.back_translation)}),
        "keep": _plain(recipe.keep),
        "round": number,
        "trials": _plain(recipe.trials),
        "num_samples": recipe.sampling.num_samples,
    }
    kept = Stage(name=f"round-{number}-kept", settings=settings, inputs=inputs, work=work.select, output=work.KEPT)
    stages.append(kept)
    return kept


def _trained(recipe: SelfTrainingRecipe, number: int, start: Model, kept: Stage, stages: list[Stage]) -> Stage:
    """The round's model, from another one and the kept rows, each as often as it weighs."""
    data = kept
    if recipe.keep.weight_temperature is not None:
        data = Stage(
            name=f"round-{number}-weighted",
            settings={"kept": f"{INPUT}kept", "keep": _plain(recipe.keep), "round": number},
            inputs={"kept": kept},
            work=work.weigh,
            output=work.WEIGHTED,
        )
        stages.append(data)
    training, sources = recipe.training, {"data.0.path": data}
    if isinstance(start, Stage):
        sources["model.from"] = start
    else:
        section = training.model.model_dump(by_alias=True) | {"from": start}
        training = training.model_copy(update={"model": ModelSection.model_validate(section)})
    model = generator_stage(f"round-{number}-model", training, sources)
    stages.append(model)
    return model


def _evaluated(recipe: SelfTrainingRecipe, number: int, model: Model, stages: list[Stage]) -> dict[str, Stage]:
    sections = {name: getattr(recipe, name) for name in EVALUATED}
    return {
        name: _evaluation(recipe, f"{name}-{number}", section, model, stages)
        for name, section in sections.items()
        if section is not None
    }


def _evaluation(
    recipe: SelfTrainingRecipe, name: str, section: SamplesSection, model: Model, stages: list[Stage]
) -> Stage:
    drawn = samples_stage(name, section, model, {}, greedy=not name.startswith(("validation", "seen")))
    stages.append(drawn)
    return _graded(recipe, drawn, stages, problems=section.problems)


def _plain(section: Any) -> Any:
    return None if section is None else section.model_dump(mode="json")
