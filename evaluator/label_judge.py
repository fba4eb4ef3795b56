"""The verdict prompt put to any engine that scores labels, as one behind a URL; without a model in this process."""

from collections.abc import Callable, Sequence

from evaluator.verdict import score_of
from reasoning.engines.protocols import LabelScorer
from reasoning.prompts import LABELS, verdict_prompt

Calibrate = Callable[[float], float]


class LabelJudge:
    """An engine as an evaluator.

    Args:
        engine: scores labels.
        calibrate: from raw scores to probabilities; None leaves them.
    """

    def __init__(self, engine: LabelScorer, *, calibrate: Calibrate | None = None) -> None:
        self._engine = engine
        self._calibrate = calibrate

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def num_tokens(self) -> int:
        """Tokens that the engine says went through it; 0 where it does not say."""
        return int(getattr(self._engine, "num_tokens", 0))

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        """P(correct) of each; None where the engine cannot read one, NaN where it gives no number.

        Equal texts are asked once.
        """
        distinct = list(dict.fromkeys(solutions))
        logprobs = self._engine.label_logprobs([verdict_prompt(problem, text) for text in distinct], LABELS)
        scores = {
            text: None if pair is None else score(pair[0], pair[1], self._calibrate)
            for text, pair in zip(distinct, logprobs, strict=True)
        }
        return [scores[text] for text in solutions]


def score(logprob_correct: float, logprob_incorrect: float, calibrate: Calibrate | None) -> float:
    """P(correct), calibrated where it can be."""
    raw = score_of(logprob_correct, logprob_incorrect)
    return raw if calibrate is None else calibrate(raw)
