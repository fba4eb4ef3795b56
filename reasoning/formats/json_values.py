"""The values of a JSON array, or of a run of JSON values, one at a time from a stream."""

import re
from collections.abc import Iterator
from typing import BinaryIO

CHUNK_BYTES = 1 << 16

# all that changes no depth: whole strings, and what is neither string nor bracket
_FLAT = re.compile(rb"""(?:[^{}\[\]"]++|"(?:[^"\\]++|\\.)*+")*+""", re.DOTALL)
_BRACKETS = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}
_SPACE = re.compile(rb"[\s,]*")


class JsonValues:
    """Cuts a stream into its JSON objects without parsing them; holds one object and one chunk in memory.

    Iterating yields (line of the first byte, bytes of the object). Works on one array of objects, and on
    objects that follow one another, as in a pretty-printed file. Commas between values are not checked.

    Raises:
        ValueError: with what was expected and found, at `line`: the stream ends within an object or within
        the
            array, a value is no object, or an object has more than `max_bytes`.
    """

    def __init__(self, stream: BinaryIO, *, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes
        self._buffer = b""
        self._start = 0  # of what is left in the buffer
        self.line = 1

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        in_array = self._next_byte() == b"["
        if in_array:
            self._drop_to(self._start + 1)
        while (byte := self._next_byte()) == b"{":
            end = self._object_end()
            yield self.line, self._buffer[self._start : end]
            self._drop_to(end)
        if in_array and byte == b"]":
            self._drop_to(self._start + 1)
            in_array, byte = False, self._next_byte()
        if in_array and not byte:
            raise ValueError("expected ] at the end of the array, found the end of the file; it was cut off")
        if byte:
            found = self._buffer[self._start : self._start + 40].decode(errors="replace")
            raise ValueError(f"expected a JSON object, found {found!r}")

    def _next_byte(self) -> bytes:
        """The first byte that is no space and no comma; empty at the end of the stream."""
        while True:
            if match := _SPACE.match(self._buffer, self._start):
                self._drop_to(match.end())
            if self._start < len(self._buffer) or not self._read():
                return self._buffer[self._start : self._start + 1]

    def _object_end(self) -> int:
        """Where the object that starts here ends in the buffer; reads on as needed."""
        position, depth = self._start, 0
        while True:
            flat = _FLAT.match(self._buffer, position)
            position = flat.end() if flat else position
            bracket = self._buffer[position : position + 1]
            if bracket in _BRACKETS:
                position += 1
                depth += _BRACKETS[bracket]
                if depth == 0:
                    self._check_length(position)
                    return position
                continue
            self._check_length(len(self._buffer))
            position -= self._start
            if not self._read():  # a string that goes on, or more to come
                raise ValueError("expected a whole JSON object, found the end of the file; it was cut off")

    def _check_length(self, end: int) -> None:
        if end - self._start > self._max_bytes:
            limit = f"{self._max_bytes:,} bytes"
            raise ValueError(f"expected an object of at most {limit}, found a longer one; split it")

    def _read(self) -> bool:
        """Read on, and move what is left to the start of the buffer."""
        left = self._buffer[self._start :]
        # as much again as is there, so that a long object is copied a few times, not once a chunk
        chunk = self._stream.read(max(CHUNK_BYTES, len(left)))
        self._buffer, self._start = left + chunk, 0
        return bool(chunk)

    def _drop_to(self, position: int) -> None:
        self.line += self._buffer.count(b"\n", self._start, position)
        self._start = position
