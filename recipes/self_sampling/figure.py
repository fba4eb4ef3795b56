"""pass@k of every arm."""

import io
from collections.abc import Mapping, Sequence

from recipes.self_sampling.measure import Arm

SIZE = (6.4, 4.2)  # inches


def draw(arms: Mapping[str, Arm], titles: Mapping[str, str], ks: Sequence[int]) -> str:
    """An SVG; dashed is what the others are held to. The same text for the same figures."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    panel = figure.subplots()
    for number, (name, arm) in enumerate(arms.items()):
        values = [100 * float(arm.values(k).mean()) for k in ks]
        panel.plot(ks, values, label=titles[name], marker=".", linestyle="-" if number else "--")
    panel.set_xscale("log")
    panel.set_xticks(ks, [str(k) for k in ks])
    panel.minorticks_off()
    panel.set_xlabel("k")
    panel.set_ylabel("pass@k, %")
    panel.legend(fontsize="small", frameon=False)
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "self-sampling"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
