"""A place in the list of solves, as an opaque word of a URL."""

import re
from typing import NamedTuple

_WRITTEN = re.compile(r"([0-9a-f]{1,14})\.([A-Za-z0-9_-]{1,32})")


class Cursor(NamedTuple):
    """The last solve of a page: what comes after it is older."""

    created_us: int
    id: str

    def __str__(self) -> str:
        return f"{self.created_us:x}.{self.id}"


def read_cursor(text: str) -> Cursor | None:
    """The cursor that `str` wrote; None for any other text."""
    found = _WRITTEN.fullmatch(text)
    return None if found is None else Cursor(int(found[1], 16), found[2])
