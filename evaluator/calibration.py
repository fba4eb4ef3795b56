"""From raw scores to probabilities, fitted on held-out graded samples; what the evaluator's card keeps of it.

Shapes: M scored samples, or problems with one choice each.
"""

import math
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, model_validator
from scipy.optimize import minimize_scalar
from sklearn.isotonic import IsotonicRegression

from evaluator.abstention import Threshold
from reasoning.auroc import BoolArray, FloatArray
from reasoning.errors import InputError
from reasoning.model_folder import ModelCard

Method = Literal["temperature", "isotonic"]
METHODS: tuple[Method, ...] = ("temperature", "isotonic")
LARGEST_LOGIT = 36.0  # beyond it a float's score is 1
TEMPERATURES = (0.02, 50.0)  # scores hardly better than chance fit best at any higher one


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ScoreMap(_Part):
    """A rising function from [0, 1] to [0, 1].

    Attributes:
        method: temperature keeps the order of any two scores; isotonic fits any rising curve, and makes some equal.
        temperature: divides the logit of a score.
        scores: isotonic's breakpoints, rising; between them the map is linear, beyond them level.
        probabilities: at the breakpoints.
    """

    method: Method
    temperature: PositiveFloat | None = None
    scores: tuple[float, ...] = ()
    probabilities: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.temperature is None) != (self.method == "isotonic"):
            raise ValueError("expected a temperature with method temperature only")
        if len(self.scores) != len(self.probabilities) or bool(self.scores) != (self.method == "isotonic"):
            raise ValueError("expected as many probabilities as scores, with method isotonic only")
        return self

    def __call__(self, score: float) -> float:
        """The probability for a score; NaN stays NaN."""
        if math.isnan(score):
            return score
        if self.temperature is not None:
            return _sigmoid(_logit(score) / self.temperature)
        return float(np.interp(score, self.scores, self.probabilities))


class ChoiceCalibration(_Part):
    """How far the choices of one strategy are to be trusted.

    Attributes:
        num_samples: of a problem, from which was chosen.
        k: the strategy's K or N where it has one.
        confidence: from the chosen cluster's share to P(the choice is correct).
        thresholds: one for each stated risk, of what `confidence` gives.
    """

    num_samples: int
    k: int | None = None
    confidence: ScoreMap
    thresholds: tuple[Threshold, ...] = ()


class EvaluatorCalibration(_Part):
    """What a card keeps.

    Attributes:
        scores: from raw scores to P(correct).
        choices: by strategy.
        num_problems: that it was fitted and checked on, half each.
        files: names of the sample files.
        figures: of the scores, on the half that nothing was fitted to, before and after.
    """

    scores: ScoreMap
    choices: dict[str, ChoiceCalibration] = Field(default={})
    num_problems: int
    files: tuple[str, ...] = ()
    figures: dict[str, Any] = Field(default={})


def calibration_of(card: ModelCard | None, *, name: str) -> EvaluatorCalibration | None:
    """The calibration on an evaluator's card; None where there is none.

    Raises:
        InputError: it is not what `quorum calibrate` writes.
    """
    if card is None or card.calibration is None:
        return None
    try:
        return EvaluatorCalibration.model_validate(card.calibration)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("calibration", *first["loc"])))
        raise InputError(f"{name}: {place}: {first['msg']}; calibrate the evaluator again") from error


def fit(method: Method, scores_M: FloatArray, correct_M: BoolArray) -> ScoreMap:
    """Fit a map to graded scores.

    Args:
        scores_M: in [0, 1].
        correct_M: whether each is of something correct.

    Raises:
        InputError: nothing to fit to, or all of one kind.
    """
    if not len(scores_M) or correct_M.all() or not correct_M.any():
        raise InputError(
            f"expected correct and incorrect samples to calibrate on, found {int(correct_M.sum())} correct of "
            f"{len(correct_M)}; give more problems"
        )
    return fit_temperature(scores_M, correct_M) if method == "temperature" else fit_isotonic(scores_M, correct_M)


def fit_temperature(scores_M: FloatArray, correct_M: BoolArray) -> ScoreMap:
    """The temperature of the lowest log loss.

    Source: Guo et al. 2017, arXiv:1706.04599.
    """
    logits_M = np.array([_logit(score) for score in scores_M.tolist()])
    signs_M = np.where(correct_M, 1.0, -1.0)

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0.0, -signs_M * logits_M / math.exp(log_temperature)).mean())

    low, high = map(math.log, TEMPERATURES)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    return ScoreMap(method="temperature", temperature=math.exp(found.x))


def fit_isotonic(scores_M: FloatArray, correct_M: BoolArray) -> ScoreMap:
    """The rising curve of the least squared error.

    Source: Zadrozny and Elkan 2002.
    """
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores_M, correct_M.astype(np.float64))
    return ScoreMap(
        method="isotonic", scores=fitted.X_thresholds_.tolist(), probabilities=fitted.y_thresholds_.tolist()
    )


def _logit(score: float) -> float:
    if score <= 0.0:
        return -LARGEST_LOGIT
    if score >= 1.0:
        return LARGEST_LOGIT
    return math.log(score) - math.log1p(-score)


def _sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1.0 + math.exp(logit))
