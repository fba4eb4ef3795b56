"""The tables of the paper, each with the numbers here beside the paper's: a list of Markdown paragraphs."""

from collections.abc import Sequence

from recipes.reproduce.measure import TOP_K, Measured, Pair, Results, paired
from recipes.reproduce.paper import TABLE_2, TABLE_3, TABLE_4, TABLE_6, TABLE_7
from recipes.reproduce.plan import BOTH, CONTROL, JUDGES, LIKELIHOOD, LOSSES, SMALL
from recipes.reproduce.recipe import STYLES
from rerank.estimators import Estimate, top_k_share
from rerank.markdown import aligned_table, interval, p_value, percent, points
from rerank.metrics import Metric
from rerank.naming import stem, title
from rerank.verifier import verifier_quality

ORDER = ("maj1", "rr.all", "rr.majk", "w.rr", "w.rr.majk", "maj1.topn")
READER_NOTE = (
    "The likelihood evaluator is ours: the first generator, taught to read right solutions of all training templates, "
    "whose score is the likelihood of a solution, made a probability on the validation problems. It sees templates "
    "that the generator does not, as the other evaluators do in the samples they learn from."
)
PARAMETER_NAMES = {"rr.majk": "K", "w.rr.majk": "K", "maj1.topn": "N"}


def table_2(results: Results) -> list[str]:
    """Solutions in two styles, and both."""
    here = dict(zip(("MATH", "PRM800K", "both"), (*STYLES, BOTH), strict=True))
    names = {"MATH": "terse (MATH)", "PRM800K": "fine-grained (PRM800K)", "both": "both", "few-shot": "few-shot"}
    rows = [
        [
            names[source],
            *(_three(results.generators[here[source]]) if source in here else ["-"] * 3),
            *(f"{value}" for value in TABLE_2[source][1]),
        ]
        for source in TABLE_2
    ]
    small = ["both, the small generator", *_three(results.generators[SMALL]), *map(str, TABLE_2["both"][0])]
    n = results.first.n
    head = ["solutions", "Pass@1 here", f"Maj1@{n} here", f"Pass@{n} here", "Pass@1", "Maj1@64", "Pass@64"]
    return [
        aligned_table(head, [*rows, small], numeric=range(1, 7)),
        "The last three columns are the paper's, of PaLM 2-L, in the last row of PaLM 2-S\\*. A model trained from "
        "nothing has no few-shot ability, so that row is empty here. All generators take the same number of steps; the "
        "checkpoint with the best greedy Pass@1 on validation problems is taken.",
    ]


def table_3(results: Results) -> list[str]:
    """Each evaluator, RR.All against RR.Top-8 and the vote; with what the scores are worth."""
    rows, pairs, names, papers = [], [], [], []
    for judge in JUDGES:
        measured = results.scored[judge, BOTH]
        paper = TABLE_3.get(judge)
        rows.append([judge, *_four(measured), *map(str, paper or "----"), *_aurocs(measured, seed=results.seed)])
        estimates = _four_estimates(measured)
        for label, a, b in (("RR.Top-8 - RR.All", 3, 2), ("RR.Top-8 - Maj1", 3, 1), ("RR.All - Maj1", 2, 1)):
            names.append(f"{label}, {judge}")
            pairs.append((estimates[a], estimates[b]))
            papers.append(paper and paper[a] - paper[b])
    head = ["evaluator", *_four_head("here", results), *_four_head("paper", None), "AUROC", "AUROC within problems"]
    return [
        aligned_table(head, rows, numeric=range(1, 11)),
        _differences(names, pairs, papers, seed=results.seed),
        "AUROC within problems says whether an evaluator can choose between answers to one problem; 50 is chance.",
        READER_NOTE,
    ]


def table_4(results: Results) -> list[str]:
    """The sequence with both losses against the first generator and against the control."""
    names = {BOTH: "the first generator", CONTROL: "control: as many further steps, no evaluator"}
    names |= {f"sequence-{loss}": f"sequence, {loss}" for loss in LOSSES}
    order = (BOTH, *(f"sequence-{loss}" for loss in LOSSES), CONTROL)
    rows = [
        [names[arm], *_three(results.generators[arm]), *(map(str, TABLE_4[arm]) if arm in TABLE_4 else ["-"] * 3)]
        for arm in order
    ]
    pairs, labels, papers = [], [], []
    for loss in LOSSES:
        sequence = results.generators[f"sequence-{loss}"]
        gains = [a - b for a, b in zip(TABLE_4[f"sequence-{loss}"], TABLE_4[BOTH], strict=True)]
        for other, what in ((CONTROL, "control"), (BOTH, "first generator")):
            for name, n, gain in (("pass", 1, gains[0]), ("mean", 1, None), ("maj1", sequence.n, gains[1])):
                pairs.append((sequence.estimate(name, n=n), results.generators[other].estimate(name, n=n)))
                labels.append(f"sequence ({loss}) - {what}, {title(name, n)}")
                papers.append(gain if other == BOTH else None)
    n = results.first.n
    head = ["generator", "Pass@1 here", f"Maj1@{n} here", f"Pass@{n} here", "Pass@1", "Maj1@64", "Pass@64"]
    return [
        aligned_table(head, rows, numeric=range(1, 7)),
        _differences(labels, pairs, papers, seed=results.seed),
        "The paper has no control: its sequence takes more steps than its first generator. Here the control takes the "
        "same further steps on the same data from the first generator's weights. Mean@1 is the mean over samples.",
    ]


def table_6(results: Results) -> list[str]:
    """Each evaluator on its own generator's samples and on the other's."""
    names = {"large": (LOSSES[1], BOTH), "small": (SMALL, SMALL)}
    rows, pairs, labels, papers = [], [], [], []
    for (evaluator, generator), paper in TABLE_6.items():
        measured = results.scored[names[evaluator][0], names[generator][1]]
        rows.append([evaluator, generator, *_four(measured), *map(str, paper)])
        pairs.append((measured.estimate("rr.majk", k=TOP_K), measured.estimate("maj1")))
        labels.append(f"RR.Top-8 - Maj1, {evaluator} evaluator, {generator} generator")
        papers.append(paper[3] - paper[1])
    head = ["evaluator", "generator", *_four_head("here", results), *_four_head("paper", None)]
    return [
        aligned_table(head, rows, numeric=range(2, 10)),
        _differences(labels, pairs, papers, seed=results.seed),
        f"All trained with {LOSSES[1]}. The paper's row of two small models repeats the figures that its table 3 has "
        "for the margin loss.",
    ]


def table_7(results: Results) -> list[str]:
    """All six strategies with the parameter that was best on validation samples."""
    parts = []
    for judge in JUDGES:
        measured, chosen = results.scored[judge, BOTH], results.parameters[judge]
        paper = TABLE_7.get(judge, {})
        pairs = [(measured.estimate(name, k=chosen.get(name)), measured.estimate("maj1")) for name in ORDER]
        differences = [None, *paired(pairs[1:], seed=results.seed)]
        rows = [
            [
                stem(name),
                f"{PARAMETER_NAMES[name]} = {chosen[name]}" if name in chosen else "",
                _cell(measured.metric(name, k=chosen.get(name))),
                "" if d is None else f"{d.verdict}, {points(d.comparison.difference)} ({p_value(d.p_adjusted)})",
                "" if d is None else f"{points(d.comparison.low)} to {points(d.comparison.high)}",
                percent(_cost(measured, name, chosen.get(name))),
                str(paper.get(name, "-")),
            ]
            for name, d in zip(ORDER, differences, strict=True)
        ]
        head = ["strategy", "parameter", "accuracy here", "against Maj1", "95% interval", "cost, %", "paper"]
        what = "evaluator" if judge == LIKELIHOOD else "loss"
        parts += [f"**{judge.capitalize()} {what}.**", aligned_table(head, rows, numeric=(5, 6))]
    return [
        *parts,
        "The parameter is the one with the highest accuracy on the validation problems' samples, the smallest of "
        "several; the test problems had no say in it. The paper's parameters are the best on its test problems. The "
        "cost is the share of samples that the evaluator scores.",
    ]


def _differences(names: Sequence[str], pairs: Sequence[Pair], papers: Sequence[float | None], *, seed: int) -> str:
    """A table of paired differences, one family."""
    rows = [
        [
            name,
            points(d.comparison.difference),
            f"{points(d.comparison.low)} to {points(d.comparison.high)}",
            p_value(d.p_adjusted).removeprefix("p ").removeprefix("= "),
            d.verdict,
            "-" if paper is None else f"{paper:+.1f}",
        ]
        for name, d, paper in zip(names, paired(pairs, seed=seed), papers, strict=True)
    ]
    head = ["difference", "points", "95% interval", "p (Holm)", "the first is", "paper"]
    return aligned_table(head, rows, numeric=(1, 5))


def _three(measured: Measured) -> list[str]:
    return [_cell(measured.metric("pass", n=1)), _cell(measured.metric("maj1")), _cell(measured.metric("pass"))]


def _four(measured: Measured) -> list[str]:
    return [_cell(measured.metric(e.name, n=e.n, k=e.k)) for e in _four_estimates(measured)]


def _four_estimates(measured: Measured) -> tuple[Estimate, ...]:
    """Pass@1, Maj1, RR.All and RR.Top-8."""
    vote, everything = measured.estimate("maj1"), measured.estimate("rr.all")
    return measured.estimate("pass", n=1), vote, everything, measured.estimate("rr.majk", k=TOP_K)


def _four_head(where: str, results: Results | None) -> list[str]:
    n = 64 if results is None else results.first.n
    return [f"{name} {where}" for name in ("Pass@1", f"Maj1@{n}", "RR.All", "RR.Top-8")]


def _cell(metric: Metric) -> str:
    return f"{percent(metric.value)} ({interval(metric.low, metric.high)})"


def _aurocs(measured: Measured, *, seed: int) -> list[str]:
    quality = verifier_quality(measured.graded.problems, seed=seed)
    values = (None, None) if quality is None else (quality.auroc, quality.auroc_within)
    return ["-" if value is None else percent(value) for value in values]


def _cost(measured: Measured, name: str, k: int | None) -> float:
    if name == "maj1":
        return 0.0
    if name not in ("rr.majk", "w.rr.majk"):
        return 1.0
    assert k is not None
    return float(top_k_share(measured.graded.problems, [k]).mean())
