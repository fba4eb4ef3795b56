"""What the paper found, and whether it holds here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from recipes.reproduce.measure import TOP_K, Difference, Pair, Results, paired
from recipes.reproduce.paper import TABLE_2, TABLE_3, TABLE_4, TABLE_6, TABLE_7
from recipes.reproduce.plan import BOTH, CONTROL, JUDGES, LOSSES, SMALL
from rerank.markdown import p_value, points

Status = Literal["holds", "does not hold", "undecided"]


@dataclass(frozen=True)
class Claim:
    """That a is better than b, or worse.

    Attributes:
        text: what is claimed, as the subject of "holds here".
        pair: a and b, measured here.
        paper: a minus b in the paper, in points; None where the paper has no such comparison.
        is_better: whether a is claimed to be the better one.
    """

    text: str
    pair: Pair
    paper: float | None
    is_better: bool = True


@dataclass(frozen=True)
class Finding:
    """A claim and what was found of it."""

    claim: Claim
    difference: Difference

    @property
    def status(self) -> Status:
        """Undecided unless the difference is significant among all findings."""
        if self.difference.verdict == "tied":
            return "undecided"
        return "holds" if (self.difference.verdict == "better") == self.claim.is_better else "does not hold"

    def sentence(self) -> str:
        """The claim, its status and the numbers."""
        found = self.difference.comparison
        status: str = self.status
        if status == "undecided":
            includes = found.low <= 0 <= found.high
            status += " (the interval includes zero)" if includes else " (not significant among so many comparisons)"
        paper = "the paper has no such figure" if self.claim.paper is None else f"in the paper {self.claim.paper:+.1f}"
        return (
            f"{self.claim.text}: **{status}**. Here {points(found.difference)} points, 95% interval "
            f"{points(found.low)} to {points(found.high)}, {p_value(self.difference.p_adjusted)}; {paper}."
        )


def findings(results: Results) -> list[Finding]:
    """All claims; their p-values are adjusted as one family."""
    claims = [*_styles(results), *_reranking(results), *_sequences(results), *_other_generators(results)]
    differences = paired([claim.pair for claim in claims], seed=results.seed)
    return [Finding(claim, difference) for claim, difference in zip(claims, differences, strict=True)]


def _styles(results: Results) -> Iterator[Claim]:
    fine, terse = results.generators["fine"], results.generators["terse"]
    for place, (name, n, title) in enumerate((("pass", 1, "Pass@1"), ("maj1", fine.n, f"Maj1@{fine.n}"))):
        yield Claim(
            f"Fine-grained solutions train a better generator than terse ones ({title})",
            (fine.estimate(name, n=n), terse.estimate(name, n=n)),
            TABLE_2["PRM800K"][1][place] - TABLE_2["MATH"][1][place],
        )


def _reranking(results: Results) -> Iterator[Claim]:
    for judge in JUDGES:
        measured = results.scored[judge, BOTH]
        vote, everything = measured.estimate("maj1"), measured.estimate("rr.all")
        top, weighted = measured.estimate("rr.majk", k=TOP_K), measured.estimate("w.rr")
        best = measured.estimate("w.rr.majk", k=results.parameters[judge]["w.rr.majk"])
        tops = (
            dict(zip(("pass", "maj1", "rr.all", "rr.top"), TABLE_3[judge], strict=True)) if judge in TABLE_3 else None
        )
        for text, pair, paper in (
            ("RR.Top-8 beats RR.All", (top, everything), _gain(tops, "rr.top", "rr.all")),
            ("RR.Top-8 beats the vote", (top, vote), _gain(tops, "rr.top", "maj1")),
            ("W.RR beats the vote", (weighted, vote), _gain(TABLE_7.get(judge), "w.rr", "maj1")),
            (
                "W.RR.MajK, K chosen on validation, beats the vote",
                (best, vote),
                _gain(TABLE_7.get(judge), "w.rr.majk", "maj1"),
            ),
        ):
            yield Claim(f"{text} ({judge})", pair, paper)


def _gain(paper: Mapping[str, float] | None, a: str, b: str) -> float | None:
    return None if paper is None else paper[a] - paper[b]


def _sequences(results: Results) -> Iterator[Claim]:
    for loss in LOSSES:
        sequence = results.generators[f"sequence-{loss}"]
        paper = TABLE_4[f"sequence-{loss}"]
        for place, (name, n, title) in enumerate((("pass", 1, "Pass@1"), ("maj1", sequence.n, f"Maj1@{sequence.n}"))):
            for other, what, difference in (
                (BOTH, "the first generator", paper[place] - TABLE_4[BOTH][place]),
                (CONTROL, "the control, which took as many further steps", None),
            ):
                yield Claim(
                    f"The sequence beats {what} ({loss}, {title})",
                    (sequence.estimate(name, n=n), results.generators[other].estimate(name, n=n)),
                    difference,
                )


def _other_generators(results: Results) -> Iterator[Claim]:
    for evaluator, generator, text, is_better in (
        ("large", "small", "The large evaluator reranks the small generator's samples above their vote", True),
        ("small", "small", "The small evaluator loses to the vote on the small generator's samples", False),
        ("small", "large", "The small evaluator loses to the vote on the large generator's samples", False),
    ):
        names = {"large": (LOSSES[1], BOTH), "small": (SMALL, SMALL)}
        measured = results.scored[names[evaluator][0], names[generator][1]]
        _, vote, _, top = TABLE_6[evaluator, generator]
        pair = measured.estimate("rr.majk", k=TOP_K), measured.estimate("maj1")
        yield Claim(f"{text} (RR.Top-8)", pair, top - vote, is_better)
