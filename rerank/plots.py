"""The figures of a report: which numbers, which kind of drawing, and the sentence that says what to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from reasoning.score_quality import thinned
from rerank.drawing import Line, grouped_bars, histogram, lines, reliability, roc
from rerank.markdown import percent
from rerank.metrics import Curve, Metric
from rerank.naming import counted, stem, title
from rerank.report import Report

MIN_ANSWERED = 20  # problems; an error rate among fewer is mostly noise


@dataclass(frozen=True, slots=True)
class Figure:
    """One drawing with what a reader should see in it.

    Attributes:
        name: unique on a page.
        svg: an `<svg>` element.
        caption: what is drawn and what to look for.
    """

    name: str
    svg: str
    caption: str


def against_samples(report: Report) -> list[Figure]:
    """Accuracy of every metric against the number of samples."""
    curves = [c for c in report.curves if c.name != "first" and _is_drawn(report, c.name, c.k)]
    drawn = [_line(c, stem(c.name, c.k), by_n=True) for c in curves if len(c.points) > 1]
    if not drawn:
        return []
    caption = (
        "Accuracy against the number of samples per problem, with 95% bands over problems. Each value is the "
        "mean over subsets of n samples. Dashed lines are oracles: the right answer is somewhere among the "
        "samples (Pass) or among the largest clusters (MajK), and a verifier may find it. Where a solid line "
        "stays inside Maj1's band, its scores add nothing that these problems can show."
    )
    alt = _alt("Accuracy against samples per problem", drawn)
    svg = lines(drawn, name="curves", alt=alt, x_label="samples per problem, n", y_label="accuracy", is_log=True)
    return [Figure("curves", svg, caption)]


def against_parameter(report: Report) -> list[Figure]:
    """Accuracy and evaluator cost against K and TopN (figure 1 of arXiv:2310.10047)."""
    if not report.has_scores:
        return []
    drawn = [_line(c, stem(c.name), by_n=False) for c in report.parameters if c.name != "majk"]
    largest = max(x for line in drawn for x, _ in line.points)
    for metric in report.metrics:
        if metric.name in ("maj1", "rr.all", "w.rr"):
            ends = ((1.0, metric.value), (largest, metric.value))
            drawn.append(Line(metric.name, stem(metric.name), ends))
    shares = tuple((float(k), share) for k, share in report.top_k_share)
    cost = [
        Line("rr.all", "all, TopN", ((1.0, 1.0), (largest, 1.0))),
        Line("w.rr.majk", "MajK", (*shares, (largest, shares[-1][1])) if largest > shares[-1][0] else shares),
        Line("maj1", "Maj1", ((1.0, 0.0), (largest, 0.0))),
    ]
    accuracy = lines(
        drawn,
        name="parameter",
        alt=_alt("Accuracy against K or TopN", drawn),
        x_label="K largest clusters, or N best-scored samples",
        y_label=f"accuracy at n = {report.n}",
    )
    cost_svg = lines(
        cost,
        name="cost",
        alt=_alt("Evaluator cost against K", cost),
        x_label="K largest clusters, or N best-scored samples",
        y_label="samples that the evaluator scores",
        y_range=(-0.03, 1.06),
    )
    return [
        Figure(
            "parameter",
            accuracy,
            f"Every strategy at n = {report.n} against its parameter. The best K of this figure was chosen "
            "by looking at these problems, so it is optimistic; a flat line is a safe choice.",
        ),
        Figure(
            "cost",
            cost_svg,
            "What the evaluator must score, as a share of all samples. RR.All, W.RR and Maj1.TopN score "
            "everything, Maj1 nothing, the MajK strategies only the samples in the K largest clusters."
            + _uses_all(report),
        ),
    ]


def oracles(report: Report) -> list[Figure]:
    """MajK, Maj1 and the share of samples in the K largest clusters (figure 3 of arXiv:2310.10047)."""
    majk = [c for c in report.parameters if c.name == "majk"]
    vote = next(m for m in report.metrics if m.name == "maj1")
    largest = majk[0].points[-1].k or 1
    drawn = [
        _line(majk[0], f"MajK@{report.n}", by_n=False),
        Line("maj1", title("maj1", vote.n), ((1.0, vote.value), (float(largest), vote.value))),
        Line("w.rr.majk", "samples", tuple((float(k), share) for k, share in report.top_k_share)),
    ]
    svg = lines(
        drawn,
        name="oracle",
        alt=_alt("MajK, Maj1 and samples in the K largest clusters", drawn),
        x_label="K largest clusters",
        y_label="accuracy, or share of samples",
    )
    second = next((m.value for m in majk[0].points if m.k == 2), vote.value)
    caption = (
        f"A perfect choice among the two largest clusters would be right {percent(second)}% of the time, the "
        f"vote is {percent(vote.value)}%. The distance between MajK and Maj1 is what a verifier can win; the "
        "blue line is the share of samples it would have to read."
    )
    if extra := _uses_all(report):
        caption += " The blue line:" + extra
    return [Figure("oracle", svg, caption)]


def shares(report: Report) -> list[Figure]:
    """The share of correct samples, and how close the correct cluster came (figure 4 of arXiv:2310.10047)."""
    share_svg = histogram(
        report.correct_shares,
        name="shares",
        alt="Histogram of the share of correct samples per problem",
        x_label="correct samples, of all samples of the problem",
        y_label="problems",
    )
    num_none = sum(share == 0 for share in report.correct_shares)
    num_all = sum(share == 1 for share in report.correct_shares)
    figures = [
        Figure(
            "shares",
            share_svg,
            f"The share of correct samples per problem. {num_all:,} of {counted(report.num_problems, 'problem')} are "
            f"always solved and {num_none:,} never; choosing matters for those between." + _uses_all(report),
        )
    ]
    if report.rescue_ratios:
        ratio_svg = histogram(
            report.rescue_ratios,
            name="ratios",
            alt="Histogram of the size of the correct cluster over that of the majority cluster",
            x_label="votes of the correct answer, of those of the majority's",
            y_label="problems whose vote is wrong",
            num_bins=10,
        )
        caption = (
            f"{counted(len(report.rescue_ratios), 'problem')} where the vote is wrong or tied but some sample is "
            f"right. At 100% the vote is tied; the median is {percent(median(report.rescue_ratios))}%. The "
            "further left, the more a verifier's score must outweigh the votes." + _uses_all(report)
        )
        figures.append(Figure("ratios", ratio_svg, caption))
    return figures


def difficulty_bars(report: Report) -> list[Figure]:
    """Accuracy by the share of correct samples."""
    filled = [b for b in report.difficulty if b.num_problems]
    chosen = [m for m in report.metrics if m.name not in ("pass", "mean", "majk") and _is_drawn(report, m.name, m.k)]
    series = {m.name: (title(m.name, m.n, m.k), _accuracy(report, m)) for m in chosen}
    svg = grouped_bars(
        [f"{b.name}\n{b.num_problems:,}" for b in filled],
        series,
        name="difficulty",
        alt="Accuracy of each strategy by difficulty of the problem",
    )
    caption = (
        "Accuracy by difficulty: easy problems have 75 to 100% correct samples, medium 50 to 75, hard 25 "
        "to 50, very hard fewer; the number of problems stands below each name. The same samples decide "
        "the bucket and the vote, so compare strategies within a bucket, not buckets."
    )
    if extra := _uses_all(report):
        caption += " The buckets:" + extra
    return [Figure("difficulty", svg, caption)]


def verifier_figures(report: Report) -> list[Figure]:
    """Reliability and ROC of the scores."""
    verifier = report.verifier
    if verifier is None:
        return []
    bins = [(b.mean_score, b.share_correct, b.count) for b in verifier.bins]
    figures = [
        Figure(
            "reliability",
            reliability(bins, name="reliability", alt="Share of correct samples against mean score, by bin"),
            "Reliability: of the samples with about this score, how many are correct. Dots below the "
            "dashed line are overconfident; a dot's area is the number of samples.",
        )
    ]
    if verifier.roc:
        figures.append(
            Figure(
                "roc",
                roc(verifier.roc, name="roc", alt="ROC curve of the scores over all samples"),
                "ROC over all samples. It also rewards knowing which problems are hard; the AUROC within "
                "problems, above, is the part that can choose between answers.",
            )
        )
    return figures


def risk(report: Report) -> list[Figure]:
    """Error rate among the answered problems against their share."""
    drawn = [
        Line(name, stem(name), thinned(steady, num_points=200))
        for name, points in report.risk_coverage.items()
        if len(steady := [p for p in points if p[0] * report.num_problems >= MIN_ANSWERED]) > 1
    ]
    if not drawn:
        return []
    svg = lines(
        drawn,
        name="risk",
        alt=_alt("Error rate against share of problems answered", drawn),
        x_label="problems answered, most confident first",
        y_label="error rate among them",
        is_share=True,
    )
    caption = (
        "Risk against coverage: answer only where confidence is high (Maj1: share of samples; W.RR: share of "
        "the summed scores; RR.All: the best score), and this share of the answers is wrong. Lower is "
        "better; a line that does not fall to the left has no use for its confidence." + _uses_all(report)
    )
    return [Figure("risk", svg, caption)]


def _line(curve: Curve, label: str, *, by_n: bool) -> Line:
    def x(metric: Metric) -> float:
        return float(metric.n if by_n else metric.k or 0)

    return Line(
        curve.name,
        label,
        tuple((x(m), m.value) for m in curve.points),
        tuple((m.low, m.high) for m in curve.points) if by_n else (),
    )


def _is_drawn(report: Report, name: str, k: int | None) -> bool:
    """Whether a figure with room for one K shows this one: the largest, as the table of the paper does."""
    values = report.settings["top_ns"] if name == "maj1.topn" else report.settings["ks"]
    return k is None or k == max(values)


def _accuracy(report: Report, metric: Metric) -> list[float]:
    key = title(metric.name, metric.n, metric.k)
    return [b.accuracy[key] for b in report.difficulty if b.num_problems]


def _uses_all(report: Report) -> str:
    """What a caption must add where n stops at the smallest number of samples and the figure does not."""
    fewest, most = report.num_samples["min"], report.num_samples["max"]
    if fewest == most:
        return ""
    return f" Problems have {fewest:g} to {most:g} samples: this counts all of them, not n = {report.n}."


def _alt(what: str, drawn: Sequence[Line]) -> str:
    ends = ", ".join(f"{line.label} {percent(line.points[-1][1])}%" for line in drawn)
    return f"{what}. At the right end: {ends}."
