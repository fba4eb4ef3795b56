"""One judge for many jobs, which take turns if it runs here."""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from reasoning.engines import Judge
from server.engine.batching import Work


class Bench:
    """Where jobs wait for the judge.

    A model in this process reads one job's texts at a time: they fill its batches, and no score depends, in its last
    bits, on who else asks. A remote one gathers requests itself.
    """

    def __init__(self, judge: Judge, *, is_remote: bool = False) -> None:
        self.judge = judge
        self._turn: AbstractContextManager[object] = nullcontext() if is_remote else threading.Lock()
        self._current: Work | None = None

    def check(self) -> None:
        """Raise Stopped if nobody waits for what is being judged."""
        if self._current is not None:
            self._current.check()

    def score(self, work: Work, problem: str, solutions: Sequence[str]) -> tuple[list[float | None], int]:
        """Scores, and the tokens that they took."""
        with self._turn:
            work.check()
            self._current = work
            before = self.judge.num_tokens
            try:
                return self.judge.score(problem, solutions), self.judge.num_tokens - before
            finally:
                self._current = None


class SharedJudge:
    """The judge as one job sees it: tokens are counted for this job alone."""

    def __init__(self, bench: Bench, work: Work) -> None:
        self._bench = bench
        self._work = work
        self._num_tokens = 0

    @property
    def name(self) -> str:
        return self._bench.judge.name

    @property
    def num_tokens(self) -> int:
        return self._num_tokens

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        scores, num_tokens = self._bench.score(self._work, problem, solutions)
        self._num_tokens += num_tokens
        return scores
