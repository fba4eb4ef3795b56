"""What every strategy in the table promises."""

import math

import pytest

from reasoning.types import Candidate
from rerank.strategies import STRATEGIES, Strategy, select

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES.keys())

ANSWERS = ["4", "5", None, "5", "4", "6"]
LABELS = [0, 1, None, 1, 0, 2]
SCORES = [0.3, 0.9, 1.0, math.nan, None, 0.5]
CANDIDATES = [Candidate(i, a, s) for i, (a, s) in enumerate(zip(ANSWERS, SCORES, strict=True))]


def test_the_table_holds_the_papers_six_and_the_baseline() -> None:
    assert set(STRATEGIES) == {"first", "maj1", "rr.all", "rr.majk", "w.rr", "w.rr.majk", "maj1.topn"}


@every_strategy
def test_is_filed_under_its_name(strategy: Strategy) -> None:
    assert STRATEGIES[strategy.name] is strategy
    assert strategy.description
    assert strategy.description[0].islower()


@every_strategy
def test_of_nothing_selects_nothing(strategy: Strategy) -> None:
    assert strategy.function([], 8) is None
    assert select(strategy.name, [], []) is None


@every_strategy
def test_of_no_answers_selects_nothing(strategy: Strategy) -> None:
    candidates = [Candidate(i, None, 0.9) for i in range(3)]
    assert select(strategy.name, candidates, [None] * 3) is None


@every_strategy
def test_selects_an_answered_candidate_of_its_cluster(strategy: Strategy) -> None:
    selection = select(strategy.name, CANDIDATES, LABELS)
    assert selection is not None
    assert selection.candidate in selection.cluster.candidates
    assert selection.candidate.answer is not None
    of_label = [c for c, label in zip(CANDIDATES, LABELS, strict=True) if c in selection.cluster.candidates]
    assert selection.cluster.candidates == tuple(of_label)


@every_strategy
def test_selects_a_scored_candidate_where_it_needs_scores(strategy: Strategy) -> None:
    selection = select(strategy.name, CANDIDATES, LABELS)
    assert selection is not None
    if strategy.needs_scores:
        assert selection.candidate.sample in (0, 1, 5)


@every_strategy
@pytest.mark.parametrize("score", [None, math.nan])
def test_without_scores_selects_only_where_it_needs_none(strategy: Strategy, score: float | None) -> None:
    candidates = [Candidate(c.sample, c.answer, score) for c in CANDIDATES]
    assert (select(strategy.name, candidates, LABELS) is None) == strategy.needs_scores


@every_strategy
def test_a_score_without_an_answer_is_no_score(strategy: Strategy) -> None:
    candidates = [Candidate(0, "4"), Candidate(1, None, 1.0)]
    assert (select(strategy.name, candidates, [0, None]) is None) == strategy.needs_scores


@every_strategy
def test_a_parameter_of_one_works_and_one_beyond_all_works(strategy: Strategy) -> None:
    assert select(strategy.name, CANDIDATES, LABELS, k=1, top_n=1) is not None
    assert select(strategy.name, CANDIDATES, LABELS, k=1000, top_n=1000) is not None


@every_strategy
def test_only_its_own_parameter_matters(strategy: Strategy) -> None:
    votes = [Candidate(i, a, s) for i, (a, s) in enumerate(zip("112234", [0.1, 0.1, 0.2, 0.4, 0.9, 0.3], strict=True))]
    labels = [0, 0, 1, 1, 2, 3]
    by_k = {select(strategy.name, votes, labels, k=k, top_n=3) for k in (1, 2, 3)}
    by_n = {select(strategy.name, votes, labels, k=2, top_n=n) for n in (1, 2, 4)}
    assert (len(by_k) > 1, len(by_n) > 1) == (strategy.parameter == "k", strategy.parameter == "n")
