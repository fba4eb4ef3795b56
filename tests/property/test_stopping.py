"""Stopping early changes nothing where it says so, and errs no more often than it says: against enumeration."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.types import Candidate
from rerank.clusters import build_clusters
from rerank.stopping.betting import SHARES, ModeBets
from rerank.stopping.lossless import is_decided
from rerank.stopping.rules import Watch, parse_rule
from rerank.stopping.scoring import eligible, score_needed
from rerank.stopping.standings import Tally
from rerank.strategies import STRATEGIES, choose

Vote = tuple[int | None, float | None]

SCORES = st.sampled_from([None, 0.0, 0.1, 0.3, 0.5, 0.9, 1.0])
LABELS = st.sampled_from([None, 0, 0, 0, 1, 1, 2, 3])
VOTES = st.lists(st.tuples(LABELS, SCORES), min_size=1, max_size=12)
EXTREMES: tuple[Vote, ...] = ((None, None), *product((0, 1, 2, 3, 9), (None, 0.0, 1.0)))


def selected(name: str, votes: Sequence[Vote], *, k: int = 2, top_n: int = 3) -> int | None:
    """The label that the strategy selects."""
    candidates = [Candidate(i, str(label), score) for i, (label, score) in enumerate(votes)]
    clusters = build_clusters(candidates, [label for label, _ in votes])
    selection = choose(name, clusters, first_sample=0, k=k, top_n=top_n)
    return None if selection is None else votes[selection.candidate.sample][0]


def decided(name: str, votes: Sequence[Vote], remaining: int) -> bool:
    tally = Tally(scored=True)
    for i, (label, score) in enumerate(votes):
        tally.add(i, label, score)
    return is_decided(tally, name, remaining=remaining, k=2, top_n=3)


@pytest.mark.parametrize("name", list(STRATEGIES))
@given(votes=VOTES, rest=st.lists(st.tuples(LABELS, SCORES), max_size=4), push=st.sampled_from(EXTREMES))
@settings(max_examples=60, deadline=None)
def test_no_rest_changes_what_is_decided(name: str, votes: list[Vote], rest: list[Vote], push: Vote) -> None:
    for ending in (rest, [push] * len(rest)):
        if decided(name, votes, len(ending)):
            assert selected(name, [*votes, *ending]) == selected(name, votes)


@pytest.mark.parametrize("name", list(STRATEGIES))
@given(votes=st.lists(st.tuples(LABELS, SCORES), min_size=1, max_size=5))
@settings(max_examples=12, deadline=None)
def test_no_rest_at_all_changes_what_is_decided(name: str, votes: list[Vote]) -> None:
    for remaining in (1, 2):
        if decided(name, votes, remaining):
            now = selected(name, votes)
            assert all(selected(name, [*votes, *rest]) == now for rest in product(EXTREMES, repeat=remaining))


@given(labels=st.lists(LABELS, min_size=1, max_size=10), remaining=st.integers(1, 8))
@settings(max_examples=150, deadline=None)
def test_a_vote_without_scores_is_decided_exactly_when_nothing_can_change_it(
    labels: list[int | None], remaining: int
) -> None:
    tally = Tally(scored=False)
    for i, label in enumerate(labels):
        tally.add(i, label, None)
    votes: list[Vote] = [(label, None) for label in labels]
    now = selected("maj1", votes)
    can_change = any(
        selected("maj1", [*votes, *([(other, None)] * remaining)]) != now for other in {*labels, 9} - {None}
    )
    is_open = can_change or now is None
    assert is_decided(tally, "maj1", remaining=remaining, k=1, top_n=1) is not is_open


@pytest.mark.parametrize("name", list(STRATEGIES))
@given(votes=VOTES, k=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_scores_not_asked_for_change_nothing(name: str, votes: list[Vote], k: int) -> None:
    candidates = [Candidate(i, str(label)) for i, (label, _) in enumerate(votes)]
    clusters = build_clusters(candidates, [label for label, _ in votes])
    found = score_needed(name, clusters, lambda batch: [votes[i][1] for i in batch], k=k, top_n=k)
    assert set(found) <= {candidate.sample for candidate in eligible(name, clusters, k=k)}
    if len(clusters) > 1:
        partly: list[Vote] = [(label, found.get(i)) for i, (label, _) in enumerate(votes)]
        assert selected(name, partly, k=k, top_n=k) == selected(name, votes, k=k, top_n=k)


def stops(rule: str, budget: int, streams: Iterator[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], int, str]]:
    """Each different beginning at which the rule stops, with its leader and the reason."""
    seen = set()
    for stream in streams:
        watch = Watch(parse_rule(rule), strategy="maj1", budget=budget, scored=False)
        for i, label in enumerate(stream):
            watch.add(i, label, None)
            if (reason := watch.reason) is not None:
                if stream[: i + 1] not in seen:
                    seen.add(stream[: i + 1])
                    votes: list[Vote] = [(other, None) for other in stream[: i + 1]]
                    leader = selected("maj1", votes)
                    assert leader is not None
                    yield stream[: i + 1], leader, reason
                break


@pytest.mark.parametrize("probs", [(0.5, 0.5), (0.51, 0.49), (0.34, 0.33, 0.33)])
def test_anytime_errs_at_most_delta_of_the_time_by_enumeration(probs: tuple[float, ...]) -> None:
    length = 9 if len(probs) == 2 else 6
    streams = product(range(len(probs)), repeat=length)
    wrong = right = 0.0
    for beginning, leader, reason in stops("anytime:0.2", 1000, streams):
        assert reason == "settled"
        chance = prod(probs[label] for label in beginning)
        wrong += chance * (probs[leader] < max(probs))
        right += chance * (probs[leader] == max(probs))
    assert wrong <= 0.2
    assert right > 0  # it does stop


@pytest.mark.parametrize("counts", [(4, 4), (5, 3), (3, 3, 2)])
def test_budget_errs_at_most_delta_of_all_orders(counts: tuple[int, ...]) -> None:
    votes = [label for label, count in enumerate(counts) for _ in range(count)]
    orders = set(permutations(votes))
    num_wrong = num_settled = 0
    for order in orders:
        ((_, leader, reason),) = stops("budget:0.3", len(order), iter([order]))
        num_wrong += counts[leader] < max(counts)
        num_settled += reason == "settled"
    assert num_wrong / len(orders) <= 0.3
    assert num_settled > 0


@pytest.mark.parametrize("horizon", [None, 6])
@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (0.9, 0.5, 0.2)])
def test_the_wealth_against_a_mode_does_not_grow_on_average(
    horizon: int | None, weights: tuple[float, float, float]
) -> None:
    """Against cluster 0, which has most in expectation, or of the 6 votes; a bound that is reached by a tie."""
    if horizon is None:
        streams = [(s, 1 / 3**5) for s in product((0, 1, 2), repeat=5)]
    else:
        orders = set(permutations((0, 0, 1, 1, 2, 3)))
        streams = [(order, 1 / len(orders)) for order in orders]
    mean = 0.0
    for stream, chance in streams:
        bets = ModeBets(0.01, horizon=horizon)
        for label in stream:
            bets.add(label, weights[min(label, 2)])
        mean += chance * bets.wealth(0 if 0 in stream else None)
    assert 0 < mean <= 1.0 + 1e-9
    assert SHARES.sum() == pytest.approx(1.0)


def test_a_new_cluster_does_not_gain_from_its_own_first_vote() -> None:
    """The bet on a cluster is placed before the sample that shows it."""
    bets = ModeBets(0.05)
    bets.add(0)
    before = bets.wealth(0)
    bets.add(1)
    assert bets.wealth(0) == before  # no runner-up was there to bet on
    assert bets.wealth(1) < bets.wealth(None)
