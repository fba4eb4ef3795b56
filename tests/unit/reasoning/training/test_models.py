"""Models to start from: new ones, and what is refused."""

from pathlib import Path

import pytest
import torch

from reasoning.errors import InputError
from reasoning.tokenizer import load_tokenizer
from reasoning.training.models import add_layers, base_model, load_model, new_model, with_lora
from reasoning.training.settings import LoraSection, ModelSection
from tests.tiny_models import ARCHITECTURES, save_tiny_model, tiny_model, tiny_tokenizer

SMALL = {"hidden_size": 32, "num_layers": 3, "num_heads": 4, "max_position_embeddings": 64}


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, "gpt2", "mistral"])
def test_new_weights_have_the_shape_and_depend_on_the_seed_alone(architecture: str) -> None:
    section = ModelSection.model_validate({"architecture": architecture, **SMALL})
    model, again, other = (new_model(section, tiny_tokenizer(), seed=seed) for seed in (0, 0, 1))
    config = model.config
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads) == (32, 3, 4)
    assert (config.max_position_embeddings, config.vocab_size, config.tie_word_embeddings) == (64, 400, True)
    assert config.eos_token_id == tiny_tokenizer().eos_token_id
    assert model.dtype == torch.float32
    weights = [torch.cat([p.flatten() for p in m.parameters()]) for m in (model, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"architecture": "lama"}, "model.architecture: expected a causal language model of transformers, found lama"),
        ({"architecture": "llama", "hidden_size": 33}, "model: expected a shape that llama can have"),
    ],
)
def test_a_model_that_cannot_be(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        new_model(ModelSection.model_validate({**SMALL, **fields}), tiny_tokenizer(), seed=0)


def test_no_model_in_the_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a Hugging Face model folder, found no config"):
        load_model(str(tmp_path))
    with pytest.raises(InputError, match="expected a model folder, found nothing"):
        load_model(str(tmp_path / "none"))
    with pytest.raises(InputError, match="found no tokenizer there"):
        load_tokenizer(str(tmp_path))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_tokenizer_is_loaded_as_it_was_saved(architecture: str, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path, architecture)
    text = "12 + 30 = 42, isn't it?\n\n#### 42"
    assert load_tokenizer(str(folder))(text)["input_ids"] == tiny_tokenizer()(text)["input_ids"]


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    save_tiny_model(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"found pytorch_model.bin, a pickle, .*; save the model again"):
        load_model(str(tmp_path))


def test_adapters_for_layers_that_are_not_there() -> None:
    with pytest.raises(InputError, match=r"lora.target_modules: expected layers of this model"):
        with_lora(tiny_model(), LoraSection(target_modules=("nothing",)), seed=0)


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_added_layers_change_nothing_until_they_are_trained(architecture: str, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", architecture)
    plain = load_model(str(folder)).eval()  # type: ignore[no-untyped-call]
    section = ModelSection.model_validate({"from": str(folder), "add_layers": 2, "attention": "eager"})
    model, again = (base_model(section, load_tokenizer(str(folder)), seed=0) for _ in range(2))
    model.eval()  # type: ignore[no-untyped-call]
    ids = torch.arange(3, 40)[None]
    assert model.config.num_hidden_layers == plain.config.num_hidden_layers + 2
    assert model.config._attn_implementation == "eager"
    torch.testing.assert_close(model(input_ids=ids).logits, plain(input_ids=ids).logits, atol=1e-4, rtol=1e-3)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    model(input_ids=ids, labels=ids).loss.backward()
    added = dict(model.named_parameters())[f"model.layers.{plain.config.num_hidden_layers}.mlp.down_proj.weight"]
    assert added.grad is not None
    assert added.grad.abs().sum() > 0
    model.save_pretrained(folder)
    saved = load_model(str(folder)).eval()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(saved(input_ids=ids).logits, plain(input_ids=ids).logits, atol=1e-4, rtol=1e-3)


def test_layers_are_added_only_where_they_are_known() -> None:
    with pytest.raises(InputError, match=r"model.add_layers: expected layers as Llama's.*, found gpt_neo"):
        add_layers(tiny_model("gpt_neo"), 1, seed=0)
