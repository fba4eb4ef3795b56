"""Rate and time left of long work: a bar on a terminal, a line every ten seconds elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any, Self

LINE_EVERY_S = 10.0


class Progress:
    """How much is done, on standard error; to be used in a `with` block.

    Args:
        total: things to do.
        what: their name, as rows.
        doing: what is done with them, as scoring.
        quiet: say nothing.
    """

    def __init__(self, total: int, what: str, *, doing: str, quiet: bool = False) -> None:
        self._total = total
        self._what = what
        self._doing = doing
        self._quiet = quiet
        self._bar: Any = None
        self._done = self._resumed = self._tokens = 0
        self._start = self._last = time.monotonic()

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self._quiet:
            from tqdm import tqdm

            self._bar = tqdm(total=self._total, unit=f" {self._what}", desc=self._doing, file=sys.stderr, leave=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def resume(self, number: int) -> None:
        """So many were done before."""
        self._done = self._resumed = number
        self._start = self._last = time.monotonic()
        if self._bar is not None:
            self._bar.update(number)
            self._bar.unpause()
        elif number and not self._quiet:
            print(f"goes on after {number:,} of {self._total:,} {self._what}", file=sys.stderr, flush=True)

    def add(self, number: int, *, tokens: int = 0) -> None:
        """So many more are done."""
        self._done += number
        self._tokens += tokens
        if self._bar is not None:
            self._bar.update(number)
        elif not self._quiet and time.monotonic() - self._last >= LINE_EVERY_S:
            self._last = time.monotonic()
            print(self._line(self._last - self._start), file=sys.stderr, flush=True)

    def _line(self, elapsed_s: float) -> str:
        rate = max(self._done - self._resumed, 1) / elapsed_s
        left_s = int(max(self._total - self._done, 0) / rate)
        left = f"{left_s // 3600}:{left_s // 60 % 60:02}:{left_s % 60:02}"
        tokens = f", {self._tokens / elapsed_s:,.0f} tokens/s" if self._tokens else ""
        return f"{self._done:,} of {self._total:,} {self._what}, {rate:,.1f} {self._what}/s{tokens}, {left} left"
