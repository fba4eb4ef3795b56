"""Tokenized examples: a prompt, which the model is given, and a completion, which it learns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Examples:
    """Many examples in one array.

    Attributes:
        flat: the tokens of all examples, prompts and completions, one behind the other.
        starts: where each example starts in `flat`, and at last where the last one ends.
        prompt_lengths: tokens of each example's prompt.
    """

    flat: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    prompt_lengths: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.prompt_lengths)

    def tokens(self, example: int) -> npt.NDArray[np.int32]:
        return self.flat[self.starts[example] : self.starts[example + 1]]

    def length(self, example: int) -> int:
        return int(self.starts[example + 1] - self.starts[example])

    def prompt_length(self, example: int) -> int:
        return int(self.prompt_lengths[example])

    def lengths(self) -> list[int]:
        """Tokens of each example."""
        lengths: list[int] = np.diff(self.starts).tolist()
        return lengths

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest example; 0 where there is none."""
        return max(self.lengths(), default=0)

    def num_targets(self, examples: Sequence[int]) -> int:
        """Completion tokens of some examples."""
        return sum(self.length(example) - self.prompt_length(example) for example in examples)


def to_examples(pairs: Iterable[tuple[Sequence[int], Sequence[int]]]) -> Examples:
    """Examples of (prompt, completion) token ids; both at least one token."""
    parts: list[npt.NDArray[np.int32]] = []
    prompt_lengths, lengths = [], [0]
    for prompt, completion in pairs:
        parts.append(np.array([*prompt, *completion], dtype=np.int32))
        prompt_lengths.append(len(prompt))
        lengths.append(len(prompt) + len(completion))
    flat = np.concatenate(parts) if parts else np.empty(0, dtype=np.int32)
    return Examples(flat, np.cumsum(lengths, dtype=np.int64), np.array(prompt_lengths, dtype=np.int32))


def joined(parts: Sequence[Examples]) -> Examples:
    """All examples of the parts, one part behind the other."""
    offsets = np.cumsum([0, *(len(part.flat) for part in parts)])
    starts = [part.starts[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    return Examples(
        np.concatenate([part.flat for part in parts]),
        np.concatenate([*starts, offsets[-1:]]),
        np.concatenate([part.prompt_lengths for part in parts]),
    )
