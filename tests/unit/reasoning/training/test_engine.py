"""The plain engine: what it saves is what it goes on with; what it exports is what it computes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedModel

from reasoning.training.batches import collate
from reasoning.training.engine import PlainEngine
from reasoning.training.examples import to_examples
from reasoning.training.logits import completion_loss
from reasoning.training.models import Precision, save_model, with_lora
from reasoning.training.settings import LoraSection, OptimizerSection
from tests.tiny_models import ARCHITECTURES, tiny_model, tiny_tokenizer

OPTIMIZER = OptimizerSection(lr=1e-2, clip=0.5)
EXAMPLES = to_examples([(range(5, 9), range(9, 20)), (range(30, 33), range(33, 60))])
BATCH = collate(EXAMPLES, [0, 1])


def take_steps(engine: PlainEngine, base: PreTrainedModel, num_steps: int) -> list[float]:
    losses = []
    for _ in range(num_steps):
        output_layer = base.get_output_embeddings()  # type: ignore[no-untyped-call]
        loss = completion_loss(engine.model, output_layer, BATCH, num_targets=len(BATCH.targets_N))
        engine.backward(loss, last=True)
        losses.append(float(loss.detach()))
        assert engine.step(1e-2) > 0
    return losses


def logits(model: Any) -> Tensor:
    with torch.no_grad():
        result: Tensor = model.eval()(input_ids=BATCH.input_ids_BT).logits
    return result


def lora(model: PreTrainedModel) -> nn.Module:
    return with_lora(model, LoraSection(rank=2, alpha=4), seed=1)


@pytest.mark.parametrize("adapters", [False, True], ids=["full", "lora"])
def test_a_loaded_engine_goes_on_as_the_saved_one(adapters: bool, tmp_path: Path) -> None:
    engines, bases = [], []
    for _ in range(2):
        bases.append(tiny_model())
        engines.append(PlainEngine(lora(bases[-1]) if adapters else bases[-1], OPTIMIZER))
    before = take_steps(engines[0], bases[0], 3)
    engines[0].save(tmp_path)
    engines[1].load(tmp_path)
    assert take_steps(engines[1], bases[1], 3) == take_steps(engines[0], bases[0], 3) < before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["optimizer.safetensors", "weights.safetensors"]


def test_clipping_bounds_what_a_step_changes() -> None:
    model = nn.Linear(3, 1, bias=False)
    engine = PlainEngine(model, OptimizerSection(lr=0.1, clip=1e-9, eps=1.0, weight_decay=0.0))
    before = model.weight.detach().clone()
    engine.backward(model(torch.ones(3)).sum() * 100, last=True)
    assert engine.step(0.1) == pytest.approx(100 * 3**0.5)
    assert float((model.weight - before).detach().abs().max()) < 1e-9


def test_vectors_do_not_decay() -> None:
    model = nn.Linear(2, 2)
    nn.init.ones_(model.bias)
    nn.init.ones_(model.weight)
    engine = PlainEngine(model, OptimizerSection(lr=0.1, weight_decay=0.5))
    engine.backward((model.weight.sum() + model.bias.sum()) * 0, last=True)
    engine.step(0.1)
    assert model.bias.tolist() == [1, 1]
    assert model.weight[0].tolist() == pytest.approx([0.95, 0.95])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("adapters", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_written_model_computes_the_same(
    architecture: str, adapters: bool, precision: Precision, tmp_path: Path
) -> None:
    base = tiny_model(architecture)
    untrained = logits(base)
    model = lora(base) if adapters else base
    engine = PlainEngine(model.train(), OPTIMIZER)
    take_steps(engine, base, 2)
    save_model(base, engine.weights(), tiny_tokenizer(), tmp_path, precision=precision)
    read = AutoModelForCausalLM.from_pretrained(tmp_path, use_safetensors=True)
    assert read.dtype == {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    trained = logits(model)
    tolerance = 1e-4 if precision == "fp32" else 0.05
    assert float((trained - untrained).norm() / trained.norm()) > 2 * tolerance
    assert float((logits(read).float() - trained).norm() / trained.norm()) < tolerance


def test_tied_weights_are_written_once(tmp_path: Path) -> None:
    sizes = []
    for tied in (True, False):
        model = tiny_model(tie_word_embeddings=tied)
        save_model(model, dict(model.state_dict()), tiny_tokenizer(), tmp_path / str(tied), precision="bf16")
        sizes.append((tmp_path / str(tied) / "model.safetensors").stat().st_size)
        read = AutoModelForCausalLM.from_pretrained(tmp_path / str(tied), dtype=torch.float32)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(parameter.bfloat16())
        assert torch.allclose(logits(read), logits(model), atol=1e-4)
    assert sizes[1] - sizes[0] > 400 * 32 * 2 - 200
