"""Models of a few thousand random weights and tokenizers trained here, for tests.

The weights are large enough that the next token depends on all tokens before it, and their places.
"""

from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from reasoning.model_folder import ModelCard, write_card
from reasoning.problems.arith import arith_problems
from reasoning.prompts import LABELS, solution_prompt, verdict_prompt

ARCHITECTURES = ("llama", "qwen2", "gpt_neo")
PAD, EOS = "<pad>", "<eos>"
CONTEXT = 256
EOS_SCALE = 2.5  # of its logit, so that some texts end
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def arith_texts(num_problems: int = 200) -> list[str]:
    """Solution prompts with their solutions."""
    rows = arith_problems("train", limit=num_problems)
    return [solution_prompt(row.problem) + (row.solution or "") for row in rows]


def tiny_tokenizer(*, splits_labels: bool = False, chat: bool = False) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with one token a digit.

    Args:
        splits_labels: each verdict label is several tokens; else one.
        chat: it has a chat template.
    """
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer.from_str(_trained(splits_labels)), pad_token=PAD, eos_token=EOS
    )
    if chat:
        tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def tiny_model(
    architecture: str = "llama", tokenizer: PreTrainedTokenizerFast | None = None, *, seed: int = 0, **config: Any
) -> PreTrainedModel:
    """A model with random weights in fp32, ready to be asked; `config` changes its shape."""
    tokenizer = tokenizer or tiny_tokenizer()
    fields = {**_shape(architecture), "vocab_size": len(tokenizer), "initializer_range": 0.3, **config}
    special = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            AutoConfig.for_model(architecture, **fields, **special), dtype=torch.float32
        )
    with torch.no_grad():
        output: torch.nn.Linear = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        output.weight[tokenizer.eos_token_id] *= EOS_SCALE
    model.eval()  # type: ignore[no-untyped-call]
    return model


def save_tiny_model(
    folder: Path,
    architecture: str = "llama",
    *,
    splits_labels: bool = False,
    chat: bool = False,
    card: ModelCard | None = None,
    seed: int = 0,
    **config: Any,
) -> Path:
    """Write a model folder: config, safetensors, tokenizer, and the card if there is one."""
    tokenizer = tiny_tokenizer(splits_labels=splits_labels, chat=chat)
    tiny_model(architecture, tokenizer, seed=seed, **config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if card is not None:
        write_card(card, folder)
    return folder


@cache
def _trained(splits_labels: bool) -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r" ?\d| ?\p{L}+| ?[^\s\p{L}\d]+|\s"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[PAD, EOS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    texts = arith_texts()
    if not splits_labels:
        texts += [verdict_prompt("", "") + label for label in LABELS] * len(texts)
    tokenizer.train_from_iterator(texts, trainer)
    return str(tokenizer.to_str())


def _shape(architecture: str) -> dict[str, Any]:
    if architecture == "gpt_neo":
        return {
            "hidden_size": 32,
            "num_layers": 2,
            "num_heads": 2,
            "attention_types": [[["global", "local"], 1]],
            "window_size": 16,
            "max_position_embeddings": CONTEXT,
        }
    return {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": CONTEXT,
    }
