"""Kinds of figures drawn by matplotlib: lines, histogram, bars, reliability, ROC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank.axes import COLOURS, GREY, LABEL_MARGIN, draw_svg, percent, percent_x, spread, unit_square, x_axis
from rerank.svg import INK, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHED = frozenset({"pass", "majk"})  # oracles: bounds, not strategies

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a figure.

    Attributes:
        strategy: decides colour and dashes.
        label: written at the line's end.
        points: (x, y), x rising.
        bands: (low, high) per point; empty for none.
    """

    strategy: str
    label: str
    points: tuple[tuple[float, float], ...]
    bands: tuple[tuple[float, float], ...] = ()


def lines(
    drawn: Sequence[Line],
    *,
    name: str,
    alt: str,
    x_label: str,
    y_label: str,
    is_log: bool = False,
    is_share: bool = False,
    y_range: tuple[float, float] | None = None,
) -> str:
    """Lines with their names at their ends.

    Args:
        drawn: y are shares, drawn as percent.
        name: unique on the page.
        alt: what a reader who does not see the figure is told.
        is_log: x in powers of two.
        is_share: x is a share too.
        y_range: None for what the lines need.
    """

    def draw(axes: "Axes") -> None:
        for line in drawn:
            _draw_line(axes, line)
        if y_range is not None:
            axes.set_ylim(*y_range)
        percent(axes)
        if is_share:
            percent_x(axes)
        else:
            x_axis(axes, [x for line in drawn for x, _ in line.points], is_log=is_log)
        _label_ends(axes, drawn)
        axes.set_xlabel(x_label)
        axes.set_title(y_label)

    return draw_svg(draw, name=name, alt=alt, right=LABEL_MARGIN)


def histogram(shares: Sequence[float], *, name: str, alt: str, x_label: str, y_label: str, num_bins: int = 20) -> str:
    """How often a share in [0, 1] falls into each of some bins of equal width, in percent of all."""

    def draw(axes: "Axes") -> None:
        weights = [1 / len(shares)] * len(shares)
        bins = [i / num_bins for i in range(num_bins + 1)]
        axes.hist(shares, bins=bins, weights=weights, color=COLOURS["w.rr"], edgecolor=PAPER, linewidth=1.2)
        percent(axes)
        percent_x(axes)
        axes.set_xlim(0, 1)
        axes.set_xlabel(x_label)
        axes.set_title(y_label)

    return draw_svg(draw, name=name, alt=alt)


def reliability(bins: Sequence[tuple[float, float, int]], *, name: str, alt: str) -> str:
    """Share of correct samples against mean score, one dot a bin, its area by the number of samples.

    Args:
        bins: (mean score, share correct, number of samples).
    """

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=(0, (4, 3)), linewidth=1.2)
        axes.annotate("calibrated", (0.80, 0.76), color=GREY, va="top", fontsize=11)
        largest = max(count for _, _, count in bins)
        xs, ys, counts = zip(*bins, strict=True)
        axes.plot(xs, ys, color=COLOURS["w.rr"], linewidth=1.6)
        axes.scatter(xs, ys, s=[30 + 220 * count / largest for count in counts], color=COLOURS["w.rr"], zorder=3)
        unit_square(axes)
        axes.set_xlabel("mean score of the bin")
        axes.set_title("share of correct samples in the bin")

    return draw_svg(draw, name=name, alt=alt)


def roc(points: Points, *, name: str, alt: str) -> str:
    """True positive rate against false positive rate."""

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=(0, (4, 3)), linewidth=1.2)
        axes.annotate("chance", (0.80, 0.76), color=GREY, va="top", fontsize=11)
        axes.plot(*zip(*points, strict=True), color=COLOURS["w.rr"], linewidth=2.2)
        unit_square(axes)
        axes.set_xlabel("incorrect samples above the threshold")
        axes.set_title("correct samples above the threshold")

    return draw_svg(draw, name=name, alt=alt)


def grouped_bars(
    groups: Sequence[str], series: Mapping[str, tuple[str, Sequence[float]]], *, name: str, alt: str
) -> str:
    """Accuracy per group of problems, one bar a strategy.

    Args:
        groups: names on the x axis.
        series: strategy -> (label, a share per group).
    """

    def draw(axes: "Axes") -> None:
        width = 0.84 / len(series)
        for i, (strategy, (label, shares)) in enumerate(series.items()):
            offset = (i - (len(series) - 1) / 2) * width
            axes.bar(
                [g + offset for g in range(len(groups))],
                shares,
                width=width * 0.92,
                color=COLOURS.get(strategy, GREY),
                label=label,
            )
        axes.set_xticks(range(len(groups)), groups)
        axes.set_ylim(0, 1.0)
        percent(axes)
        axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.02, 1.0), labelcolor=INK, fontsize=11)

    return draw_svg(draw, name=name, alt=alt, top=0.22)


def _draw_line(axes: "Axes", line: Line) -> None:
    xs = [x for x, _ in line.points]
    colour = COLOURS.get(line.strategy, GREY)
    if line.bands:
        lows, highs = [low for low, _ in line.bands], [high for _, high in line.bands]
        axes.fill_between(xs, lows, highs, color=colour, alpha=0.10, linewidth=0)
    axes.plot(
        xs,
        [y for _, y in line.points],
        color=colour,
        linewidth=1.6 if line.strategy in ("first", "pass") else 2.2,
        linestyle=(0, (4, 2)) if line.strategy in DASHED else "solid",
        marker="o" if len(xs) <= 16 else None,
        markersize=3.5,
    )


def _label_ends(axes: "Axes", drawn: Sequence[Line]) -> None:
    """Write each line's name beside its end, pushed apart where ends meet."""
    low, high = axes.get_ylim()
    wanted = sorted(((line.points[-1][1] - low) / (high - low), i) for i, line in enumerate(drawn) if line.points)
    positions = spread([position for position, _ in wanted])
    for (_, i), position in zip(wanted, positions, strict=True):
        axes.annotate(
            drawn[i].label,
            (1.015, position),
            xycoords="axes fraction",
            color=COLOURS.get(drawn[i].strategy, GREY),
            va="center",
            fontsize=11,
            annotation_clip=False,
        )
