"""Loading models: what comes back, and what is refused."""

from pathlib import Path

import pytest
import torch

from reasoning.engines.loading import load_model
from reasoning.errors import InputError
from reasoning.model_folder import ModelCard
from tests.tiny_models import save_tiny_model

CARD = ModelCard(kind="generator", demonstration="sums")


def test_loads_model_tokenizer_and_card(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", card=CARD)
    loaded = load_model(str(folder), device="cpu", kind="generator")
    assert loaded.card == CARD
    assert loaded.name == str(folder)
    assert loaded.device == torch.device("cpu")
    assert not loaded.model.training
    assert loaded.tokenizer.eos_token == "<eos>"
    assert next(loaded.model.parameters()).dtype == torch.float32


def test_a_model_without_a_card_serves_as_either(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    assert load_model(str(folder), kind="evaluator").card is None


def test_precision_can_be_chosen(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    assert load_model(str(folder), device="cpu", dtype="bf16").model.dtype == torch.bfloat16
    with pytest.raises(InputError, match="dtype: expected auto, fp32, bf16, fp16, found 'float7'"):
        load_model(str(folder), dtype="float7")


def test_a_model_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", card=CARD)
    with pytest.raises(InputError, match="expected a model trained as evaluator, found one trained as generator"):
        load_model(str(folder), kind="evaluator")


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a model folder, found nothing"):
        load_model(str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"found no config\.json"):
        load_model(str(tmp_path))


def test_pickles_are_refused(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"found pytorch_model\.bin, a pickle.*safe_serialization=True"):
        load_model(str(folder))


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(InputError, match="expected a causal language model in safetensors, found: "):
        load_model(str(folder))


def test_no_code_of_a_folder_is_run(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    config = folder / "config.json"
    config.write_text(
        config.read_text()
        .replace('"model_type": "llama"', '"model_type": "evil"')
        .replace("{", '{"auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"},', 1)
    )
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(InputError, match="expected "):
        load_model(str(folder))
    assert not (tmp_path / "ran").exists()


def test_no_such_device(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    with pytest.raises(InputError, match="expected a device of this machine, found 'warp'"):
        load_model(str(folder), device="warp")


def test_no_such_model_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"nobody/nothing: expected .*, found no tokenizer there: "):
        load_model("nobody/nothing")
