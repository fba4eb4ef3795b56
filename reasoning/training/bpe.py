"""A byte-level BPE tokenizer trained on training texts."""

import itertools
from collections.abc import Iterable, Iterator

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from reasoning.errors import InputError
from reasoning.prompts import LABELS, verdict_prompt

PAD, EOS = "<pad>", "<eos>"

_PIECES = r" ?\d| ?\p{L}+| ?[^\s\p{L}\d]+|\s"  # a digit is a piece of its own, with the space before it


def train_bpe(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerBase:
    """A tokenizer in which every digit is one token, and so is each verdict label.

    The same texts give the same tokenizer. The verdict prompt's own words are among what it is trained on, so that an
    evaluator can start from the generator.

    Raises:
        InputError: the vocabulary is too small to hold the labels as single tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, EOS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_with_boilerplate(texts), trainer)
    for label in LABELS:
        if len(tokenizer.encode(label).ids) != 1:
            raise InputError(
                f"tokenizer.vocab_size: expected room for the label {label!r} as one token, found {vocab_size}; "
                "make it larger"
            )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=EOS
    )


def _with_boilerplate(texts: Iterable[str]) -> Iterator[str]:
    """The texts, each followed by the verdict's own words and one of its labels, so that these become tokens."""
    labels = itertools.cycle(LABELS)
    for text, label in zip(texts, labels, strict=False):
        yield text
        yield verdict_prompt("", "") + label
