"""The models of a server, by their names: loaded in the engine process."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from reasoning.engines import Judge, Sampler
from server.engine import Models

LOCAL_MODULES = ("reasoning.engines.transformers_engine", "evaluator.scoring", "quorum.load")
REMOTE_MODULES = ("reasoning.engines.openai_engine", "evaluator.label_judge", "quorum.load")


@dataclass(frozen=True)
class NamedModels:
    """Loads a generator and perhaps an evaluator.

    Attributes:
        generator: as `load_generator` takes it.
        evaluator: as `load_evaluator` takes it; None votes.
        device: where local models run.
    """

    generator: str
    evaluator: str | None
    device: str | None

    def __call__(self) -> Models:
        from quorum.load import load_calibration, load_evaluator, load_generator, notices

        sampler = load_generator(self.generator, device=self.device)
        judge = None if self.evaluator is None else load_evaluator(self.evaluator, device=self.device)
        return Models(
            sampler=sampler,
            judge=judge,
            calibrate=None if self.evaluator is None else partial(load_calibration, self.evaluator),
            notices=notices(self.generator, self.evaluator),
            shares_batches=not is_remote(self.generator),
            judge_is_remote=self.evaluator is not None and is_remote(self.evaluator),
            before_sampling=_before_passes(sampler),
            before_judging=_before_passes(judge),
        )

    @property
    def modules(self) -> tuple[str, ...]:
        """What takes long to import, for the process that engines are forked from."""
        names = [self.generator, *([] if self.evaluator is None else [self.evaluator])]
        return REMOTE_MODULES if all(map(is_remote, names)) else LOCAL_MODULES


def is_remote(name: str) -> bool:
    """Whether a name is an engine's URL."""
    from quorum.load import REMOTE

    return name.startswith(REMOTE)


def _before_passes(engine: Sampler | Judge | None) -> Callable[[Callable[[], None]], None] | None:
    """Has a function called before each forward pass of a local model: work that nobody waits for ends there."""
    model: Any = getattr(engine, "model", None)
    model = getattr(model, "model", model)
    if not hasattr(model, "register_forward_pre_hook"):
        return None

    def register(check: Callable[[], None]) -> None:
        model.register_forward_pre_hook(lambda *_: check())

    return register
