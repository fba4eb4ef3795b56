"""From training rows to tokens."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from generator.ssft.rows import TrainingRow
from reasoning.errors import InputError
from reasoning.training.examples import Examples, to_examples

CHUNK = 4096
Ids = list[int]


@dataclass
class TooLong:
    """Rows that are longer than the context.

    Attributes:
        number: how many.
        first: where the first one is.
    """

    number: int = 0
    first: str | None = None


def prompt_text(row: TrainingRow) -> str:
    """What comes before the completion in plain text.

    Raises:
        InputError: the row is a chat of more than a question.
    """
    if row.prompt is None:
        raise InputError(f"{row.place}: expected one question and its answer, found a longer chat; set `chat: true`")
    return row.prompt


def tokenize(
    rows: Iterable[TrainingRow],
    tokenizer: PreTrainedTokenizerBase,
    *,
    chat: bool,
    max_tokens: int | None,
    skip_too_long: bool,
    too_long: TooLong,
) -> Examples:
    """Tokenize rows. A prompt is tokenized alone, as it is when a model samples; a completion ends in end-of-sequence.

    Args:
        rows: in order.
        tokenizer: of the model.
        chat: put prompts into the chat template.
        max_tokens: of prompt and completion together; None has no limit.
        skip_too_long: leave longer ones out.
        too_long: counts them.

    Raises:
        InputError: a row is too long and is not to be skipped.
    """
    pairs = _chat_pairs(rows, tokenizer) if chat else _plain_pairs(rows, tokenizer)
    return to_examples(_fitting(pairs, max_tokens, skip_too_long, too_long))


def _fitting(
    pairs: Iterable[tuple[TrainingRow, Ids, Ids]], max_tokens: int | None, skip: bool, too_long: TooLong
) -> Iterator[tuple[Ids, Ids]]:
    for row, prompt, completion in pairs:
        length = len(prompt) + len(completion)
        if max_tokens is None or length <= max_tokens:
            yield prompt, completion
            continue
        too_long.number += 1
        too_long.first = too_long.first or row.place
        if not skip:
            raise InputError(
                f"{row.place}: expected at most {max_tokens:,} tokens, the context, found {length:,}; "
                "set length.skip_too_long to leave such rows out"
            )


def _plain_pairs(
    rows: Iterable[TrainingRow], tokenizer: PreTrainedTokenizerBase
) -> Iterator[tuple[TrainingRow, Ids, Ids]]:
    iterator = iter(rows)
    while chunk := list(itertools.islice(iterator, CHUNK)):
        prompts = tokenizer([prompt_text(row) for row in chunk])["input_ids"]
        completions = tokenizer([row.completion for row in chunk], add_special_tokens=False)["input_ids"]
        for row, prompt, completion in zip(chunk, prompts, completions, strict=True):
            yield row, prompt, [*completion, tokenizer.eos_token_id]


def _chat_pairs(
    rows: Iterable[TrainingRow], tokenizer: PreTrainedTokenizerBase
) -> Iterator[tuple[TrainingRow, Ids, Ids]]:
    if tokenizer.chat_template is None:
        raise InputError("chat: expected a tokenizer with a chat template, found none; set `chat: false`")
    for row in rows:
        prompt = _chat_text(tokenizer, row.turns, asks=True)
        whole = _chat_text(tokenizer, (*row.turns, ("assistant", row.completion)), asks=False)
        completion = whole[len(prompt) :] if whole.startswith(prompt) else row.completion
        prompt_ids, ids = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prompt, completion))
        yield row, prompt_ids, _ended(ids, tokenizer.eos_token_id)


def _chat_text(tokenizer: PreTrainedTokenizerBase, turns: Sequence[tuple[str, str]], *, asks: bool) -> str:
    messages = [{"role": role, "content": text} for role, text in turns]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=asks, tokenize=False)
    assert isinstance(text, str)
    return text


def _ended(ids: Ids, eos: int) -> Ids:
    """The completion up to its last end-of-sequence token, which is added where the template has none."""
    if eos not in ids:
        return [*ids, eos]
    return ids[: len(ids) - ids[::-1].index(eos)]
