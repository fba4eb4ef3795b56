"""Drawing many samples of many prompts in one batch whose rows are distinct texts.

Samples whose texts are the same so far are one row. So a prompt is read once for all its samples, greedy samples are
one row to the end, and samples of a sure model share what they begin with; a row branches where its samples draw
different tokens. Rows that end leave, and waiting prompts take their place.

Shapes: R rows, M samples that draw a token, V vocabulary.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from reasoning.engines.drawing import Seeds, draw, kept_probs, uniforms
from reasoning.engines.encoding import Tokens
from reasoning.engines.forward import Forward, right_aligned
from reasoning.engines.protocols import FinishReason, SamplingParams
from reasoning.engines.row_cache import RowCache
from reasoning.errors import QuorumError

PREFILL_TOKENS = 8192  # of a forward pass over prompts, padding included
PREFILL_PADDING = 256  # tokens of it; reading more costs about as much as a pass of its own


@dataclass(frozen=True, slots=True)
class Job:
    """Samples wanted of one prompt.

    Attributes:
        request: its index in the call.
        prompt: its tokens, at least one.
        samples: indexes of the samples in the request.
        seeds: mixed, one a sample.
        max_tokens: of one sample, what the context has room for included; at least one.
    """

    request: int
    prompt: Tokens
    samples: tuple[int, ...]
    seeds: Seeds
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Samples of one text: the end-of-sequence token is not among the tokens."""

    job: Job
    members: tuple[int, ...]
    tokens: list[int]
    reason: FinishReason


@dataclass(slots=True)
class Row:
    """Samples of a job, by their place in it, whose tokens are the same so far."""

    job: Job
    members: list[int]
    tokens: list[int] = field(default_factory=list)

    @property
    def num_tokens(self) -> int:
        return len(self.job.prompt) + len(self.tokens)


class Decoding:
    """Draws the samples of some jobs.

    Args:
        forward: the model.
        device: where it is.
        num_layers: of its cache.
        jobs: what to draw.
        params: how tokens are drawn.
        stop_tokens: each ends a sample.
        cache_tokens: keys and values that there is room for, in tokens.
        max_samples: at a time.
    """

    def __init__(
        self,
        forward: Forward,
        device: torch.device,
        num_layers: int,
        *,
        jobs: Sequence[Job],
        params: SamplingParams,
        stop_tokens: frozenset[int],
        cache_tokens: int,
        max_samples: int,
    ) -> None:
        self._forward, self._device, self._num_layers = forward, device, num_layers
        self._params, self._stop_tokens = params, stop_tokens
        self._waiting = deque(sorted(jobs, key=lambda job: -len(job.prompt)))
        self._cache_tokens, self._max_samples = cache_tokens, max_samples
        self._rows: list[Row] = []
        self._cache = RowCache(num_layers, end=self._longest_waiting)

    @property
    def is_busy(self) -> bool:
        return bool(self._rows or self._waiting)

    @torch.inference_mode()
    def step(self) -> list[Ended]:
        """Draw one token for each sample in the batch; the samples that end with it."""
        logits = [self._continue()] if self._rows else []
        logits += [self._prefill(batch) for batch in self._admitted()]
        return self._extend(self._drawn(torch.cat(logits)))

    @property
    def _longest_waiting(self) -> int:
        return len(self._waiting[0].prompt) if self._waiting else 0

    def _continue(self) -> Tensor:
        """Logits behind each row's last token, [R, V]."""
        last_R1 = torch.tensor([row.tokens[-1:] for row in self._rows], device=self._device)
        lengths_R = torch.tensor([row.num_tokens for row in self._rows], device=self._device)
        self._cache.narrow(int(lengths_R.max()) - 1, least_end=self._longest_waiting)
        return self._forward(last_R1, lengths_R, self._cache)[:, -1]

    def _admitted(self) -> list[list[Job]]:
        """The waiting jobs that there is room for, cut into passes."""
        batches: list[list[Job]] = []
        num_samples = sum(len(row.members) for row in self._rows)
        longest = max((len(row.job.prompt) + row.job.max_tokens for row in self._rows), default=0)
        while self._waiting:
            job = self._waiting[0]
            num_samples += len(job.samples)
            longest = max(longest, len(job.prompt) + job.max_tokens)
            room = min(self._max_samples, self._cache_tokens // longest)
            if num_samples > room and (self._rows or batches):
                break
            if not batches or not _fits(job, batches[-1]):
                batches.append([])
            batches[-1].append(self._waiting.popleft())
        return batches

    def _prefill(self, jobs: list[Job]) -> Tensor:
        """Add a row for each job; the logits behind its prompt, [R, V]."""
        cache = RowCache(self._num_layers)
        cache.window.num_rows = len(jobs)
        logits_RKV = self._forward(*right_aligned([job.prompt for job in jobs], self._device), cache)
        self._cache.join(cache)
        self._rows += [Row(job, list(range(len(job.samples)))) for job in jobs]
        return logits_RKV[:, -1]

    def _drawn(self, logits_RV: Tensor) -> list[list[int]]:
        """The next token of each member of each row."""
        if not torch.isfinite(logits_RV.amax(dim=-1)).all():
            raise QuorumError("expected finite logits, found others; the model's weights are damaged, or need fp32")
        if self._params.temperature == 0:
            best_R = logits_RV.argmax(dim=-1).tolist()
            return [[token] * len(row.members) for row, token in zip(self._rows, best_R, strict=True)]
        counts_R = [len(row.members) for row in self._rows]
        rows_M = np.repeat(np.arange(len(counts_R)), counts_R)
        places_M = np.repeat([len(row.tokens) for row in self._rows], counts_R)
        seeds_M = np.concatenate([row.job.seeds[row.members] for row in self._rows])
        tokens_M = draw(kept_probs(logits_RV, self._params), rows_M, uniforms(seeds_M, places_M))
        return [part.tolist() for part in np.split(tokens_M, np.cumsum(counts_R)[:-1])]

    def _extend(self, tokens: list[list[int]]) -> list[Ended]:
        """Branch each row by its members' tokens, take out what has ended, and move the cache's rows accordingly."""
        ended: list[Ended] = []
        alive: list[tuple[int, Row]] = []  # with the row that each comes from
        for source, (row, drawn) in enumerate(zip(self._rows, tokens, strict=True)):
            for child, token in _branches(row, drawn):
                if token in self._stop_tokens:
                    ended.append(Ended(row.job, tuple(child.members), child.tokens, "stop"))
                    continue
                child.tokens.append(token)
                if len(child.tokens) == row.job.max_tokens:
                    ended.append(Ended(row.job, tuple(child.members), child.tokens, "length"))
                else:
                    alive.append((source, child))
        self._place(alive)
        return ended

    def _place(self, alive: list[tuple[int, Row]]) -> None:
        """Give each row a place below the number of rows: its source's to the first that comes from it, if it can."""
        placed: dict[int, Row] = {}
        homeless: list[tuple[int, Row]] = []
        for source, row in alive:
            if source < len(alive) and source not in placed:
                placed[source] = row
            else:
                homeless.append((source, row))
        free = [place for place in range(len(alive)) if place not in placed]
        placed.update(zip(free, (row for _, row in homeless), strict=True))
        self._cache.move([source for source, _ in homeless], free, num_rows=len(alive))
        self._rows = [placed[place] for place in range(len(alive))]


def _fits(job: Job, batch: list[Job]) -> bool:
    """Whether a pass over prompts takes one more, which is no longer than the last."""
    num_tokens = len(batch[0].prompt) * (len(batch) + 1)
    padding = num_tokens - sum(len(other.prompt) for other in [*batch, job])
    return num_tokens <= PREFILL_TOKENS and padding <= PREFILL_PADDING


def _branches(row: Row, drawn: list[int]) -> list[tuple[Row, int]]:
    """A row for each token that was drawn, in the order of the first member to draw it."""
    members: dict[int, list[int]] = {}
    for member, token in zip(row.members, drawn, strict=True):
        members.setdefault(token, []).append(member)
    if len(members) == 1:
        return [(row, drawn[0])]
    return [(Row(row.job, group, row.tokens.copy()), token) for token, group in members.items()]
