"""The drawing of a run (figures 5, 6 and 7 of the paper): pass@k, the buffers, and what the samples were."""

import io
from collections.abc import Sequence

from generator.self_sampling.buffer import OUTCOMES

Lines = Sequence[dict[str, float]]
SIZE = (12.0, 3.6)  # inches


def draw(evaluations: Lines, buffers: Lines, outcomes: Lines) -> str:
    """An SVG with a panel for each that there is; the same text for the same figures."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    passes, growth, kinds = figure.subplots(1, 3)
    for name in [name for name in evaluations[0] if name.startswith("pass@")] if evaluations else ():
        passes.plot(*_series(evaluations, name), label=name, marker=".")
    for name, label in (("correct_per_problem", "fully correct"), ("partial_per_problem", "partially correct")):
        growth.plot(*_series(buffers, name), label=label)
    if outcomes:
        steps = _series(outcomes, "step")[0]
        shares = [_series(outcomes, name)[1] for name in OUTCOMES]
        kinds.stackplot(steps, *shares, labels=[name.replace("_", " ") for name in OUTCOMES])
    for panel, title in (
        (passes, "pass@k"),
        (growth, "solutions of a problem"),
        (kinds, "what samples were"),
    ):
        panel.set_title(title)
        panel.set_xlabel("step")
        if panel.get_legend_handles_labels()[0]:
            panel.legend(fontsize="small", frameon=False)
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "self-sampling"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _series(lines: Lines, name: str) -> tuple[list[float], list[float]]:
    return [line["step"] for line in lines], [line[name] for line in lines]
