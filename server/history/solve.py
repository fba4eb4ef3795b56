"""What is kept of one solve."""

import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ID_BYTES = 16  # a permalink is as hard to guess as a key
ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


def new_id() -> str:
    """22 characters out of A-Z, a-z, 0-9, - and _."""
    return secrets.token_urlsafe(ID_BYTES)


def now_us() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Solve:
    """One question with its answer and all it was chosen from.

    Attributes:
        id: of the permalink.
        owner: name of the API key that asked; "" where there are no keys. Others do not see it.
        created_us: when, in microseconds since 1970, UTC.
        question: as it was asked.
        settings: that decided the samples and the choice: n, strategy, k, temperature, seed and so on.
        result: the solution as JSON values: answer, clusters, usage, timings, models.
        candidates: the samples as JSON values, with their texts, answers and scores.
    """

    id: str = field(default_factory=new_id)
    owner: str = ""
    created_us: int = field(default_factory=now_us)
    question: str
    settings: Mapping[str, Any]
    result: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON values; the owner is not among them."""
        return {
            "id": self.id,
            "created": self.created_us / 1e6,
            "question": self.question,
            "settings": dict(self.settings),
            "result": dict(self.result),
            "candidates": [dict(candidate) for candidate in self.candidates],
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the list of solves.

    Attributes:
        id: of the permalink.
        created_us: see Solve.
        question: NUL and lone surrogates, which databases refuse, replaced by U+FFFD.
        answer: None where none was given; likewise.
        strategy: that chose.
        confidence: see `rerank.solution.Solution`.
        num_samples: that were drawn.
    """

    id: str
    created_us: int
    question: str
    answer: str | None
    strategy: str
    confidence: float | None
    num_samples: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "created": self.created_us / 1e6,
            "question": self.question,
            "answer": self.answer,
            "strategy": self.strategy,
            "confidence": self.confidence,
            "num_samples": self.num_samples,
        }
