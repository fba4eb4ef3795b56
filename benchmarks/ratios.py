"""How much faster ours is than what a user would take instead: measured in turn, so that a busy moment hits both."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

MARK = "=> "  # before a line that `python -m benchmarks` takes into its first table


@dataclass(frozen=True)
class Ratio:
    """Their time over ours: above 1 ours is faster.

    Attributes:
        rounds: the ratio of each, at least one.
    """

    rounds: tuple[float, ...]

    def __str__(self) -> str:
        least, most = min(self.rounds), max(self.rounds)
        spread = f" ({_number(least)} to {_number(most)} in {len(self.rounds)} rounds)" if len(self.rounds) > 1 else ""
        return f"{_number(median(self.rounds))}{spread}"


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """The ratio of times, round by round."""
    return Ratio(tuple(their_s / our_s for our_s, their_s in zip(ours, theirs, strict=True)))


def in_turn(
    works: Sequence[Callable[[], object]], *, rounds: int, clock: Callable[[], float] = time.perf_counter
) -> list[list[float]]:
    """The times of each piece of work, one a round; a round does each once."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, own in zip(works, times, strict=True):
            start = clock()
            work()
            own.append(clock() - start)
    return times


def tell(what: str, instead: str, ratio: Ratio | str) -> None:
    """Print a row of the first table; a ratio that is no matter of rounds says itself what its spread is."""
    print(f"{MARK}{what} | {instead} | {ratio}", flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2f}" if value < 2 else f"{value:.1f}"
