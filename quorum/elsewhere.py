"""Models that other processes load for themselves: what is sent to them is a name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from quorum.load import Precision, load_evaluator, load_generator
from reasoning.engines import Completion, Judge, Request, Sampler, SamplingParams

# A process keeps the model that it has loaded.
_generator = cache(load_generator)
_evaluator = cache(load_evaluator)


@dataclass(frozen=True, slots=True)
class GeneratorElsewhere:
    """A generator that each process loads when it first samples.

    Attributes:
        name: that the loaded engine has.
        model, device: see `load_generator`.
    """

    name: str
    model: str
    device: str | None

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        engine: Sampler = _generator(self.model, device=self.device)
        return engine.sample(requests, params)


@dataclass(frozen=True, slots=True)
class EvaluatorElsewhere:
    """An evaluator that each process loads when it first judges.

    Attributes:
        name: that the loaded evaluator has.
        model, device, precision, calibrated: see `load_evaluator`.
    """

    name: str
    model: str
    device: str | None
    precision: Precision | None
    calibrated: bool

    @property
    def num_tokens(self) -> int:
        """Not known here."""
        return 0

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        judge: Judge = _evaluator(self.model, device=self.device, precision=self.precision, calibrated=self.calibrated)
        return judge.score(problem, solutions)
