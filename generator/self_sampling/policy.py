"""The engine that samples from the weights in training: the same ones, or where they are sharded, a copy."""

import contextlib
from collections.abc import Iterator

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reasoning.engines import Sampler
from reasoning.engines.loading import LoadedModel, load_model
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.training.engine import Engine
from reasoning.training.processes import Place, wait_for_all
from reasoning.training.run_folder import RunFolder
from reasoning.training.saving import export
from reasoning.training.settings import RunSection
from reasoning.training.start import precision

SHARED = "policy"  # in the run's folder: what a sharded model is sampled from


@contextlib.contextmanager
def policy(
    engine: Engine,
    base: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    *,
    run: RunSection,
    folder: RunFolder,
    place: Place,
) -> Iterator[Sampler]:
    """An engine on the weights as they are now. Every process calls it.

    A model that each process has whole is sampled as it is. A sharded one is written as a model folder, which each
    process reads: that takes a time of its own at every step, and is never done on the sharded model itself.

    Args:
        base: the model as transformers has it; adapters are within it.
    """
    if is_sharded(base):
        where = folder.exports / SHARED
        export(engine, base, tokenizer, where, precision=run.save_precision, place=place)
        yield TransformersEngine(load_model(str(where), device=str(place.device)), chat=False)
        wait_for_all(place)  # the next export replaces what the others may still read
        return
    was_training = base.training
    base.eval()  # type: ignore[no-untyped-call]
    try:
        with precision(run, place):
            yield TransformersEngine(LoadedModel(base, tokenizer, None, "policy", place.device), chat=False)
    finally:
        base.train(was_training)


def is_sharded(model: PreTrainedModel) -> bool:
    """Whether a process holds only a part of the weights, as with ZeRO 3."""
    return any(hasattr(parameter, "ds_id") for parameter in model.parameters())
