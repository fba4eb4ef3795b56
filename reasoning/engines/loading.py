"""Loading a model with its tokenizer: safetensors only, and no code out of a model's folder."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM

from reasoning.errors import InputError
from reasoning.model_folder import ModelCard, check_kind, check_model_folder, read_card
from reasoning.tokenizer import load_tokenizer

Kind = Literal["generator", "evaluator"]
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that is ready to be asked.

    Attributes:
        model: a causal language model of transformers, in evaluation mode.
        tokenizer: its own.
        card: what Quorum knows about it; None where Quorum did not train it.
        name: as it was asked for, with the revision where it came from the hub.
        device: where it is.
    """

    model: Any
    tokenizer: Any
    card: ModelCard | None
    name: str
    device: torch.device


def load_model(name: str, *, device: str | None = None, dtype: str = "auto", kind: Kind | None = None) -> LoadedModel:
    """Load a model folder or a model of the hub.

    Args:
        name: a folder, or a hub name as `Qwen/Qwen2.5-0.5B`.
        device: as torch names it; None is the first GPU, or the CPU where there is none.
        dtype: fp32, bf16, fp16, or auto: fp32 on the CPU, as the weights are stored elsewhere.
        kind: what it is wanted for; a folder whose card says otherwise is refused.

    Raises:
        InputError: no such model, no safetensors weights, a model of the other kind, no such device.
    """
    if dtype != "auto" and dtype not in DTYPES:
        raise InputError(f"dtype: expected auto, {', '.join(DTYPES)}, found {dtype!r}")
    place = _device(device)
    folder = _folder(name)
    card = None
    if folder is not None:
        if kind is not None:
            check_kind(folder, kind)
        card = read_card(folder)
    stored = "auto" if place.type != "cpu" else torch.float32
    tokenizer = load_tokenizer(name)
    model = _from_pretrained(
        AutoModelForCausalLM,
        name,
        "a causal language model in safetensors",
        dtype=DTYPES.get(dtype, stored),
        use_safetensors=True,
    )
    revision = getattr(model.config, "_commit_hash", None) if folder is None else None
    full_name = f"{name}@{revision[:12]}" if revision else name
    return LoadedModel(model.to(place).eval(), tokenizer, card, full_name, place)


def _folder(name: str) -> Path | None:
    """The checked folder that a name means; None for a hub name, which is NAME or OWNER/NAME."""
    looks_like_a_path = name.startswith((".", "/", "~")) or name.endswith("/") or name.count("/") > 1
    if not looks_like_a_path and not os.path.exists(name):
        return None
    check_model_folder(Path(name))
    return Path(name)


def _device(name: str | None) -> torch.device:
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        found = str(error).splitlines()[0]
        raise InputError(f"expected a device of this machine, found {name!r}: {found}; use cpu") from error
    return device


def _from_pretrained(factory: Any, name: str, what: str, **options: Any) -> Any:
    try:
        return factory.from_pretrained(name, trust_remote_code=False, **options)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"{name}: expected {what}, found: {reason[:300]}; give a model folder or a name on the hub"
        ) from error
