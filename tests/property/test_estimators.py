"""Estimators against counting every subset, and drawing against both."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.types import Candidate, Problem
from rerank.ballots import build_ballots
from rerank.estimators import estimate
from rerank.exact import maj1_curve, rr_all_curve
from rerank.grading import GradedProblem
from rerank.monte_carlo import mean_outcomes
from rerank.outcomes import Measure
from rerank.strategies import STRATEGIES, select

DRAWN = [
    *(Measure("majk", k) for k in (2, 3)),
    *(Measure("rr.majk", k) for k in (1, 2)),
    Measure("w.rr", None),
    *(Measure("w.rr.majk", k) for k in (1, 2)),
    *(Measure("maj1.topn", n) for n in (1, 2, 3)),
]
tenths = st.integers(0, 10).map(lambda n: n / 10)


@st.composite
def graded(draw: st.DrawFn, *, max_size: int, scores: st.SearchStrategy[float | None]) -> GradedProblem:
    """A problem whose cluster "a" is correct and has a vote."""
    answers = [*draw(st.lists(st.sampled_from("aabbcd-"), max_size=max_size - 1)), "a"]
    answers = draw(st.permutations(answers))
    drawn = [draw(scores) for _ in answers]
    return build(answers, drawn)


def build(answers: Sequence[str], scores: Sequence[float | None]) -> GradedProblem:
    numbers: dict[str, int] = {}
    labels = tuple(None if a == "-" else numbers.setdefault(a, len(numbers)) for a in answers)
    candidates = tuple(
        Candidate(i, None if a == "-" else a, s) for i, (a, s) in enumerate(zip(answers, scores, strict=True))
    )
    return GradedProblem(Problem("p", "?", "a"), candidates, labels, numbers.get("a"), 0)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 3), st.data())
def test_maj1_equals_counting_all_subsets(sizes: list[int], num_unextracted: int, data: st.DataObject) -> None:
    while sum(sizes) + num_unextracted > 11:
        sizes = [size // 2 for size in sizes]
    correct = data.draw(st.one_of(st.none(), st.integers(0, len(sizes) - 1)))
    votes = [i for i, size in enumerate(sizes) for _ in range(size)] + [-1] * num_unextracted
    curve = maj1_curve(sizes, correct, num_unextracted=num_unextracted)
    assert len(curve) == len(votes)
    for k in range(1, len(votes) + 1):
        counted = np.mean([share_of_majority(subset, correct) for subset in combinations(votes, k)])
        assert curve[k - 1] == pytest.approx(counted, rel=0, abs=1e-12)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.one_of(st.none(), tenths, st.floats(0, 1)), st.booleans()), min_size=1, max_size=9))
def test_rr_all_equals_counting_all_subsets(candidates: list[tuple[float | None, bool]]) -> None:
    scores, correct = zip(*candidates, strict=True)
    ks = range(1, len(candidates) + 1)
    for k, value in zip(ks, rr_all_curve(scores, correct, ks), strict=True):
        counted = np.mean([share_of_best(subset) for subset in combinations(candidates, k)])
        assert value == pytest.approx(counted, rel=0, abs=1e-12)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(graded(max_size=12, scores=st.one_of(st.none(), tenths)))
def test_clusters_of_all_answers_share_what_maj1_leaves(problem: GradedProblem) -> None:
    """Over which cluster is called correct, maj1 sums to the chance of any answer at all."""
    sizes = build_ballots([problem])[0].sizes.tolist()
    num_unextracted = len(problem.candidates) - sum(sizes)
    total = sum(maj1_curve(sizes, c, num_unextracted=num_unextracted) for c in range(len(sizes)))
    for k in range(1, len(problem.candidates) + 1):
        none = math.comb(num_unextracted, k) / math.comb(len(problem.candidates), k)
        assert np.asarray(total)[k - 1] == pytest.approx(1 - none, abs=1e-12)


@settings(derandomize=True, deadline=None, max_examples=12)
@given(graded(max_size=6, scores=st.one_of(st.none(), st.sampled_from([0.0, 0.3, 0.5, 0.8]))), st.data())
def test_draws_agree_with_counting_all_orders(problem: GradedProblem, data: st.DataObject) -> None:
    """Ties included: each order of each subset counts once, with the position as sample index."""
    n = data.draw(st.integers(1, len(problem.candidates)))
    means = mean_outcomes(
        build_ballots([problem]), n, DRAWN, wanted_PM=np.ones((1, len(DRAWN)), dtype=bool), seed=0, tolerance=0.005
    )
    for m, metric in enumerate(DRAWN):
        counted = np.mean(
            [outcome(problem, order, metric) for order in permutations(range(len(problem.candidates)), n)]
        )
        if means.is_exact[0, m]:
            assert means.values[0, m] == pytest.approx(counted, abs=1e-12)
        else:
            assert means.variances[0, m] < 0.005**2
            assert means.values[0, m] == pytest.approx(counted, abs=6 * 0.005)


@settings(derandomize=True, deadline=None, max_examples=12)
@given(graded(max_size=8, scores=st.one_of(st.none(), tenths)), st.data())
def test_estimates_agree_with_counting_all_subsets(problem: GradedProblem, data: st.DataObject) -> None:
    """All names, formulas and draws alike, without tied scores."""
    spread = [None if c.score is None else (c.score + c.sample / 97) / 2 for c in problem.candidates]
    problem = build([c.answer or "-" for c in problem.candidates], spread)
    n = data.draw(st.integers(1, len(problem.candidates)))
    for found in estimate([problem], sample_sizes=[n], ks=[1, 2], top_ns=[2, 3]):
        if found.name in STRATEGIES and found.name not in ("first", "maj1"):
            subsets = combinations(range(len(problem.candidates)), n)
            metric = Measure(found.name, found.k)
            counted = np.mean([outcome(problem, subset, metric) for subset in subsets])
            allowed = 1e-12 if found.estimator == "exact" else 0.006
            assert found.values[0] == pytest.approx(counted, rel=0, abs=allowed)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(graded(max_size=14, scores=st.one_of(st.none(), st.floats(0, 1))), st.integers(1, 6))
def test_whole_sets_in_sample_order_are_the_strategies(problem: GradedProblem, k: int) -> None:
    metrics = [metric._replace(k=k) if metric.k else metric for metric in DRAWN if metric.name in STRATEGIES]
    n = len(problem.candidates)
    wanted = np.ones((1, len(metrics)), dtype=bool)
    means = mean_outcomes(build_ballots([problem]), n, metrics, wanted_PM=wanted, seed=0, tolerance=1.0)
    for m, metric in enumerate(metrics):
        if means.is_exact[0, m]:
            assert means.values[0, m] == outcome(problem, range(n), metric)


def share_of_majority(votes: Sequence[int], correct: int | None) -> float:
    counts = {vote: votes.count(vote) for vote in votes if vote >= 0}
    largest = [vote for vote, count in counts.items() if count == max(counts.values())]
    return (correct in largest) / len(largest) if largest else 0.0


def share_of_best(subset: Sequence[tuple[float | None, bool]]) -> float:
    ranked = [(score, correct) for score, correct in subset if score is not None]
    best = [correct for score, correct in ranked if score == max(score for score, _ in ranked)]
    return sum(best) / len(best) if best else 0.0


def outcome(problem: GradedProblem, order: Sequence[int], metric: Measure) -> float:
    """Whether the metric is right on these samples, taken in this order."""
    labels = [problem.labels[i] for i in order]
    if metric.name == "majk":
        return share_in_largest(labels, problem.correct, metric.k or 1)
    candidates = [problem.candidates[i] for i in order]
    candidates = [Candidate(place, c.answer, c.score) for place, c in enumerate(candidates)]
    selection = select(metric.name, candidates, labels, k=metric.k or 1, top_n=metric.k or 1)
    return float(selection is not None and selection.candidate.answer == "a")


def share_in_largest(labels: Sequence[int | None], correct: int | None, k: int) -> float:
    """The chance that the correct cluster is among the k largest, over all ways to rank tied ones."""
    counts = {label: labels.count(label) for label in labels if label is not None}
    return float(np.mean([correct in ranking[:k] for ranking in rankings(counts)]))


def rankings(counts: dict[int, int]) -> Iterator[Sequence[int]]:
    for ranking in permutations(counts):
        if all(counts[a] >= counts[b] for a, b in pairwise(ranking)):
            yield ranking
