"""What an engine process needs of the models; whoever starts the server says how they are loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from reasoning.engines import Judge, Sampler

Check = Callable[[], None]


class Calibrated(Protocol):
    """How far choices made in one way are to be trusted."""

    @property
    def confidence(self) -> Callable[[float], float] | None: ...

    @property
    def min_confidence(self) -> float | None: ...

    @property
    def note(self) -> str | None: ...


class Calibrate(Protocol):
    """Looks up what is known about choices; raises InputError where a risk is stated and nothing is known of it."""

    def __call__(
        self, *, strategy: str, num_samples: int, k: int, top_n: int, max_risk: float | None
    ) -> Calibrated: ...


@dataclass(frozen=True, kw_only=True)
class Models:
    """The models of a server, loaded.

    Attributes:
        sampler: the generator.
        judge: the evaluator, if there is one.
        calibrate: what is known about the judge's choices; None where nothing is.
        notices: what the models say of themselves.
        shares_batches: samples of several requests are drawn in one call of the sampler. False for a remote engine,
            which gathers requests itself.
        judge_is_remote: several requests may be judged at once.
        before_sampling: has a function called before each step of the sampler; what it raises ends the batch.
        before_judging: the same for the judge.
    """

    sampler: Sampler | None
    judge: Judge | None = None
    calibrate: Calibrate | None = None
    notices: tuple[str, ...] = ()
    shares_batches: bool = True
    judge_is_remote: bool = False
    before_sampling: Callable[[Check], None] | None = None
    before_judging: Callable[[Check], None] | None = None


class NoModels:
    """Loads nothing: for a process that only extracts answers and groups them."""

    def __call__(self) -> Models:
        return Models(sampler=None)
