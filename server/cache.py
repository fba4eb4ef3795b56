"""Answers to requests that came before, in memory."""

import hashlib
import json
from collections import OrderedDict
from typing import Any, Generic, TypeVar

MAX_ENTRIES = 1_024
MAX_BYTES = 64 * 2**20

V = TypeVar("V")


def cache_key(**fields: Any) -> str:
    """A digest of everything that decides an answer: question, settings, models, seed.

    JSON keeps 1, 1.0, true and "1" apart, and the order of fields counts for nothing.
    """
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


class Cache(Generic[V]):
    """The answers used last, bounded in number and in bytes; for one thread, as an event loop is.

    Args:
        max_entries: 0 keeps nothing.
        max_bytes: of all entries, as their owner counts them; a larger one is not kept.

    Attributes:
        num_hits: answers that were found.
        num_misses: those that were not.
    """

    def __init__(self, *, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._entries: OrderedDict[str, tuple[V, int]] = OrderedDict()
        self.num_bytes = 0
        self.num_hits = 0
        self.num_misses = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> V | None:
        """The answer to a request; None where it is not there, or not any more."""
        found = self._entries.get(key)
        if found is None:
            self.num_misses += 1
            return None
        self.num_hits += 1
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: str, value: V, *, num_bytes: int) -> None:
        """Keep an answer, and let go of those that were not used for longest until the bounds hold."""
        self._remove(key)
        if num_bytes > self._max_bytes:
            return
        self._entries[key] = value, num_bytes
        self.num_bytes += num_bytes
        while len(self._entries) > self._max_entries or self.num_bytes > self._max_bytes:
            self._remove(next(iter(self._entries)))

    def _remove(self, key: str) -> None:
        _, num_bytes = self._entries.pop(key, (None, 0))
        self.num_bytes -= num_bytes
