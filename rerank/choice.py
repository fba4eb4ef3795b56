"""From scored candidates to one answer, how sure it is, and whether it is given at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from reasoning.types import Candidate
from rerank.clusters import Cluster, Selection, build_clusters
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N, STRATEGIES, choose, largest_clusters, majority_vote

VOTE = "maj1"
ConfidenceKind = Literal["calibrated", "score share", "vote share"]


@dataclass(frozen=True, kw_only=True)
class ChoiceOptions:
    """How to choose.

    Attributes:
        strategy: a key of STRATEGIES.
        k: how many of the largest clusters rr.majk and w.rr.majk keep.
        top_n: how many of the best-scored samples vote in maj1.topn.
        calibrate: the chosen cluster's score share (its vote share, where the strategy needs no scores) to P(it is
            correct), by validation problems solved with the same options; None where nothing was calibrated.
        min_confidence: below this calibrated confidence no answer is given; None always answers.
    """

    strategy: str
    k: int = DEFAULT_K
    top_n: int = DEFAULT_TOP_N
    calibrate: Callable[[float], float] | None = None
    min_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer, or why there is none.

    Attributes:
        strategy: that chose: the one asked for, or the vote where nothing has a score.
        selection: None where no candidate has an answer, or `first` finds none in the lowest sample.
        clusters: largest first.
        confidence: that the selection is correct; None without one.
        confidence_kind: see `Solution`.
        reason: why the answer is not given; None where it is.
        fell_back: that the vote chose for want of scores.
    """

    strategy: str
    selection: Selection | None
    clusters: tuple[Cluster, ...]
    confidence: float | None
    confidence_kind: ConfidenceKind
    reason: str | None
    fell_back: bool


def make_choice(candidates: Sequence[Candidate], labels: Sequence[int | None], options: ChoiceOptions) -> Choice:
    """Choose among the candidates of one problem.

    Where the strategy needs scores and none of the candidates it looks at has one, the vote chooses.

    Args:
        candidates: at least one, in any order; those without an answer count in the shares and never win.
        labels: a cluster number per candidate; None for no answer.
        options: how to choose.
    """
    clusters = build_clusters(candidates, labels)
    needs_scores = STRATEGIES[options.strategy].needs_scores
    strategy, first_sample = options.strategy, min(candidate.sample for candidate in candidates)
    selection = choose(strategy, clusters, first_sample=first_sample, k=options.k, top_n=options.top_n)
    fell_back = selection is None and needs_scores and bool(clusters)
    if fell_back:
        strategy, selection = VOTE, majority_vote(clusters)
    by_scores = needs_scores and not fell_back
    kind: ConfidenceKind = "score share" if by_scores else "vote share"
    confidence = None if selection is None else share(selection.cluster, len(candidates), by_scores=by_scores)
    if options.calibrate is not None and not fell_back:
        kind = "calibrated"
        confidence = None if confidence is None else options.calibrate(confidence)
    return Choice(
        strategy=strategy,
        selection=selection,
        clusters=tuple(largest_clusters(clusters, len(clusters))),
        confidence=confidence,
        confidence_kind=kind,
        reason=_reason(confidence, kind, num_answers=sum(map(len, clusters)), options=options),
        fell_back=fell_back,
    )


def share(cluster: Cluster, num_samples: int, *, by_scores: bool) -> float:
    """How much of all samples a cluster holds, each counting as much as its score, or 1 in a plain vote.

    Were each score the probability that its sample is correct, this would be the expected share of samples that are
    correct and in this cluster. Disagreement lowers it, and so do samples without an answer and low scores all round.
    It is no probability that the answer is correct: calibration makes one of it.
    """
    return (cluster.score_sum if by_scores else len(cluster)) / num_samples


def _reason(confidence: float | None, kind: ConfidenceKind, *, num_answers: int, options: ChoiceOptions) -> str | None:
    if confidence is None:
        return "no sample gives an answer" if num_answers == 0 else "the first sample gives no answer"
    if options.min_confidence is None:
        return None
    if kind != "calibrated":
        return "nothing could be scored, so the risk is not known"
    if confidence < options.min_confidence:
        return (
            f"the confidence {confidence:.3f} is below {options.min_confidence:.3f}, which the accepted risk asks for"
        )
    return None
