"""The recipe of self-training."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from generator.self_training.back_translation import BackTranslationSection
from generator.self_training.hints import check_hint
from generator.self_training.methods import Method, with_method
from generator.self_training.recipe import Grading, KeepSection, SamplingSection, TrialsSection
from generator.ssft.recipe import SsftRecipe
from quorum.pipelines.work import SamplesSection
from reasoning.config import Section
from reasoning.errors import InputError

START, KEPT = "start", "kept"  # stand in `training` for the model to start from and the samples to learn from


class SelfTrainingRecipe(Section):
    """Rounds of samples, selection and training, from a model that is given or trained first."""

    method: Method | None = Field(
        default=None, description="settings of a method from the literature; those given beside it go before"
    )
    model: str | None = Field(default=None, description="the base model: folder, or name on the hub")
    supervised: SsftRecipe | None = Field(default=None, description="or a training that makes the base model")
    teacher: str | None = Field(
        default=None, description="model that the samples are drawn from in place of the one in training"
    )
    problems: Path = Field(description="file of problems with expected answers, to sample and learn from")
    problems_per_round: PositiveInt | None = Field(
        default=None, description="problems of a round, in turn; all of them in every round if unset"
    )
    rounds: PositiveInt = Field(default=3, description="rounds at most")
    start: Literal["base", "previous"] = Field(
        default="base", description="what each training starts from: the base model, or that of the round before"
    )
    sample_every: PositiveInt = Field(
        default=1, description="rounds from one drawing of samples to the next; those between learn from the same ones"
    )
    sampling: SamplingSection = Field(default=SamplingSection(), description="the samples of a round")
    trials: TrialsSection | None = Field(
        default=None, description="more samples for harder problems; all alike if unset"
    )
    hint: str | None = Field(
        default=None,
        description="how an unsolved problem is asked again with its answer, with {problem} and {answer}; not if unset",
    )
    back_translation: BackTranslationSection | None = Field(
        default=None, description="also learn new problems, whose questions a model writes for samples; not if unset"
    )
    grading: Grading = Field(
        default="text",
        description="what decides whether a sample is correct: text (the answer in it), program (what it computes), or "
        "tests (the unit tests of its problem, under bubblewrap)",
    )
    keep: KeepSection = Field(default=KeepSection(), description="which samples are learnt from")
    training: SsftRecipe = Field(
        description="the training of a round; without `model.from`, and with only those `data` that are mixed in"
    )
    validation: SamplesSection | None = Field(
        default=None, description="samples by which the best round is taken; the last one is if unset"
    )
    patience: PositiveInt | None = Field(
        default=None, description="rounds without a better one on validation after which no other follows"
    )
    test: SamplesSection = Field(description="samples that all rounds are compared on, a greedy one too")
    seen: SamplesSection | None = Field(
        default=None, description="samples of problems that are learnt from, for the gap to those of the test"
    )
    transfer: SamplesSection | None = Field(
        default=None, description="samples of another family of problems, before and after"
    )
    seed: NonNegativeInt = Field(default=0, description="of resamples and of drawn signs in tests")

    @model_validator(mode="before")
    @classmethod
    def _method_and_places(cls, fields: Any) -> Any:
        return _with_places(with_method(fields))

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if (self.model is None) == (self.supervised is None):
            raise ValueError("expected exactly one of `model` and `supervised`")
        if self.training.model.from_ != START or self.training.data[0].path != Path(KEPT):
            raise ValueError(
                "training: expected no `model.from` and in `data` only what is mixed in; leave the rest out"
            )
        if self.method == "distillation" and self.teacher is None:
            raise ValueError("expected `teacher` for distillation, found none")
        if self.patience is not None and self.validation is None:
            raise ValueError("expected `validation` for `patience`, found none")
        if self.grading != "text" and any(r and r.validation for r in (self.supervised, self.training)):
            raise ValueError(
                "expected no `validation` within a training, which reads texts, for programs; leave it out"
            )
        if self.trials is not None and self.sampling.temperature == 0:
            raise ValueError("expected a temperature above 0 for `trials`, at which samples differ")
        if self.back_translation is not None and (self.grading == "tests" or self.keep.evaluator is not None):
            raise ValueError(
                "expected no `back_translation` with unit tests, which new problems lack, or with an evaluator, which "
                "does not score their samples; leave one out"
            )
        if self.hint is not None:
            _check(self.hint)
        return self

    @property
    def files_to_keep_apart(self) -> tuple[Path, ...]:
        """Problems that nothing may be learnt from."""
        sections = (self.test, self.validation, self.transfer)
        return tuple(section.problems for section in sections if section is not None)


def _with_places(fields: Any) -> Any:
    """A recipe's fields with names for the model and the samples of a round in its training."""
    training = fields.get("training") if isinstance(fields, dict) else None
    if not isinstance(training, dict):
        return fields
    data, model = training.get("data") or [], training.get("model") or {}
    is_there = bool(data) and isinstance(data[0], dict) and data[0].get("path") == KEPT
    placed = {"data": data if is_there else [{"path": KEPT}, *data]}
    if isinstance(model, dict):
        placed["model"] = {"from": START, **model}
    return {**fields, "training": {**training, **placed}}


def _check(hint: str) -> None:
    try:
        check_hint(hint)
    except InputError as error:
        raise ValueError(str(error)) from error
