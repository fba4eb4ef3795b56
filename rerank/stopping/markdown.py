"""The replay of stopping rules in Markdown."""

from rerank.naming import counted, stem
from rerank.stopping.summary import DELTA, ScoringSummary, StoppingReport, StopSummary
from rerank.tables import aligned_table, interval, percent, points


def stopping_markdown(report: StoppingReport) -> str:
    """What each rule draws and changes, what may be said on average, and what scoring costs."""
    head = ["rule", "samples, %", "95% interval", "answers changed, %", "95% interval", "accuracy, %", "against all"]
    parts = ["## Stopping early"]
    for strategy in report.on_average:
        rows = [_row(rule) for rule in report.rules if rule.strategy == strategy]
        parts += [f"{stem(strategy)}, at most {report.budget} samples:", aligned_table(head, rows, numeric=(1, 3, 5))]
        parts.append(_on_average(report, strategy))
    if report.scoring:
        parts += ["What the evaluator reads:", _scoring(report.scoring)]
    return "\n\n".join([*parts, _note(report)])


def _row(rule: StopSummary) -> list[str]:
    gap = f"{points(rule.difference)} ({points(rule.difference_low)} to {points(rule.difference_high)})"
    return [
        rule.rule,
        percent(rule.used),
        interval(rule.used_low, rule.used_high),
        f"{100 * rule.changed:.2f}",
        f"{100 * rule.changed_low:.2f} to {100 * rule.changed_high:.2f}",
        percent(rule.accuracy),
        gap,
    ]


def _on_average(report: StoppingReport, strategy: str) -> str:
    rule = report.on_average[strategy]
    if rule is None:
        return (
            f"No rule is shown to change at most {percent(DELTA)}% of the answers on average; more problems may do it."
        )
    return (
        f"On average over such problems {rule} changes at most {percent(DELTA)}% of the answers, with 95% confidence: "
        "the most eager rule of its kind of which these samples show it. On a single problem its chance of another "
        "answer may be larger, up to its own number."
    )


def _scoring(scoring: tuple[ScoringSummary, ...]) -> str:
    rows = [[stem(s.strategy, s.k), percent(s.eligible), percent(s.needed)] for s in scoring]
    return aligned_table(["strategy", "eligible, %", "needed, %"], rows, numeric=(1, 2))


def _note(report: StoppingReport) -> str:
    text = (
        f"Replayed on {counted(report.num_problems, 'problem')} in {counted(report.num_orders, 'random order')} each; "
        "the differences are to the full budget in the same order. `lossless` never changes an answer; `anytime:D` "
        "names the generator's most likely answer with an error of at most D on every problem, if samples are drawn "
        "independently; `budget:D` the answer with most of the full budget. `beta:0.95` (AdaptiveConsistency) and "
        "`share:0.75` guarantee nothing."
    )
    if report.scoring:
        text += (
            " Eligible is what a strategy may choose from, needed what is read until no score can change the answer; "
            "both as shares of the samples with an answer."
        )
    return text
