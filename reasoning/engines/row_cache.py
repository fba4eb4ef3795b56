"""Keys and values of rows that come, branch and go, in buffers that are written in place.

transformers' DynamicCache copies all of itself for each token. Here a token costs its own bytes, and a row is copied
only when it branches or moves up to close a gap. Rows are aligned at the right: the last token of each is in the last
column, so that windows of local attention, which count columns, are right for every row.

Shapes: R rows, C columns; a layer's buffers are [rows, heads, columns, width of a head].
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from reasoning.errors import InputError

_COPIED_ROWS = 16  # at a time, so that the memory between is used again
_KINDS = (DynamicLayer, DynamicSlidingWindowLayer)


class Window:
    """The part of the buffers in use: the first `num_rows` rows, columns from `start` to `end`."""

    def __init__(self) -> None:
        self.num_rows = self.start = self.end = 0

    @property
    def width(self) -> int:
        return self.end - self.start


class RowLayer(CacheLayerMixin):
    """One layer's keys and values."""

    is_sliding = False  # a layer with a window keeps all columns too; its mask hides the old ones

    def __init__(self, window: Window) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._window = window
        self.buffers: list[Tensor] = []  # keys, values; none before the first are written

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        # what a mask hides must be finite all the same: zeros
        self.buffers = [_zeros(states, 0, 0) for states in (key_states, value_states)]
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Write the new columns behind the window; the window itself moves when all layers have been written."""
        num_rows, stop = key_states.shape[0], self._window.end + key_states.shape[2]
        self.reserve(num_rows, stop, like=(key_states, value_states))
        keys, values = (buffer[:num_rows, :, :stop] for buffer in self.buffers)
        keys[:, :, self._window.end :] = key_states
        values[:, :, self._window.end :] = value_states
        return keys[:, :, self._window.start :], values[:, :, self._window.start :]

    def reserve(self, num_rows: int, num_columns: int, *, like: Iterable[Tensor]) -> None:
        """Make the buffers larger where they are too small, at least twice as large."""
        if not self.is_initialized:
            self.lazy_initialization(*like)
        rows, _, columns, _ = self.buffers[0].shape
        if num_rows > rows or num_columns > columns:
            rows = rows if num_rows <= rows else max(num_rows, 2 * rows)
            columns = columns if num_columns <= columns else max(num_columns, 2 * columns)
            self.buffers = [self._grown(buffer, rows, columns) for buffer in self.buffers]

    def _grown(self, buffer: Tensor, num_rows: int, num_columns: int) -> Tensor:
        larger = _zeros(buffer, num_rows, num_columns)
        used = slice(self._window.start, self._window.end)
        larger[: len(buffer), :, used] = buffer[:, :, used]
        return larger

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._window.width + query_length, 0

    def get_seq_length(self) -> int:
        return self._window.width

    def get_max_length(self) -> int:
        return -1


class RowCache(Cache):
    """The cache of a batch of rows.

    Args:
        num_layers: of the model.
        end: the first column to write; rows that join later must not be longer than that.
    """

    def __init__(self, num_layers: int, *, end: int = 0) -> None:
        self.window = Window()
        self.window.start = self.window.end = end
        self._own = [RowLayer(self.window) for _ in range(num_layers)]
        super().__init__(layers=list(self._own))

    def advance(self, num_columns: int) -> None:
        """Count the columns that a forward pass has written."""
        self.window.end += num_columns

    def join(self, other: "RowCache") -> None:
        """Add another cache's rows behind these; both end in the same column then."""
        mine, width = self.window, other.window.width
        first, stop = mine.num_rows, mine.num_rows + other.window.num_rows
        for layer, new in zip(self._own, other._own, strict=True):
            layer.reserve(stop, 2 * mine.end, like=new.buffers)  # room to write on before the next copy
            for buffer, theirs in zip(layer.buffers, new.buffers, strict=True):
                buffer[first:stop, :, mine.end - width : mine.end] = theirs[:, :, -width:]
        mine.num_rows = stop
        mine.start = min(mine.start, mine.end - width)

    def move(self, sources: list[int], targets: list[int], *, num_rows: int) -> None:
        """Copy rows onto others, none of which is a source; afterwards `num_rows` rows are in use."""
        self.window.num_rows = num_rows
        if not sources:
            return
        device = self._own[0].buffers[0].device
        parts = [slice(first, first + _COPIED_ROWS) for first in range(0, len(sources), _COPIED_ROWS)]
        copies = [(torch.tensor(targets[p], device=device), torch.tensor(sources[p], device=device)) for p in parts]
        for layer in self._own:
            layer.reserve(num_rows, self.window.end, like=layer.buffers)
            for buffer in layer.buffers:
                used = buffer[:, :, self.window.start : self.window.end]
                for to, of in copies:
                    used.index_copy_(0, to, used.index_select(0, of))

    def narrow(self, width: int, *, least_end: int) -> None:
        """Use only the last `width` columns, and shift them down where as many lie unused before them.

        Args:
            least_end: what rows that join later need; the last column stays at least there.
        """
        window = self.window
        window.start = window.end - width
        end = max(width, least_end)
        if window.end < 2 * end:
            return
        for layer in self._own:
            for buffer in layer.buffers:
                used = buffer[: window.num_rows, :, window.start : window.end]
                buffer[: window.num_rows, :, end - width : end] = used
        window.start, window.end = end - width, end


def num_cached_layers(model: Any, name: str) -> int:
    """How many layers a model's cache has.

    Raises:
        InputError: the model keeps something else than keys and values of attention, as a recurrent state.
    """
    layers = DynamicCache(config=model.config).layers
    if getattr(model, "_is_stateful", False) or not all(type(layer) in _KINDS for layer in layers):
        raise InputError(
            f"{name}: expected a model whose every layer caches keys and values, found {model.config.model_type}; "
            "serve it with another engine and name it openai:URL#MODEL"
        )
    return len(layers)


def _zeros(like: Tensor, num_rows: int, num_columns: int) -> Tensor:
    """A buffer of zeros; on the CPU memory that the system hands out when it is first written to."""
    shape = (num_rows, like.shape[1], num_columns, like.shape[3])
    if like.device.type != "cpu" or 0 in shape:
        return like.new_zeros(shape)
    pages = np.zeros(math.prod(shape) * like.element_size(), dtype=np.uint8)
    return torch.from_numpy(pages).view(like.dtype).view(shape)
