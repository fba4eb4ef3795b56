"""Laws of the solver, over drawn answers and scores."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.answers import cluster
from reasoning.engines import Completion, Request, SamplingParams
from reasoning.types import Problem
from rerank.solution import Solution
from rerank.solver import SolveOptions, Solver
from rerank.strategies import STRATEGIES, select

Case = tuple[list[str], dict[str, float | None], str, int]

PROBLEM = Problem(id="p", text="How many?")
names = st.sampled_from(sorted(STRATEGIES))
scores = st.one_of(st.none(), st.integers(0, 4).map(lambda quarters: quarters / 4), st.floats(0, 1))
# A few texts with one answer each or none; equal texts come up, as they do in samples.
texts = st.tuples(st.sampled_from(["1", "2", "3", None]), st.integers(0, 2)).map(
    lambda drawn: f"{'so ' * drawn[1]}#### {drawn[0]}" if drawn[0] else f"{'so ' * drawn[1]}I give up"
)


class Models:
    """A generator and an evaluator in one; the samples come in a given order."""

    name = "scripted"
    num_tokens = 0

    def __init__(self, texts: Sequence[str], order: Sequence[int], scores: dict[str, float | None]) -> None:
        self.texts, self.order, self.scores = texts, order, scores

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        for i in self.order:
            yield Completion(0, i, self.texts[i], 3, 5, "stop")

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        return [self.scores[solution] for solution in solutions]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    drawn = draw(st.lists(texts, min_size=1, max_size=10))
    return drawn, {text: draw(scores) for text in drawn}, draw(names), draw(st.integers(1, 4))


def solved(models: Models, strategy: str, k: int) -> Solution:
    params = SamplingParams(temperature=1.0)
    options = SolveOptions(num_samples=len(models.texts), params=params, strategy=strategy, k=k, top_n=k)
    solution = Solver(models, models, options=options).solve(PROBLEM)
    return replace(solution, timings=replace(solution.timings, generate_s=0, score_s=0, rerank_s=0))


@settings(derandomize=True, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(case: Case, random: Random) -> None:
    texts, scores, strategy, k = case
    order = list(range(len(texts)))
    in_order = solved(Models(texts, list(order), scores), strategy, k)
    random.shuffle(order)
    assert solved(Models(texts, order, scores), strategy, k) == in_order


@settings(derandomize=True, deadline=None)
@given(cases())
def test_a_sample_without_an_answer_never_wins(case: Case) -> None:
    texts, scores, strategy, k = case
    solution = solved(Models(texts, range(len(texts)), scores), strategy, k)
    assert solution.abstained == (solution.answer is None) == (solution.solution is None)
    assert solution.solution is None or "####" in solution.solution
    assert solution.confidence is None or 0 <= solution.confidence <= 1


@settings(derandomize=True, deadline=None, max_examples=300)
@given(cases())
def test_scoring_less_chooses_as_scoring_everything(case: Case) -> None:
    """The solver scores only what the strategy may choose, and chooses what `quorum rerank` would."""
    texts, scores, strategy, k = case
    solution = solved(Models(texts, range(len(texts)), scores), strategy, k)
    everything = [replace(candidate, score=scores[candidate.generation]) for candidate in solution.candidates]
    labels = cluster([candidate.answer for candidate in everything])
    expected = select(solution.strategy, everything, labels, k=k, top_n=k)
    if solution.strategy == strategy:
        assert solution.sample == (None if expected is None else expected.candidate.sample)
