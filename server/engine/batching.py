"""One sampler for many requests: what waits is drawn in one batch.

While a batch is drawn, requests gather; the next batch takes all of them that want tokens drawn in the same way. A
seed is a text whatever else is in the batch, so nobody's answer depends on who else asks.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from reasoning.engines import Completion, Request, Sampler, SamplingParams

MAX_SAMPLES = 1024  # of a batch that several requests share; one that is larger has a batch of its own


class Stopped(Exception):
    """Nobody waits for this work any more."""


@dataclass
class Work:
    """What one job wants, and the word that it does so no longer."""

    stopped: threading.Event = field(default_factory=threading.Event)
    arrived: SimpleQueue[Completion | BaseException | None] = field(default_factory=SimpleQueue)

    def stop(self) -> None:
        self.stopped.set()
        self.arrived.put(Stopped())

    def check(self) -> None:
        """Raise Stopped if nobody waits."""
        if self.stopped.is_set():
            raise Stopped


@dataclass(eq=False)
class Entry:
    """The requests of one job."""

    work: Work
    requests: tuple[Request, ...]
    params: SamplingParams
    num_sent: int = 0

    @property
    def num_samples(self) -> int:
        return sum(len(request.seeds) for request in self.requests)


@dataclass(frozen=True)
class SharedSampler:
    """The sampler as one job sees it."""

    batcher: "Batcher"
    work: Work

    @property
    def name(self) -> str:
        return self.batcher.name

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        """As the sampler; raises Stopped when the job is stopped."""
        self.batcher.put(Entry(self.work, tuple(requests), params))
        while True:
            self.work.check()
            arrived = self.work.arrived.get()
            if arrived is None:
                return
            if isinstance(arrived, BaseException):
                raise arrived
            yield arrived


class Batcher:
    """Draws the samples of all jobs.

    Args:
        sampler: what draws.
        report: told the number of requests and of samples of each batch.
    """

    def __init__(self, sampler: Sampler, report: "BatchReport") -> None:
        self._sampler = sampler
        self._report = report
        self._waiting: deque[Entry] = deque()
        self._changed = threading.Condition()
        self._current: list[Entry] = []
        threading.Thread(target=self._run, name="batches", daemon=True).start()

    @property
    def name(self) -> str:
        return self._sampler.name

    def put(self, entry: Entry) -> None:
        with self._changed:
            self._waiting.append(entry)
            self._changed.notify()

    def check(self) -> None:
        """Raise Stopped if nobody waits for the batch that is being drawn."""
        if self._current and all(entry.work.stopped.is_set() for entry in self._current):
            raise Stopped

    def _run(self) -> None:
        while True:
            self._current = self._next()
            if self._current:
                self._draw(self._current)

    def _next(self) -> list[Entry]:
        """The entry that waits longest, and those that can be drawn with it."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            waiting = [entry for entry in self._waiting if not entry.work.stopped.is_set()]
            taken: list[Entry] = []
            num_samples = 0
            for entry in waiting:
                if taken and (entry.params != taken[0].params or num_samples + entry.num_samples > MAX_SAMPLES):
                    continue
                taken.append(entry)
                num_samples += entry.num_samples
            self._waiting = deque(entry for entry in waiting if entry not in taken)
            return taken

    def _draw(self, entries: list[Entry]) -> None:
        try:
            self._deliver(entries)
        except Stopped:
            return
        except BaseException as error:
            for entry in entries:
                if len(entries) > 1 and entry.num_sent == 0:  # whose fault it is shows when each is drawn alone
                    self._current = [entry]
                    self._draw([entry])
                else:
                    entry.work.arrived.put(error)

    def _deliver(self, entries: list[Entry]) -> None:
        owners = [(entry, place) for entry in entries for place in range(len(entry.requests))]
        requests = [entry.requests[place] for entry, place in owners]
        self._report(len(entries), sum(entry.num_samples for entry in entries))
        for completion in self._sampler.sample(requests, entries[0].params):
            entry, place = owners[completion.request]
            entry.num_sent += 1
            entry.work.arrived.put(replace(completion, request=place))
            if entry.num_sent == entry.num_samples:
                entry.work.arrived.put(None)
            self.check()
        for entry in entries:
            if entry.num_sent < entry.num_samples:
                entry.work.arrived.put(None)


class BatchReport:
    """What a batcher tells of its batches: nothing, unless overridden."""

    def __call__(self, num_requests: int, num_samples: int) -> None:
        return
