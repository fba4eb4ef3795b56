"""A report in Markdown, and the sentences that the page shares with it."""

from rerank.metrics import Metric, PairedComparison
from rerank.naming import counted, is_oracle, title
from rerank.report import Report
from rerank.stopping.markdown import stopping_markdown
from rerank.tables import aligned_table as aligned_table
from rerank.tables import interval as interval
from rerank.tables import percent as percent
from rerank.tables import points as points

NOT_TUNED = (
    "K and TopN were given, not tuned on these data; the best of several, picked after looking, is too optimistic."
)


def to_markdown(report: Report) -> str:
    """The whole report: findings, warnings, table, and what the numbers rest on."""
    parts = [
        "# " + headline(report),
        "\n".join(f"- {sentence}" for sentence in findings(report)),
        "\n".join(f"> **Note.** {warning}\n" for warning in report.warnings).rstrip(),
        table(report),
        table_note(report),
        "" if report.stopping is None else stopping_markdown(report.stopping),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(report: Report) -> str:
    """What was reported on, in one line."""
    samples = report.num_samples
    spread = f"{samples['min']:g}" if samples["min"] == samples["max"] else f"{samples['min']:g} to {samples['max']:g}"
    noun = "sample" if samples["max"] == 1 else "samples"
    return f"{counted(report.num_problems, 'problem')}, {spread} {noun} each"


def table(report: Report) -> str:
    """The metrics at the largest n as a Markdown table."""
    rows = [
        [
            title(metric.name, metric.n, metric.k),
            str(metric.n),
            "" if metric.k is None else str(metric.k),
            percent(metric.value),
            interval(metric.low, metric.high),
            against_vote(report, metric),
            estimator(metric),
        ]
        for metric in report.metrics
    ]
    head = ["metric", "n", "K or N", "value, %", "95% interval", "against Maj1", "estimator"]
    return aligned_table(head, rows, numeric=(1, 2, 3))


def estimator(metric: Metric) -> str:
    """How the value was found; a Monte Carlo one with its standard error in points, Pass@1 with its samples."""
    if (metric.name, metric.n) == ("pass", 1):
        return "greedy sample" if metric.estimator == "greedy" else f"{metric.estimator}, mean over samples"
    if metric.estimator == "monte-carlo":
        return f"Monte Carlo, s.e. {100 * metric.standard_error:.2f}"
    return metric.estimator


def p_value(p: float) -> str:
    """`p = 0.042`, and `p < 0.001` below that."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def comparison_with(report: Report, metric: Metric, base: str) -> PairedComparison | None:
    """How a metric compares with another; None for oracles, the base itself and what was not compared."""
    found = (c for c in report.comparisons if (c.a, c.k, c.b) == (metric.name, metric.k, base))
    return next(found, None)


def against_vote(report: Report, metric: Metric) -> str:
    """`worse, -3.2 (p = 0.004)`; nothing for what was not compared with the vote."""
    if is_oracle(metric.name, metric.n):
        return "oracle"
    compared = comparison_with(report, metric, "maj1")
    return f"{compared.verdict}, {points(compared.difference)} ({p_value(compared.p_adjusted)})" if compared else ""


def findings(report: Report) -> list[str]:
    """What a reader should take away, one sentence each."""
    by_name = {(m.name, m.n): m for m in report.metrics}
    one, vote, oracle = by_name["pass", 1], by_name["maj1", report.n], by_name["pass", report.n]
    sentences = [_vote_against_one(report, one, vote)]
    sentences += _first_against_vote(report, by_name["first", 1], vote)
    sentences += _reranking(report)
    sentences.append(
        f"Some sample is right for {percent(oracle.value)}% of the problems ({title('pass', oracle.n)}): "
        f"a perfect choice would gain {percent(oracle.value - vote.value)} points on the vote."
    )
    if not report.has_scores:
        sentences.append(
            "No answer has a score, so RR.All, RR.MajK, W.RR, W.RR.MajK and Maj1.TopN are left out. They "
            "need `reward_model_score`, a probability of being correct, in the rows."
        )
    return sentences + _verifier_sentences(report) + _exclusions(report)


def _vote_against_one(report: Report, one: Metric, vote: Metric) -> str:
    subject = "The greedy sample" if one.estimator == "greedy" else "One sample"
    text = (
        f"{subject} is right {percent(one.value)}% of the time ({interval(one.low, one.high)}); the "
        f"majority of {vote.n} is right {percent(vote.value)}% ({interval(vote.low, vote.high)})"
    )
    compared = comparison_with(report, vote, "pass")
    if compared is None:
        return text + "."
    gain = f"{points(compared.difference)} points, {p_value(compared.p_adjusted)}"
    ending = {
        "better": f": better by {gain.removeprefix('+')}.",
        "worse": f". Voting hurts here: {gain}.",
        "tied": f": tied ({gain}).",
    }
    return text + ending[compared.verdict]


def _first_against_vote(report: Report, first: Metric, vote: Metric) -> list[str]:
    """Where the vote does not beat the first sample; if it loses, that one was not drawn like the others."""
    compared = comparison_with(report, vote, "first")
    if compared is None or compared.verdict == "better" or vote.n == 1:
        return []
    if compared.verdict == "tied":
        return [
            "The majority vote is tied with the first sample of each problem, which is right "
            f"{percent(first.value)}% of the time: {_numbers(compared)}."
        ]
    return [
        f"**The majority vote loses to the first sample**: {_numbers(compared)}. The first sample of these "
        "files is better than the others; nothing that votes over all of them makes up for that."
    ]


def _reranking(report: Report) -> list[str]:
    """Which strategies beat the vote, lose to it, or are tied with it; a sentence each."""
    compared = [c for m in report.metrics if (c := comparison_with(report, m, "maj1")) is not None]
    sentences = []
    for verdict, text in (
        ("worse", "**Reranking by these scores hurts**: the majority vote beats {}."),
        ("better", "Better than the majority vote: {}."),
    ):
        names = [f"{title(c.a, c.n, c.k)} ({_numbers(c)})" for c in compared if c.verdict == verdict]
        if names:
            sentences.append(text.format("; ".join(names)))
    tied = [title(c.a, c.n, c.k) for c in compared if c.verdict == "tied"]
    if tied:
        sentences.append(f"Tied with the majority vote, so nothing is shown either way: {', '.join(tied)}.")
    return sentences


def _numbers(compared: PairedComparison) -> str:
    return f"{points(compared.difference)} points, {p_value(compared.p_adjusted)}"


def _verifier_sentences(report: Report) -> list[str]:
    verifier = report.verifier
    if verifier is None or verifier.auroc is None:
        return []
    within = verifier.auroc_within
    spread = verifier.intervals.get("auroc", (verifier.auroc, verifier.auroc))
    text = (
        f"The scores rank a correct sample above an incorrect one {percent(verifier.auroc)}% of the time "
        f"({interval(*spread)})"
    )
    if within is None:
        return [f"{text} (AUROC); no problem has both kinds, so nothing can be said within problems."]
    spread = verifier.intervals.get("auroc_within", (within, within))
    text += f" over all samples, {percent(within)}% ({interval(*spread)}) within a problem (AUROC)."
    if verifier.auroc - within > 0.1:
        text += " Much of what they know is which problems are hard, and that cannot rerank."
    return [text]


def _exclusions(report: Report) -> list[str]:
    samples = counted(round(report.num_problems * report.num_samples["mean"]), "sample")
    text = f"{report.num_unextracted:,} of {samples} have no answer; they never vote and count as wrong."
    if report.num_unknown:
        text += f" {report.num_unknown:,} answers could not be decided against the expected one and count as wrong."
    return [text]


def table_note(report: Report) -> str:
    """What n, the interval, the verdict and the parameters mean."""
    return (
        f"Values are percent of {counted(report.num_problems, 'problem')}. A value at n is the mean over subsets of n "
        "samples, never the first n. Intervals are over problems (95%). A verdict is paired on the same "
        f"problems; p is adjusted (Holm) over {counted(len(report.comparisons), 'comparison')}, and without p < 0.05 "
        f"it is a tie. {NOT_TUNED}"
    )
