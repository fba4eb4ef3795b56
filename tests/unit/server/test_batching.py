"""Requests of many jobs in one call of the sampler."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from reasoning.engines import Completion, Request, SamplingParams
from reasoning.errors import QuorumError
from server.engine.batching import MAX_SAMPLES, Batcher, BatchReport, SharedSampler, Stopped, Work

PARAMS = SamplingParams(max_tokens=8)


class Held:
    """A sampler that says prompt and seed, once it may; "bad" prompts fail."""

    name = "held"

    def __init__(self) -> None:
        self.may_go = threading.Event()
        self.started = threading.Semaphore(0)
        self.batches: list[list[str]] = []

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        self.batches.append([request.prompt for request in requests])
        self.started.release()
        assert self.may_go.wait(10)
        if any(request.prompt == "bad" for request in requests):
            raise QuorumError("bad prompt")
        for number, request in reversed(list(enumerate(requests))):
            for sample, seed in enumerate(request.seeds):
                yield Completion(number, sample, f"{request.prompt} {seed}", 1, 1, "stop")


class Asking(threading.Thread):
    """A job that asks for samples."""

    def __init__(self, batcher: Batcher, prompt: str, seeds: tuple[int, ...], params: SamplingParams = PARAMS) -> None:
        super().__init__(daemon=True)
        self.work = Work()
        self.texts: list[str] = []
        self.error: BaseException | None = None
        self._ask: Callable[[], Iterable[Completion]] = lambda: SharedSampler(batcher, self.work).sample(
            [Request(prompt, seeds)], params
        )
        self.start()

    def run(self) -> None:
        try:
            self.texts += [completion.text for completion in self._ask()]
        except BaseException as error:
            self.error = error

    def ended(self) -> list[str]:
        self.join(10)
        assert not self.is_alive()
        return sorted(self.texts)


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def batcher(held: Held) -> Batcher:
    return Batcher(held, BatchReport())


def gathered(batcher: Batcher, *asked: tuple[str, tuple[int, ...]]) -> list[Asking]:
    """Jobs whose requests wait in this order."""
    jobs = []
    for i, (prompt, seeds) in enumerate(asked):
        jobs.append(Asking(batcher, prompt, seeds))
        with batcher._changed:
            batcher._changed.notify()
        while len(batcher._waiting) < i + 1:
            pass
    return jobs


def test_what_gathers_while_a_batch_is_drawn_is_one_batch(held: Held, batcher: Batcher) -> None:
    first = Asking(batcher, "a", (1,))
    held.started.acquire(timeout=10)
    others = gathered(batcher, ("b", (1, 2)), ("c", (3,)))
    held.may_go.set()
    assert [first.ended(), *(job.ended() for job in others)] == [["a 1"], ["b 1", "b 2"], ["c 3"]]
    assert held.batches == [["a"], ["b", "c"]]


def test_other_ways_to_draw_are_another_batch(held: Held, batcher: Batcher) -> None:
    first = Asking(batcher, "a", (1,))
    held.started.acquire(timeout=10)
    (hot,) = gathered(batcher, ("b", (1,)))
    cold = Asking(batcher, "c", (1,), SamplingParams(temperature=0.5, max_tokens=8))
    while len(batcher._waiting) < 2:
        pass
    held.may_go.set()
    assert [job.ended() for job in (first, hot, cold)] == [["a 1"], ["b 1"], ["c 1"]]
    assert held.batches == [["a"], ["b"], ["c"]]


def test_a_batch_is_bounded(held: Held, batcher: Batcher) -> None:
    first = Asking(batcher, "a", (1,))
    held.started.acquire(timeout=10)
    jobs = gathered(batcher, ("b", tuple(range(MAX_SAMPLES))), ("c", (1,)))
    held.may_go.set()
    for job in (first, *jobs):
        job.ended()
    assert held.batches == [["a"], ["b"], ["c"]]


def test_one_that_fails_does_not_fail_the_others(held: Held, batcher: Batcher) -> None:
    first = Asking(batcher, "a", (1,))
    held.started.acquire(timeout=10)
    good, bad = gathered(batcher, ("b", (1,)), ("bad", (1,)))
    held.may_go.set()
    assert (first.ended(), good.ended(), bad.ended()) == (["a 1"], ["b 1"], [])
    assert isinstance(bad.error, QuorumError)


def test_stopped_work_ends_at_once_and_the_batch_when_nobody_waits(held: Held, batcher: Batcher) -> None:
    first = Asking(batcher, "a", (1,))
    held.started.acquire(timeout=10)
    (waiting,) = gathered(batcher, ("b", (1,)))
    waiting.work.stop()
    assert waiting.ended() == []
    assert isinstance(waiting.error, Stopped)
    batcher.check()
    first.work.stop()
    first.ended()
    with pytest.raises(Stopped):
        batcher.check()
    held.may_go.set()
    last = Asking(batcher, "c", (1,))
    assert last.ended() == ["c 1"]
    assert held.batches == [["a"], ["c"]]
