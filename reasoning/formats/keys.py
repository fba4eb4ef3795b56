"""Which keys have been seen, and where, in few enough bytes that ten million rows are bearable."""

from array import array
from enum import Enum

_MASK_64, _MASK_32 = (1 << 64) - 1, (1 << 32) - 1
_FIRST_SLOTS = 1 << 10


class Seen(Enum):
    """How a row relates to the rows before it."""

    NEW = "new"
    SAME = "same key, same content"
    CONFLICT = "same key, other content"


class KeyTable:
    """Key -> content and place.

    Takes 34 to 67 bytes a row: 20 a slot, and 0.3 to 0.6 of the slots are filled. Keys are 64-bit hashes and
    contents 32-bit ones. Among ten million rows two keys share a hash with probability 3e-6; a changed row
    passes for the same one with probability 2e-10.
    """

    def __init__(self) -> None:
        self._num_rows = 0
        self._allocate(_FIRST_SLOTS)

    def _allocate(self, num_slots: int) -> None:
        self._keys = array("Q", bytes(8 * num_slots))  # 0: a free slot
        self._contents = array("I", bytes(4 * num_slots))
        self._files = array("I", bytes(4 * num_slots))
        self._lines = array("I", bytes(4 * num_slots))

    def add(self, key: int, *, content: int, file: int, line: int) -> tuple[Seen, int, int]:
        """Enter a row unless its key is there.

        Args:
            key: hash of the key, any integer; so is `content`.
            file: number of the file; below 2**32, as is `line`.

        Returns:
            What the row is, and the file and line of the first row with its key.
        """
        key, content = key & _MASK_64 or 1, content & _MASK_32
        slot = self._slot(key)
        if self._keys[slot]:
            seen = Seen.SAME if self._contents[slot] == content else Seen.CONFLICT
            return seen, self._files[slot], self._lines[slot]
        self._keys[slot], self._contents[slot] = key, content
        self._files[slot], self._lines[slot] = file, min(line, _MASK_32)
        self._num_rows += 1
        if self._num_rows > 0.6 * len(self._keys):
            self._grow()
        return Seen.NEW, file, line

    def _slot(self, key: int) -> int:
        """The slot of the key, or the free one it goes to."""
        keys, mask = self._keys, len(self._keys) - 1
        slot = (key ^ key >> 32) & mask
        while keys[slot] not in (0, key):
            slot = slot + 1 & mask
        return slot

    def _grow(self) -> None:
        old = zip(self._keys, self._contents, self._files, self._lines, strict=True)
        self._allocate(2 * len(self._keys))
        for key, content, file, line in old:
            if key:
                slot = self._slot(key)
                self._keys[slot], self._contents[slot] = key, content
                self._files[slot], self._lines[slot] = file, line
