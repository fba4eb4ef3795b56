"""Plans as JSON values, as Markdown and as a figure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rerank.axes import COLOURS, GREY, draw_svg
from rerank.axes import percent as percent_axis
from rerank.naming import counted, stem
from rerank.planning.choosing import Power, cheapest, frontier, problems_to_show
from rerank.planning.plans import Plan, future_interval
from rerank.tables import aligned_table, interval, percent, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAGE_COLOUR = re.compile(r"var\(--c([0-9a-f]{6})\)")  # a file of its own has no page to define them


@dataclass(frozen=True, slots=True, eq=False)
class PlanDocument:
    """Everything that is said of the plans of one file.

    Attributes:
        plans: all of them.
        powers: what would settle comparisons.
        num_problems: planned from.
        target: accuracy to reach; None where none was stated.
        confidence: of reaching it.
        future_problems: of the run whose accuracy is foretold.
        notes: what a reader must know, a sentence each.
    """

    plans: tuple[Plan, ...]
    powers: tuple[Power, ...]
    num_problems: int
    target: float | None
    confidence: float
    future_problems: int
    notes: tuple[str, ...]

    @property
    def frontier(self) -> list[Plan]:
        return frontier(self.plans)

    @property
    def chosen(self) -> Plan | None:
        return None if self.target is None else cheapest(self.plans, self.target)

    def as_dict(self) -> dict[str, Any]:
        """JSON values; seconds and cost are null without rates."""
        on_frontier = {plan.name for plan in self.frontier}
        chosen = self.chosen
        return {
            "num_problems": self.num_problems,
            "target": self.target,
            "confidence": self.confidence,
            "cheapest": None if chosen is None else chosen.name,
            "future_problems": self.future_problems,
            "plans": [self._plan_dict(plan, plan.name in on_frontier) for plan in self.plans],
            "comparisons": [{name: getattr(power, name) for name in Power.__slots__} for power in self.powers],
            "notes": list(self.notes),
        }

    def _plan_dict(self, plan: Plan, on_frontier: bool) -> dict[str, Any]:
        low, high = future_interval(plan, self.future_problems)
        left_out = ("values", "standard_error")
        fields = {name: getattr(plan, name) for name in Plan.__slots__ if name not in left_out}
        return {"name": plan.name, **fields, "run_low": low, "run_high": high, "on_frontier": on_frontier}


def plan_markdown(document: PlanDocument, *, everything: bool = False) -> str:
    """The frontier, or all plans; the cheapest for the target; what would settle comparisons."""
    shown = sorted(document.plans, key=lambda plan: plan.price) if everything else document.frontier
    parts = [
        f"# {counted(document.num_problems, 'problem')}, {counted(len(document.plans), 'plan')}",
        _target(document),
        "## " + ("All plans" if everything else "Plans that no cheaper one is predicted to match"),
        _table(shown, document),
        _explained(document),
        *_power(document.powers),
        *(f"> **Note.** {note}" for note in document.notes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def plan_svg(document: PlanDocument) -> str:
    """Accuracy against the price of a problem: every plan a dot, the frontier a line with its intervals."""
    best = document.frontier

    def draw(axes: "Axes") -> None:
        for strategy in dict.fromkeys(plan.strategy for plan in document.plans):
            own = [plan for plan in document.plans if plan.strategy == strategy]
            for stops, marker in ((False, "o"), (True, "^")):
                dots = [plan for plan in own if (plan.stop is not None) == stops]
                label = stem(strategy) + (", stopped early" if stops else "")
                xs, ys = [plan.price for plan in dots], [plan.accuracy for plan in dots]
                if dots:
                    axes.scatter(xs, ys, s=18, marker=marker, color=COLOURS.get(strategy, GREY), label=label, zorder=3)
        xs = [plan.price for plan in best]
        axes.plot(xs, [plan.accuracy for plan in best], color=GREY, linewidth=1.4)
        axes.fill_between(
            xs, [plan.low for plan in best], [plan.high for plan in best], color=GREY, alpha=0.12, linewidth=0
        )
        if document.target is not None:
            axes.axhline(document.target, color=GREY, linestyle=(0, (4, 3)), linewidth=1.2)
        percent_axis(axes)
        axes.set_xlabel(f"{_unit(best[0])} a problem")
        axes.set_title("predicted accuracy")
        axes.legend(frameon=False, fontsize=9, loc="lower right")

    ends = f"{best[0].name} {percent(best[0].accuracy)}%, {best[-1].name} {percent(best[-1].accuracy)}%"
    svg = draw_svg(draw, name="plans", alt=f"Accuracy against {_unit(best[0])} a problem. Cheapest and best: {ends}.")
    return PAGE_COLOUR.sub(r"#\1", svg).replace("currentColor", "#1a1a1a").replace("var(--paper)", "#ffffff")


def _table(plans: Sequence[Plan], document: PlanDocument) -> str:
    head = ["plan", "accuracy, %", "95% interval", "at least", "one run", "samples"]
    has_seconds, has_cost = plans[0].seconds is not None, plans[0].cost is not None
    head += ["read"] if plans[0].tokens is None else ["tokens", "evaluator"]
    head += ["seconds"] * has_seconds + ["cost of 1,000"] * has_cost
    rows = []
    for plan in plans:
        row = [plan.name, percent(plan.accuracy), interval(plan.low, plan.high), percent(plan.lower)]
        row += [interval(*future_interval(plan, document.future_problems)), f"{plan.samples:.1f}"]
        in_tokens = [f"{tokens:,.0f}" for tokens in (plan.tokens, plan.evaluator_tokens) if tokens is not None]
        row += in_tokens or [f"{plan.samples_read:.1f}"]
        row += [f"{plan.seconds:.3g}"] if plan.seconds is not None else []
        row += [f"{1000 * plan.cost:.3g}"] if plan.cost is not None else []
        rows.append(row)
    return aligned_table(head, rows, numeric=(1, 3, *range(5, len(head))))


def _target(document: PlanDocument) -> str:
    if document.target is None:
        return ""
    plan, target = document.chosen, percent(document.target)
    if plan is not None:
        return (
            f"**{plan.name}** is the cheapest plan shown to reach {target}%: at least {percent(plan.lower)}% with "
            f"{100 * document.confidence:g}% confidence, {percent(plan.accuracy)}% predicted, for {_price(plan)} a "
            "problem."
        )
    best = max(document.plans, key=lambda plan: plan.lower)
    text = f"No plan is shown to reach {target}% with {100 * document.confidence:g}% confidence."
    needed = problems_to_show(best, document.target)
    if needed is None:
        return f"{text} The best, {best.name}, is predicted at {percent(best.accuracy)}%."
    return (
        f"{text} {best.name} is predicted at {percent(best.accuracy)}%; if that is right, about {needed:,} problems "
        f"would show it ({document.num_problems:,} now)."
    )


def _explained(document: PlanDocument) -> str:
    return (
        "Accuracy is the mean over subsets of the samples that exist, never more than there are. Its interval is over "
        f"problems; `at least` holds for all plans at once with {100 * document.confidence:g}% confidence; `one run` "
        f"is where the accuracy of one run on {counted(document.future_problems, 'problem')} will be found (95%). "
        "Samples, those that the evaluator read, and tokens are means of a problem; `n` with a stopping rule is its "
        "budget."
    )


def _power(powers: Sequence[Power]) -> list[str]:
    if not powers:
        return []
    head = ["a", "b", "a - b, points", "95% interval", "a is", "shows from, points", "problems", "samples"]
    rows = [
        [
            power.a,
            power.b,
            points(power.difference),
            f"{points(power.low)} to {points(power.high)}",
            power.verdict,
            f"{100 * power.detectable:.1f}",
            _problems(power),
            _repeats(power),
        ]
        for power in powers
    ]
    return [
        "## What would settle a comparison",
        aligned_table(head, rows, numeric=(2, 5)),
        "`shows from` is the difference that these problems would show with a chance of 80%. `problems` and `samples` "
        "are what would show the difference found, were it the true one: so many problems, or so many times the "
        "samples of each of these. An undecided difference is not known well, so plan with a margin.",
    ]


def _problems(power: Power) -> str:
    if power.verdict != "tied":
        return "settled"
    return "any number is too few" if power.problems_needed is None else f"{power.problems_needed:,}"


def _repeats(power: Power) -> str:
    if power.verdict != "tied":
        return "settled"
    if power.between is None:
        return "not known"
    return "no number" if power.repeats_needed is None else f"{power.repeats_needed:,} x"


def _unit(plan: Plan) -> str:
    if plan.cost is not None:
        return "cost"
    if plan.seconds is not None:
        return "seconds"
    return "samples, drawn and read," if plan.tokens is None else "tokens"


def _price(plan: Plan) -> str:
    if plan.cost is not None:
        return f"a cost of {plan.cost:.3g}"
    if plan.seconds is not None:
        return f"{plan.seconds:.3g} seconds"
    return f"{plan.price:.1f} samples, drawn and read," if plan.tokens is None else f"{plan.price:,.0f} tokens"
