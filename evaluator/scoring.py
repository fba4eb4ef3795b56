"""A trained evaluator as a judge of solutions."""

from collections.abc import Sequence
from typing import Self

from evaluator.calibration import calibration_of
from evaluator.label_judge import Calibrate
from evaluator.model import EvaluatorModel, LikelihoodModel, VerdictModel
from reasoning.engines.loading import load_model
from reasoning.training.models import Precision


class Scorer:
    """A model that says how likely a solution is correct.

    Args:
        model: gives raw scores.
        name: what reports call it.
        calibrate: from raw scores to probabilities; None leaves them.
    """

    def __init__(self, model: EvaluatorModel, *, name: str, calibrate: Calibrate | None = None) -> None:
        self.model = model
        self._name = name
        self._calibrate = calibrate

    @classmethod
    def from_pretrained(
        cls,
        name: str,
        *,
        device: str | None = None,
        precision: Precision = "fp32",
        calibrated: bool = True,
        called: str | None = None,
    ) -> Self:
        """The evaluator in a folder, or any model on the hub.

        Args:
            name: folder or hub name.
            device: as torch names it; None for an accelerator where there is one.
            precision: of weights and calculation.
            calibrated: give probabilities where the folder's card knows how.
            called: in reports; as the model is named if None.

        Raises:
            InputError: no such model, one trained as generator, or a tokenizer that cannot tell the labels apart.
        """
        loaded = load_model(name, device=device, dtype=precision, kind="evaluator")
        calibration = calibration_of(loaded.card, name=name) if calibrated else None
        reads_likelihood = loaded.card is not None and loaded.card.score == "likelihood"
        model = (LikelihoodModel if reads_likelihood else VerdictModel)(loaded.model, loaded.tokenizer)
        return cls(model, name=called or loaded.name, calibrate=calibration.scores if calibration else None)

    @property
    def name(self) -> str:
        return self._name

    @property
    def num_tokens(self) -> int:
        """Tokens that went through the model so far; what solutions share counts once."""
        return self.model.reader.num_tokens

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        """P(correct) of each; None where one is too long for the context, NaN where the model gives no number."""
        raw = self.model.scores(problem, solutions)
        return raw if self._calibrate is None else [None if s is None else self._calibrate(s) for s in raw]
