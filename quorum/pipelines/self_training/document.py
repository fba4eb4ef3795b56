"""The analysis as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from rerank.markdown import aligned_table, interval, p_value, percent, points
from rerank.naming import title


def to_markdown(analysis: Mapping[str, Any]) -> str:
    """The finding, the rounds, before and after, by difficulty, and on other problems."""
    chosen = analysis["chosen_round"]
    parts = [
        f"# Self-training{'' if analysis['method'] is None else ': ' + analysis['method']}",
        conclusion(analysis),
        "## Rounds",
        _rounds(analysis["rounds"]),
        "Mean@1 is the share of correct samples. The gap is Mean@1 on problems that were learnt from minus that on the "
        "test problems.",
        f"## Test problems: round {chosen} against the base model",
        _changes(analysis["test"]),
    ]
    if analysis["difficulty"] is not None:
        parts += ["## By difficulty", _buckets(analysis["difficulty"]), _DIFFICULTY]
    if analysis["transfer"] is not None:
        parts += ["## Another family of problems", _changes(analysis["transfer"])]
    parts.append(
        "Values are percent, intervals 95%. Differences are paired over problems; p is adjusted (Holm) within a table, "
        "and without p < 0.05 it is a tie."
    )
    return "\n\n".join(parts) + "\n"


_DIFFICULTY = (
    "A problem's difficulty is the share of correct ones among every other sample of the base model; before is that "
    "share among the rest, so that chance does not look like a gain."
)


def conclusion(analysis: Mapping[str, Any]) -> str:
    """Whether self-training paid, in one sentence."""
    chosen, number = analysis["chosen_round"], analysis["num_test_problems"]
    if chosen == 0:
        return "No round is better than the base model on the validation problems, so the base model is taken."
    mean = next(change for change in analysis["test"] if change["name"] == "mean")
    verb = {"better": "beats", "worse": "loses to"}.get(mean["verdict"])
    subject = f"round {chosen}"
    claim = f"{subject} {verb} the base model" if verb else f"whether {subject} beats the base model is undecided"
    return (
        f"On {number:,} test problems {claim}: Mean@1 {points(mean['difference'])} points (95% interval "
        f"{points(mean['low'])} to {points(mean['high'])}, {p_value(mean['p_adjusted'])})."
    )


def _rounds(rounds: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for each in rounds:
        samples, kept = each["samples"], each["kept"]
        rows.append(
            [
                str(each["round"]),
                "" if samples is None else f"{samples['rows']:,}",
                "" if samples is None else percent(samples["correct"] / samples["rows"]),
                "" if kept is None else f"{kept['rows']:,}",
                "" if kept is None else f"{kept['problems']:,}",
                *(_mean(each.get(name)) for name in ("validation", "test", "seen")),
                "" if each["gap"] is None else points(each["gap"]["value"]),
                "" if each["gap"] is None else f"{points(each['gap']['low'])} to {points(each['gap']['high'])}",
            ]
        )
    head = ["round", "samples", "correct", "kept", "problems", "Mean@1 validation", "test", "seen", "gap", "95%"]
    return aligned_table(head, rows, numeric=(0, 1, 2, 3, 4, 8))


def _mean(metrics: Sequence[Mapping[str, Any]] | None) -> str:
    if metrics is None:
        return ""
    found = next(metric for metric in metrics if metric["name"] == "mean")
    return f"{percent(found['value'])} ({interval(found['low'], found['high'])})"


def _changes(found: Sequence[Mapping[str, Any]]) -> str:
    rows = [[title(change["name"], change["n"], None), *_cells(change)] for change in found]
    return aligned_table(["metric", *_HEAD], rows, numeric=(1, 2, 3))


def _buckets(found: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            f"{bucket['bucket']}, {bucket['num_problems']:,}",
            *(_cells(bucket["change"]) if bucket["change"] else [""] * 6),
        ]
        for bucket in found
    ]
    return aligned_table(["problems", *_HEAD], rows, numeric=(1, 2, 3))


_HEAD = ("before", "after", "difference, points", "95% interval", "p (Holm)", "after is")


def _cells(change: Mapping[str, Any]) -> list[str]:
    return [
        percent(change["before"]),
        percent(change["after"]),
        points(change["difference"]),
        f"{points(change['low'])} to {points(change['high'])}",
        p_value(change["p_adjusted"]).removeprefix("p ").removeprefix("= "),
        change["verdict"],
    ]
