"""Sizes rounded up, so that there are few of them.

Where a processor has matrix units for bf16, PyTorch compiles a kernel for each new size of a product, which takes
longer than the product itself: with steps of all sizes a small model trained at 4,000 tokens/s, with rounded ones at
10,000.
"""

from torch import Tensor
from torch.nn import functional

WIDTH = 32  # of rows, in tokens
ROWS = 4
POSITIONS = 256  # that go into the output layer


def rounded_up(size: int, step: int) -> int:
    """The next multiple of `step` that is no smaller."""
    return -(-size // step) * step


def rounded_rows(num_rows: int) -> int:
    """The next multiple of ROWS; a handful of rows, which may be long ones, gets none that are empty."""
    return num_rows if num_rows < 2 * ROWS else rounded_up(num_rows, ROWS)


def padded_index(index_N: Tensor) -> Tensor:
    """Positions with zeros behind them, up to a multiple of POSITIONS; what is found there is dropped again."""
    return functional.pad(index_N, (0, rounded_up(len(index_N), POSITIONS) - len(index_N)))
