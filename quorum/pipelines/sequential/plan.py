"""The stages of a sequence and of its control."""

from evaluator.recipe import EvaluatorRecipe
from generator.ssft.recipe import SsftRecipe
from quorum.pipelines.sequential.comparison import COMPARISON, compare_samples
from quorum.pipelines.sequential.recipe import (
    GENERATOR,
    SAMPLES,
    VALIDATION_SAMPLES,
    AgainSection,
    SequentialRecipe,
)
from quorum.pipelines.stages import INPUT, Stage
from quorum.pipelines.work import evaluator_stage, generator_stage, samples_stage
from reasoning.training.settings import ModelSection

EVALUATOR, SEQUENCE, CONTROL = "evaluator", "sequence", "control"
ARMS = (SEQUENCE, CONTROL, GENERATOR)  # whose test samples are compared


def sequential_stages(recipe: SequentialRecipe) -> list[Stage]:
    """Every stage, each after those it needs; the last one compares."""
    generator = generator_stage(GENERATOR, recipe.generator, {})
    samples = samples_stage(SAMPLES, recipe.samples, generator, {})
    stages = [generator, samples]
    validation = None
    if recipe.validation_samples is not None:
        validation = samples_stage(VALIDATION_SAMPLES, recipe.validation_samples, generator, {})
        stages.append(validation)
    apart = recipe.evaluator.data.disjoint_from
    data = recipe.evaluator.data.model_copy(
        update={"disjoint_from": (*apart, *(path for path in recipe.files_to_keep_apart if path not in apart))}
    )
    trained = recipe.evaluator.model_copy(update={"data": data})
    evaluator = evaluator_from(EVALUATOR, trained, generator, samples, validation)
    sequence = generator_again(SEQUENCE, recipe.generator, recipe.again, evaluator)
    control = generator_again(CONTROL, recipe.generator, recipe.again, generator)
    arms = dict(zip(ARMS, (sequence, control, generator), strict=True))
    tests = [samples_stage(f"test-{name}", recipe.test, model, {}, greedy=True) for name, model in arms.items()]
    return [*stages, evaluator, sequence, control, *tests, comparison_stage(dict(zip(ARMS, tests, strict=True)))]


def evaluator_from(
    name: str,
    recipe: EvaluatorRecipe,
    generator: Stage,
    samples: Stage,
    validation: Stage | None,
    sources: dict[str, Stage] | None = None,
) -> Stage:
    """An evaluator that starts from a generator and learns from its samples.

    Args:
        validation: samples on which checkpoints are compared, where the recipe wants that.
        sources: of further places in the recipe.
    """
    sources = {**(sources or {}), "model.from": generator, "data.paths.0": samples}
    if recipe.validation is not None:
        assert validation is not None
        sources["validation.paths.0"] = validation
    return evaluator_stage(name, recipe, sources)


def generator_again(
    name: str, recipe: SsftRecipe, again: AgainSection, start: Stage, sources: dict[str, Stage] | None = None
) -> Stage:
    """Further steps as generator.

    Args:
        recipe: of the first training.
        again: what is different.
        start: whose weights it begins with: the evaluator, or the generator for the control.
        sources: of the recipe's data, where they are stages.
    """
    validation = recipe.validation and recipe.validation.model_copy(update={"every": again.validate_every})
    further = recipe.model_copy(
        update={
            "seed": again.seed,
            "model": ModelSection(from_=start.name),
            "tokenizer": None,
            "validation": validation,
            "optimizer": again.optimizer,
            "run": recipe.run.model_copy(update={"max_steps": again.max_steps, "epochs": None}),
        }
    )
    return generator_stage(name, further, {**(sources or {}), "model.from": start})


def comparison_stage(tests: dict[str, Stage]) -> Stage:
    """Compare the arms' test samples, given by the arm's name."""
    settings = {name: f"{INPUT}{name}" for name in tests}
    return Stage(name=COMPARISON, settings=settings, inputs=tests, work=compare_samples, output="comparison.json")
