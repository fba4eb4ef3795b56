"""Text from files on a terminal: shown, never obeyed.

An id or an answer may hold escape sequences that move the cursor, rename the window or hide a line.
"""

import contextlib
import io
import re
import sys
from collections.abc import Iterator

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # C0 but for tab and line feed, DEL, C1


def inert(text: str) -> str:
    """The text with each control character as its JSON escape, so that JSON stays JSON."""
    return CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def say(text: str) -> None:
    """Tell whoever waits, on standard error."""
    print(inert(text), file=sys.stderr, flush=True)


class _InertOutput(io.TextIOWrapper):
    """Standard output that no text can use to steer the terminal."""

    def write(self, text: str) -> int:
        return super().write(inert(text))


@contextlib.contextmanager
def inert_stdout() -> Iterator[None]:
    """Make what is printed meanwhile inert if it goes to a terminal; files and pipes get every byte."""
    stdout = sys.stdout
    if not isinstance(stdout, io.TextIOWrapper) or not stdout.isatty():
        yield
        return
    wrapped = _InertOutput(stdout.buffer, encoding=stdout.encoding, errors=stdout.errors, line_buffering=True)
    sys.stdout = wrapped
    try:
        yield
    finally:
        sys.stdout = stdout
        wrapped.detach()  # else the terminal is closed with the wrapper
