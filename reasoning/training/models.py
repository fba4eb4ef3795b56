"""Models to train: new ones and ones that there are, and what is written of them."""

import os
import warnings
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from reasoning.errors import InputError
from reasoning.model_folder import check_model_folder
from reasoning.training.settings import LoraSection, ModelSection

Precision = Literal["fp32", "bf16"]
DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


def base_model(section: ModelSection, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> PreTrainedModel:
    """The model that a recipe starts from.

    Raises:
        InputError: there is none, or it cannot have the shape that is asked for.
    """
    if section.from_ is None:
        return new_model(section, tokenizer, seed=seed)
    model = load_model(section.from_, attention=section.attention)
    if section.add_layers:
        add_layers(model, section.add_layers, seed=seed)
    return model


def new_model(section: ModelSection, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> PreTrainedModel:
    """A model with random weights that depend on the seed alone.

    Raises:
        InputError: no such architecture, or it cannot have this shape.
    """
    architecture = section.architecture
    if architecture is None or architecture not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise InputError(f"model.architecture: expected a causal language model of transformers, found {architecture}")
    fields = {**_shape(section), "vocab_size": len(tokenizer), **section.config}
    special = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    torch.manual_seed(seed)
    try:
        config = AutoConfig.for_model(architecture, **fields, **special)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config, dtype=torch.float32, attn_implementation=section.attention
        )
    except Exception as error:  # each architecture refuses shapes in its own way
        raise InputError(f"model: expected a shape that {architecture} can have, found {_one_line(error)}") from error
    return model


def load_model(name: str, *, attention: str | None = None) -> PreTrainedModel:
    """The model of a folder or of a name on the hub, in fp32, from safetensors only.

    Args:
        attention: eager or sdpa; transformers' choice if None.

    Raises:
        InputError: there is none, or its weights are not safetensors.
    """
    if os.path.exists(name) or name.startswith((".", "/", "~")):
        check_model_folder(Path(name))
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            name, dtype=torch.float32, use_safetensors=True, attn_implementation=attention
        )
    except (OSError, ValueError) as error:
        raise InputError(
            f"{name}: expected a causal language model in safetensors, found {_one_line(error)}"
        ) from error
    return model


def add_layers(model: PreTrainedModel, number: int, *, seed: int) -> None:
    """Put new layers behind the last one, in place. Their last matrices are 0, so that the model is what it was.

    An evaluator that starts from a generator gets with them the depth to compare what the generator would have said,
    which only its last layer knows, with what the solution says.

    Raises:
        InputError: the architecture's layers are not built as Llama's are.

    Source: block expansion of arXiv:2401.02415, here all behind the last layer.
    """
    layers, config = getattr(model.base_model, "layers", None), model.config
    last: Any = layers[-1] if isinstance(layers, nn.ModuleList) and len(layers) else None
    if not (hasattr(getattr(last, "self_attn", None), "o_proj") and hasattr(getattr(last, "mlp", None), "down_proj")):
        raise InputError(
            f"model.add_layers: expected layers as Llama's, Mistral's or Qwen's, found {config.model_type}"
        )
    config.num_hidden_layers += number
    if getattr(config, "layer_types", None):
        config.layer_types = [*config.layer_types, *config.layer_types[-1:] * number]
    torch.manual_seed(seed)
    assert isinstance(layers, nn.ModuleList)
    for place in range(len(layers), len(layers) + number):
        layer: Any = type(last)(config, place)
        layer.apply(model._init_weights)
        nn.init.zeros_(layer.self_attn.o_proj.weight)
        nn.init.zeros_(layer.mlp.down_proj.weight)
        layers.append(layer)


def with_lora(model: PreTrainedModel, section: LoraSection, *, seed: int) -> nn.Module:
    """The model with adapters, the only weights that are trained."""
    from peft import LoraConfig, get_peft_model

    targets = section.target_modules
    config = LoraConfig(
        r=section.rank,
        lora_alpha=section.alpha,
        lora_dropout=section.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(seed)
    try:
        with warnings.catch_warnings():  # peft asks transformers by a name that this deprecates
            warnings.simplefilter("ignore", FutureWarning)
            return get_peft_model(model, config)
    except ValueError as error:
        raise InputError(f"lora.target_modules: expected layers of this model, found {_one_line(error)}") from error


def context_length(model: PreTrainedModel) -> int | None:
    """Tokens that the model can read at once; None where it has no limit of its own."""
    length: int | None = getattr(model.config, "max_position_embeddings", None)
    return length


def merged(model: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights as the model alone would have them: adapters are added to what they adapt.

    Args:
        model: with adapters or without.
        weights: all of the model's weights, under its names.
    """
    if not hasattr(model, "peft_config"):
        return weights
    from peft.tuners.lora import LoraLayer

    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, LoraLayer)}
    plain = {}
    for name, tensor in weights.items():
        layer_name, marker, rest = name.rpartition(".base_layer.")
        if marker and rest == "weight":
            layer = layers[layer_name]
            a, b = (weights[f"{layer_name}.lora_{side}.default.weight"].float() for side in "AB")
            delta = (b @ a) * layer.scaling["default"]
            transposed = getattr(layer, "fan_in_fan_out", False)
            tensor = tensor + (delta.T if transposed else delta).to(tensor.dtype)
        if ".lora_" not in name:
            whole = f"{layer_name}.{rest}" if marker else name
            plain[whole.removeprefix("base_model.model.")] = tensor
    return plain


def save_model(
    model: PreTrainedModel,
    weights: dict[str, Tensor],
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    *,
    precision: Precision,
) -> None:
    """Write a Hugging Face folder: config, safetensors weights in the given precision, tokenizer."""
    dtype = DTYPES[precision]
    cast_once: dict[int, Tensor] = {}  # tied weights stay one tensor
    for tensor in weights.values():
        if tensor.is_floating_point():
            cast_once.setdefault(tensor.data_ptr(), tensor.to(dtype))
    model.save_pretrained(
        folder, state_dict={name: cast_once.get(tensor.data_ptr(), tensor) for name, tensor in weights.items()}
    )
    model.config.dtype = dtype  # save_pretrained writes that of the weights in memory
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _shape(section: ModelSection) -> dict[str, Any]:
    """The shape under the names that the architecture's configuration has for it."""
    heads = section.num_heads
    shape: dict[str, Any] = {
        "hidden_size": section.hidden_size,
        "num_hidden_layers": section.num_layers,
        "num_attention_heads": heads,
        "intermediate_size": section.intermediate_size,
        "max_position_embeddings": section.max_position_embeddings,
        "tie_word_embeddings": section.tie_embeddings,
    }
    if section.architecture == "gpt_neo":
        shape["num_layers"], shape["num_heads"] = shape.pop("num_hidden_layers"), shape.pop("num_attention_heads")
        local = [[["global", "local"], section.num_layers // 2], [["global"], section.num_layers % 2]]
        shape["attention_types"] = [part for part in local if part[1]]
    elif section.architecture != "gpt2":
        shape["num_key_value_heads"] = section.num_kv_heads or heads
    if section.intermediate_size is None:
        del shape["intermediate_size"]
        if section.architecture in ("llama", "qwen2", "mistral", "qwen3"):
            shape["intermediate_size"] = -(-section.hidden_size * 8 // 3 // 8) * 8
    return shape


def _one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]
