"""Laws of the strategies, over drawn votes and scores."""

from random import Random
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.types import Candidate
from rerank.clusters import Selection
from rerank.strategies import STRATEGIES, select

names = st.sampled_from(sorted(STRATEGIES))
scored_names = st.sampled_from(sorted(s.name for s in STRATEGIES.values() if s.needs_scores))
# Few distinct scores, so that ties of every kind come up.
scores = st.one_of(st.none(), st.integers(0, 10).map(lambda tenths: tenths / 10), st.floats(0, 1))
parameters = st.integers(1, 9)


class Votes(NamedTuple):
    candidates: list[Candidate]
    labels: list[int | None]


@st.composite
def votes(draw: st.DrawFn, min_size: int = 0) -> Votes:
    drawn = draw(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 4)), scores), min_size=min_size, max_size=14))
    candidates = [Candidate(i, None if label is None else str(label), score) for i, (label, score) in enumerate(drawn)]
    return Votes(candidates, [label for label, _ in drawn])


def chosen_answer(selection: Selection | None) -> str | None:
    return None if selection is None else selection.candidate.answer


@settings(derandomize=True, deadline=None)
@given(names, votes(), parameters, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(name: str, given: Votes, k: int, random: Random) -> None:
    order = list(range(len(given.candidates)))
    random.shuffle(order)
    shuffled = Votes([given.candidates[i] for i in order], [given.labels[i] for i in order])
    assert select(name, *given, k=k, top_n=k) == select(name, *shuffled, k=k, top_n=k)


@settings(derandomize=True, deadline=None)
@given(names.filter(lambda name: name != "first"), votes(), parameters, st.permutations(range(14)))
def test_without_ties_the_sample_indices_do_not_matter(name: str, given: Votes, k: int, indices: list[int]) -> None:
    # No two sums of different powers of two are equal, so clusters tie in nothing.
    scored = [Candidate(c.sample, c.answer, 2.0 ** (c.sample - 20)) for c in given.candidates]
    renamed = [Candidate(indices[c.sample], c.answer, c.score) for c in scored]
    before = select(name, scored, given.labels, k=k, top_n=k)
    after = select(name, renamed, given.labels, k=k, top_n=k)
    assert chosen_answer(before) == chosen_answer(after)


@settings(derandomize=True, deadline=None)
@given(names, votes(min_size=1), parameters)
def test_none_never_wins(name: str, given: Votes, k: int) -> None:
    selection = select(name, *given, k=k, top_n=k)
    assert selection is None or selection.candidate.answer is not None


@settings(derandomize=True, deadline=None)
@given(names.filter(lambda name: name != "first"), votes(), st.integers(1, 20), parameters)
def test_more_samples_without_an_answer_change_nothing(name: str, given: Votes, num_more: int, k: int) -> None:
    start = len(given.candidates)
    more = [Candidate(start + i, None, 1.0) for i in range(num_more)]
    with_more = Votes([*given.candidates, *more], [*given.labels, *[None] * num_more])
    assert select(name, *given, k=k, top_n=k) == select(name, *with_more, k=k, top_n=k)


@settings(derandomize=True, deadline=None)
@given(names, votes(), parameters)
def test_duplicating_everything_keeps_the_winner(name: str, given: Votes, k: int) -> None:
    twice = [Candidate(2 * c.sample + copy, c.answer, c.score) for c in given.candidates for copy in (0, 1)]
    labels = [label for label in given.labels for _ in (0, 1)]
    before = select(name, *given, k=k, top_n=k)
    after = select(name, twice, labels, k=k, top_n=2 * k)
    assert chosen_answer(before) == chosen_answer(after)


@settings(derandomize=True, deadline=None)
@given(scored_names, votes(min_size=1), parameters, st.floats(0, 1))
def test_raising_the_winners_score_keeps_it(name: str, given: Votes, k: int, raised: float) -> None:
    before = select(name, *given, k=k, top_n=k)
    if before is None:
        return
    winner = before.candidate
    higher = [
        Candidate(c.sample, c.answer, max(raised, c.score or 0.0)) if c is winner else c for c in given.candidates
    ]
    after = select(name, higher, given.labels, k=k, top_n=k)
    assert after is not None
    assert after.candidate.sample == winner.sample


@settings(derandomize=True, deadline=None)
@given(votes(), st.integers(14, 30))
def test_parameters_beyond_all_are_the_strategy_without_them(given: Votes, k: int) -> None:
    assert select("rr.majk", *given, k=k) == select("rr.all", *given)
    assert select("w.rr.majk", *given, k=k) == select("w.rr", *given)
    assert select("maj1.topn", *given, top_n=1) == select("rr.all", *given)


@settings(derandomize=True, deadline=None)
@given(votes())
def test_k_of_one_is_the_majority(given: Votes) -> None:
    majority = select("maj1", *given)
    for name in ("rr.majk", "w.rr.majk"):
        selection = select(name, *given, k=1)
        if selection is not None:
            assert selection == majority
