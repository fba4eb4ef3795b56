"""The training data of a recipe, tokenized."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from generator.ssft.recipe import SourceSection, SsftRecipe
from generator.ssft.rows import TrainingRow, read_training_rows
from generator.ssft.tokens import TooLong, prompt_text, tokenize
from generator.ssft.validation import Validation
from reasoning.errors import InputError
from reasoning.problems import problem_hash
from reasoning.training.examples import Examples, joined

TOKENIZER_ROWS = 100_000  # of each source, that a tokenizer is trained on


@dataclass(frozen=True)
class TrainingData:
    """Examples of all sources, one source behind the other.

    Attributes:
        examples: of all sources.
        sizes: examples of each source.
        too_long: rows that were left out.
    """

    examples: Examples
    sizes: list[int]
    too_long: TooLong


def load_data(
    recipe: SsftRecipe, tokenizer: PreTrainedTokenizerBase, *, context: int | None, apart_from: Validation | None
) -> TrainingData:
    """Read and tokenize every source.

    Args:
        recipe: names the sources.
        tokenizer: of the model.
        context: tokens that the model can read at once; None has no limit.
        apart_from: problems that must not be trained on.

    Raises:
        InputError: a file or row is not what it must be, a row is too long, a source is empty, or a validation problem
            is in it.
    """
    too_long = TooLong()
    limits = [limit for limit in (context, recipe.length.max_tokens) if limit is not None]
    parts = [
        tokenize(
            _apart(read_training_rows(source), source, apart_from),
            tokenizer,
            chat=recipe.chat,
            max_tokens=min(limits, default=None),
            skip_too_long=recipe.length.skip_too_long,
            too_long=too_long,
        )
        for source in recipe.data
    ]
    for part, source in zip(parts, recipe.data, strict=True):
        if not len(part):
            longer = f"; {too_long.number:,} were longer than the context" if too_long.number else ""
            raise InputError(f"{source.path}: expected at least one row to train on, found none{longer}")
    return TrainingData(joined(parts), [len(part) for part in parts], too_long)


def training_texts(recipe: SsftRecipe) -> Iterator[str]:
    """What a tokenizer is trained on: prompts and completions of the first rows of each source."""
    for source in recipe.data:
        for row in itertools.islice(read_training_rows(source), TOKENIZER_ROWS):
            yield prompt_text(row) + row.completion


def _apart(rows: Iterable[TrainingRow], source: SourceSection, validation: Validation | None) -> Iterator[TrainingRow]:
    """The rows, none of which is a validation problem."""
    hashes = {} if validation is None else {problem_hash(p.text): p.id for p in validation.problems}
    for row in rows:
        if hashes and row.problem is not None:
            found = hashes.get(problem_hash(row.problem))
            if found is not None:
                raise InputError(
                    f"{row.place}: expected no validation problem in {source.path}, found {found}; "
                    "take it out, or validate on other problems"
                )
        yield row
