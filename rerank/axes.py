"""The axes of every figure: size, colours, ticks, and where the names of lines go.

Colours are Okabe and Ito's, which colour-blind readers can tell apart, without the yellow that no one can read on
white. Every line also carries its name at its end, so that no legend is needed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rerank.svg import INK, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 6.4, 4.0  # inches of 72 units
GREY = "#7f7f7f"
COLOURS: Mapping[str, str] = {
    "first": GREY,
    "pass": GREY,
    "maj1": INK,
    "majk": "#cc79a7",
    "rr.all": "#d55e00",
    "rr.majk": "#e69f00",
    "w.rr": "#0072b2",
    "w.rr.majk": "#56b4e9",
    "maj1.topn": "#009e73",
}
CSS_COLOURS = {colour: f"var(--c{colour[1:]})" for colour in COLOURS.values() if colour != INK}
LABEL_MARGIN = 0.19  # of the width, right of the axes, for the names of lines
LABEL_GAP = 0.055  # of the axes' height, between two labels at line ends


def spread(positions: Sequence[float]) -> list[float]:
    """Move rising positions as little as a forward and a backward pass can, to lie LABEL_GAP apart."""
    spread: list[float] = []
    for position in positions:
        spread.append(max(position, spread[-1] + LABEL_GAP) if spread else position)
    overflow = max(0.0, spread[-1] - 1.0) if spread else 0.0
    top = 1.0 if overflow else float("inf")
    for i in range(len(spread) - 1, -1, -1):
        spread[i] = min(spread[i], top)
        top = spread[i] - LABEL_GAP
    return spread


def x_axis(axes: "Axes", xs: Sequence[float], *, is_log: bool) -> None:
    """Whole numbers, or powers of two and the last number where the scale is logarithmic."""
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator, ScalarFormatter

    if not is_log:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        return
    largest = int(max(xs))
    axes.set_xscale("log", base=2)
    ticks = [2**i for i in range(largest.bit_length()) if 2**i <= largest]
    if largest > 1.3 * ticks[-1]:
        ticks.append(largest)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def percent(axes: "Axes") -> None:
    """Write the shares on the y axis as percent."""
    axes.yaxis.set_major_formatter(lambda share, _: f"{round(100 * share, 6):g}%")


def percent_x(axes: "Axes") -> None:
    """Write the shares on the x axis as percent."""
    axes.xaxis.set_major_formatter(lambda share, _: f"{round(100 * share, 6):g}%")


def unit_square(axes: "Axes") -> None:
    """Both axes from 0 to 100 percent."""
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    percent(axes)
    percent_x(axes)


def draw_svg(draw: Callable[["Axes"], None], *, name: str, alt: str, right: float = 0.03, top: float = 0.09) -> str:
    """Draw on new axes that leave these shares of the figure free, and write it as SVG."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.edgecolor": GREY,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlelocation": "left",
        "axes.titlesize": 12,
        "axes.labelsize": 12,
        "grid.color": GREY,
        "grid.alpha": 0.25,
        "grid.linewidth": 0.8,
        "xtick.color": GREY,
        "xtick.labelcolor": INK,
        "xtick.labelsize": 11,
        "ytick.color": GREY,
        "ytick.labelcolor": INK,
        "ytick.labelsize": 11,
        "ytick.left": False,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=72)
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0.105, 0.135, 0.895 - right, 0.865 - top))
        draw(axes)
        return to_svg(figure, name=name, alt=alt, colours=CSS_COLOURS)
