"""The trained tokenizer: digits and labels are single tokens."""

import pytest

from reasoning.errors import InputError
from reasoning.prompts import LABELS
from reasoning.training.bpe import train_bpe
from tests.tiny_models import arith_texts


def test_digits_and_labels_are_single_tokens() -> None:
    texts = arith_texts(100)
    tokenizer = train_bpe(texts, 600)
    assert len(tokenizer) == 600
    assert [len(tokenizer(label)["input_ids"]) for label in LABELS] == [1, 1]
    assert tokenizer.tokenize("110 - 96") == ["1", "1", "0", "Ġ-", "Ġ9", "6"]
    assert tokenizer.decode(tokenizer(texts[0] + " ü½🙂\n\n  x")["input_ids"]) == texts[0] + " ü½🙂\n\n  x"
    assert train_bpe(texts, 600).get_vocab() == tokenizer.get_vocab()


def test_a_vocabulary_without_room_for_the_labels() -> None:
    with pytest.raises(InputError, match="vocab_size: expected room for the label ' correct' as one token, found 260"):
        train_bpe(arith_texts(20), 260)
