"""What commands that score share: progress with rate and time left."""

import sys
import time
from types import TracebackType
from typing import Any, Self

LINE_EVERY_S = 10.0


class ScoringProgress:
    """A bar on a terminal, a line every ten seconds elsewhere.

    Args:
        total: rows to score.
        quiet: say nothing.
    """

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._total = total
        self._quiet = quiet
        self._bar: Any = None
        self._done = self._resumed = 0
        self._start = self._last = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self._quiet:
            from tqdm import tqdm

            self._bar = tqdm(total=self._total, unit=" rows", desc="scoring", file=sys.stderr, leave=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def resume(self, num_rows: int) -> None:
        """Rows that an earlier run scored."""
        self._done = self._resumed = num_rows
        if self._bar is not None:
            self._bar.update(num_rows)
            self._bar.unpause()
        elif num_rows and not self._quiet:
            print(f"goes on after {num_rows:,} of {self._total:,} rows", file=sys.stderr, flush=True)

    def add(self, num_rows: int) -> None:
        """Rows that were just scored."""
        self._done += num_rows
        if self._bar is not None:
            self._bar.update(num_rows)
        elif not self._quiet and time.monotonic() - self._last >= LINE_EVERY_S:
            self._last = time.monotonic()
            print(self._line(self._last - self._start), file=sys.stderr, flush=True)

    def _line(self, elapsed_s: float) -> str:
        rate = (self._done - self._resumed) / elapsed_s
        left_s = int((self._total - self._done) / rate)
        left = f"{left_s // 3600}:{left_s // 60 % 60:02}:{left_s % 60:02}"
        return f"{self._done:,} of {self._total:,} rows, {rate:,.1f} rows/s, {left} left"
