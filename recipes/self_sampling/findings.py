"""What the paper found of self-sampling, and whether it holds here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from recipes.self_sampling.measure import Arm, Difference, Values, differences
from rerank.markdown import p_value
from rerank.statistics import verdict
from rerank.tables import points


@dataclass(frozen=True)
class Claim:
    """That one arm's pass@k is above another's.

    Attributes:
        text: what is claimed.
        pair: the two arms' values, a problem each.
        paper: the difference in the paper, in points.
    """

    text: str
    pair: tuple[Values, Values]
    paper: float


# pass@k in percent, GPT-Neo 125M on GSM5.5K-Python: arXiv:2205.14318, ICLR 2023 version, table 5
PAPER: dict[str, dict[int, float]] = {
    "mle": {1: 7.4, 5: 10.6, 10: 12.7, 20: 15.3, 50: 19.2, 100: 22.7},
    "fcs-mle-aug": {1: 7.6, 5: 13.1, 10: 16.5, 20: 20.5, 50: 26.8, 100: 32.3},
    "fcs-mml": {1: 6.9, 5: 11.0, 10: 13.3, 20: 16.0, 50: 20.1, 100: 23.7},
    "fcs-beta-mml": {1: 7.5, 5: 11.7, 10: 14.5, 20: 17.9, 50: 23.1, 100: 27.3},
    "pcs-mle-aug": {1: 7.5, 5: 13.6, 10: 17.5, 20: 22.1, 50: 29.2, 100: 35.0},
    "pcs-mml": {1: 5.5, 5: 9.0, 10: 11.0, 20: 13.1, 50: 16.2, 100: 18.7},
    "pcs-beta-mml": {1: 7.2, 5: 12.0, 10: 14.9, 20: 18.4, 50: 23.6, 100: 27.9},
}


def findings(arms: Mapping[str, Arm], k: int) -> list[str]:
    """A sentence a claim; their p-values are adjusted as one family.

    Args:
        k: of pass@k, the largest that there are samples for.
    """
    claims = list(_claims(arms, k))
    found = differences([claim.pair for claim in claims])
    return [_sentence(claim, difference) for claim, difference in zip(claims, found, strict=True)]


def _claims(arms: Mapping[str, Arm], k: int) -> Iterator[Claim]:
    for one, other, text in (
        ("fcs-mle-aug", "mle", "Fully correct samples with MLE-Aug beat MLE"),
        ("pcs-mle-aug", "mle", "Fully and partially correct samples with MLE-Aug beat MLE"),
        ("pcs-mle-aug", "fcs-mle-aug", "Partially correct samples add to fully correct ones (MLE-Aug)"),
        ("fcs-mle-aug", "fcs-mml", "MLE-Aug beats MML (fully correct)"),
        ("pcs-mle-aug", "pcs-mml", "MLE-Aug beats MML (with partially correct)"),
        ("fcs-mle-aug", "fcs-beta-mml", "MLE-Aug beats beta-MML (fully correct)"),
        ("pcs-mle-aug", "pcs-beta-mml", "MLE-Aug beats beta-MML (with partially correct)"),
        ("mle", "pcs-mml", "MLE beats MML with partially correct samples"),
    ):
        paper = PAPER[one][k] - PAPER[other][k]
        yield Claim(f"{text} (pass@{k})", (arms[one].values(k), arms[other].values(k)), paper)
    best, mle = arms["pcs-mle-aug"], arms["mle"]
    gain = (best.values(k) - best.values(1), mle.values(k) - mle.values(1))
    paper = PAPER["pcs-mle-aug"][k] - PAPER["pcs-mle-aug"][1] - PAPER["mle"][k] + PAPER["mle"][1]
    yield Claim(f"The gain over MLE grows from k = 1 to k = {k} (MLE-Aug, with partially correct)", gain, paper)


def _sentence(claim: Claim, found: Difference) -> str:
    outcome = verdict(found.comparison, found.p_adjusted)
    status = {"better": "holds", "worse": "does not hold", "tied": "undecided"}[outcome]
    comparison = found.comparison
    return (
        f"{claim.text}: **{status}**. Here {points(comparison.difference)} points, 95% interval "
        f"{points(comparison.low)} to {points(comparison.high)}, {p_value(found.p_adjusted)}; "
        f"in the paper {claim.paper:+.1f}."
    )


def listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
