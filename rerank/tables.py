"""Markdown tables and the numbers in them."""

from collections.abc import Sequence


def aligned_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int]) -> str:
    """A Markdown table whose columns also line up as plain text.

    Args:
        head: column names.
        rows: as many cells each.
        numeric: columns to align right.
    """
    widths = [max(3, *(len(row[i]) for row in (head, *rows))) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if i in numeric else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * (width - 1) + ":" if i in numeric else "-" * width for i, width in enumerate(widths)]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def percent(fraction: float) -> str:
    """One decimal and no sign: 0.6952 is `69.5`."""
    return f"{100 * fraction:.1f}"


def points(fraction: float) -> str:
    """A difference in percentage points with its sign: -0.032 is `-3.2`."""
    return f"{100 * fraction:+.1f}"


def interval(low: float, high: float) -> str:
    """`67.0 to 71.9`, in percent."""
    return f"{percent(low)} to {percent(high)}"
