"""Solving with scripted models: every branch by a case made by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import pytest

from reasoning.engines import Completion, FinishReason, Request, SamplingParams
from reasoning.errors import InputError, QuorumError
from reasoning.types import Problem
from rerank.clusters import Cluster
from rerank.solution import Done, Sampled, Scored, Solution, Voted
from rerank.solver import SolveOptions, Solver
from rerank.stopping.rules import StopRule

PROBLEM = Problem(id="p", text="What is 2 + 3?")
FAILED = "failed"


@dataclass
class Script:
    """A generator that says given texts; `FAILED` fails. Samples come in `order`."""

    texts: Sequence[str]
    order: Sequence[int] | None = None
    finish: FinishReason = "stop"
    requests: list[Request] = field(default_factory=list)
    name: str = "scripted generator"

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        self.requests += requests
        for i in self.order or range(len(self.texts)):
            if self.texts[i] == FAILED:
                yield Completion(0, i, "", 0, 9, "error", f"time-out {i}")
            else:
                yield Completion(0, i, self.texts[i], len(self.texts[i].split()), 9, self.finish)


@dataclass
class Dying(Script):
    """A generator that fails after some samples."""

    lives: int = 0
    error: QuorumError = field(default_factory=lambda: QuorumError("connection lost"))

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        yield from islice(super().sample(requests, params), self.lives)
        raise self.error


@dataclass
class Verdicts:
    """An evaluator with a score a text; no other text is expected."""

    scores: dict[str, float | None]
    error: QuorumError | None = None
    asked: list[str] = field(default_factory=list)
    num_tokens: int = 100
    name: str = "scripted evaluator"

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        assert problem == PROBLEM.text
        if self.error is not None:
            raise self.error
        self.asked += solutions
        self.num_tokens += 10 * len(solutions)
        return [self.scores[solution] for solution in solutions]


def says(answer: int, words: str = "") -> str:
    return f"{words}#### {answer}"


def options(num_samples: int, **changed: object) -> SolveOptions:
    plain = SolveOptions(num_samples=num_samples, params=SamplingParams(temperature=0.8))
    return replace(plain, **changed)  # type: ignore[arg-type]


def solved(texts: Sequence[str], scores: dict[str, float | None] | None = None, **changed: object) -> Solution:
    judge = None if scores is None else Verdicts(scores)
    return Solver(Script(texts), judge, options=options(len(texts), **changed)).solve(PROBLEM)


def votes(clusters: Sequence[Cluster]) -> list[tuple[str | None, int]]:
    return [(cluster.answer, len(cluster)) for cluster in clusters]


class TestWithoutEvaluator:
    def test_votes_and_says_so(self) -> None:
        solution = solved([says(5), says(6), says(5, "again ")])
        assert (solution.answer, solution.solution, solution.strategy) == ("5", says(5), "maj1")
        assert (solution.confidence, solution.confidence_kind) == (2 / 3, "vote share")
        assert solution.notes == ("There is no evaluator, so the answers are voted on.",)
        assert (solution.degraded, solution.abstained, solution.reason) == (False, False, None)
        assert votes(solution.clusters) == [("5", 2), ("6", 1)]
        assert solution.models == {"generator": "scripted generator", "evaluator": None}

    def test_refuses_a_strategy_that_needs_scores(self) -> None:
        with pytest.raises(InputError, match=r"strategy w\.rr needs an evaluator"):
            solved([says(5)], strategy="w.rr")

    def test_a_sample_without_an_answer_lowers_the_confidence(self) -> None:
        assert solved([says(5), says(5), "I do not know", ""]).confidence == 1 / 2


class TestWithEvaluator:
    def test_scores_outweigh_votes(self) -> None:
        solution = solved([says(6), says(6, "so "), says(5)], {says(6): 0.1, says(6, "so "): 0.2, says(5): 0.9})
        assert (solution.answer, solution.sample, solution.strategy) == ("5", 2, "w.rr.majk")
        assert (solution.confidence, solution.confidence_kind) == (0.9 / 3, "score share")
        assert [cluster.score_sum for cluster in solution.clusters] == pytest.approx([0.3, 0.9])
        assert [candidate.score for candidate in solution.candidates] == [0.1, 0.2, 0.9]
        assert solution.notes == ()

    def test_the_solution_is_the_best_of_its_cluster(self) -> None:
        assert solved([says(5), says(5, "so ")], {says(5): 0.1, says(5, "so "): 0.2}).solution == says(5, "so ")

    def test_low_scores_all_round_are_low_confidence(self) -> None:
        assert solved([says(5)] * 4, {says(5): 0.02}).confidence == pytest.approx(0.02)

    def test_each_text_is_scored_once_and_counts_each_time(self) -> None:
        judge = Verdicts({says(5): 0.4, says(6): 0.7})
        texts = [says(5), says(6), says(5)]
        solution = Solver(Script(texts), judge, options=options(3)).solve(PROBLEM)
        assert judge.asked == [says(5), says(6)]
        assert solution.answer == "5"
        assert solution.usage.evaluator_tokens == 20

    def test_a_text_without_an_answer_is_not_scored(self) -> None:
        assert solved([says(5), "no idea"], {says(5): 0.4}).answer == "5"

    def test_a_text_that_was_cut_has_only_a_marked_answer(self) -> None:
        script = Script(["2 + 3 = 5", says(6)], finish="length")
        assert votes(Solver(script, options=options(2)).solve(PROBLEM).clusters) == [("6", 1)]
        assert votes(Solver(replace(script, finish="stop"), options=options(2)).solve(PROBLEM).clusters) == [
            ("5", 1),
            ("6", 1),
        ]

    @pytest.mark.parametrize(
        ("strategy", "k", "scored"),
        [
            ("first", 8, []),
            ("maj1", 8, [5, 6]),
            ("rr.majk", 1, [5, 6]),
            ("w.rr.majk", 2, [5, 6]),
            ("w.rr.majk", 3, [5, 6, 7, 8]),
            ("w.rr", 1, [5, 6, 7, 8]),
            ("maj1.topn", 1, [5, 6, 7, 8]),
        ],
    )
    def test_only_what_can_be_chosen_is_scored(self, strategy: str, k: int, scored: list[int]) -> None:
        """5 and 6 are equally large, and so are 7 and 8: scores decide which of them count as the k largest."""
        answers = [5, 5, 6, 6, 7, 8]
        judge = Verdicts({says(answer): 0.5 for answer in answers})
        Solver(Script([*map(says, answers)]), judge, options=options(6, strategy=strategy, k=k)).solve(PROBLEM)
        assert judge.asked == [*map(says, scored)]

    def test_a_sample_that_cannot_be_judged_has_no_score(self) -> None:
        solution = solved([says(6), says(6), says(5)], {says(6): None, says(5): 0.1})
        assert (solution.answer, solution.degraded) == ("5", False)

    def test_a_score_that_is_no_number_is_none(self) -> None:
        solution = solved([says(6), says(5)], {says(6): float("nan"), says(5): 0.1})
        assert [candidate.score for candidate in solution.candidates] == [None, 0.1]

    @pytest.mark.parametrize("scores", [{says(6): None, says(5): None}, {says(6): float("nan"), says(5): None}])
    def test_without_any_score_it_votes_and_says_so(self, scores: dict[str, float | None]) -> None:
        solution = solved([says(5), says(6), says(6)], scores)
        assert (solution.answer, solution.strategy, solution.confidence_kind) == ("6", "maj1", "vote share")
        assert solution.degraded
        assert solution.notes == (
            "The evaluator gave no score, so the answers are voted on: it could judge none of them.",
        )

    def test_no_score_among_the_largest_clusters_is_none(self) -> None:
        """The scores are equal as sums, and then the lowest sample counts as the largest cluster."""
        solution = solved([says(5), says(6)], {says(5): None, says(6): 0.0}, strategy="rr.majk", k=1)
        assert (solution.answer, solution.strategy, solution.degraded) == ("5", "maj1", True)

    def test_an_evaluator_that_fails_is_replaced_by_the_vote(self) -> None:
        judge = Verdicts({}, error=QuorumError("no connection"))
        solution = Solver(Script([says(5), says(6), says(6)]), judge, options=options(3)).solve(PROBLEM)
        assert (solution.answer, solution.strategy, solution.degraded) == ("6", "maj1", True)
        assert solution.notes == ("The evaluator gave no score, so the answers are voted on: no connection",)

    def test_a_vote_that_the_evaluator_could_have_settled_is_degraded_without_it(self) -> None:
        judge = Verdicts({}, error=QuorumError("no connection"))
        solver = Solver(Script([says(5), says(6)]), judge, options=options(2, strategy="maj1"))
        assert (solver.solve(PROBLEM).answer, solver.solve(PROBLEM).degraded) == ("5", True)

    def test_an_evaluator_that_was_misused_is_an_error(self) -> None:
        judge = Verdicts({}, error=InputError("labels merge"))
        with pytest.raises(InputError, match="labels merge"):
            Solver(Script([says(5)]), judge, options=options(1)).solve(PROBLEM)


class TestFailures:
    def test_some_failed_samples_degrade(self) -> None:
        solution = solved([FAILED, says(5), FAILED, says(5)])
        assert (solution.answer, solution.degraded, solution.num_failed) == ("5", True, 2)
        assert "2 of 4 samples failed, the first with: time-out 0." in solution.notes
        assert solution.confidence == 1.0
        assert [candidate.sample for candidate in solution.candidates] == [1, 3]
        assert solution.usage.num_samples == 2

    def test_samples_that_never_came_have_failed(self) -> None:
        script = Script([says(5)] * 3, order=[2])
        assert Solver(script, options=options(3)).solve(PROBLEM).num_failed == 2

    def test_what_came_before_the_engine_failed_is_chosen_from(self) -> None:
        solution = Solver(Dying([says(5), says(6), says(6)], lives=1), options=options(3)).solve(PROBLEM)
        assert (solution.answer, solution.degraded, solution.num_failed) == ("5", True, 2)
        assert solution.notes[1] == "2 of 3 samples failed: connection lost"

    def test_an_engine_that_fails_at_once_is_an_error(self) -> None:
        with pytest.raises(QuorumError, match="connection lost"):
            Solver(Dying([says(5)], lives=0), options=options(1)).solve(PROBLEM)

    def test_an_engine_that_was_misused_is_an_error(self) -> None:
        with pytest.raises(InputError, match="no such model"):
            Solver(Dying([says(5)] * 2, lives=1, error=InputError("no such model")), options=options(2)).solve(PROBLEM)

    def test_all_failed_is_an_error(self) -> None:
        with pytest.raises(QuorumError, match="all 2 samples failed, the first with: time-out 0"):
            solved([FAILED, FAILED])

    def test_no_answer_anywhere_abstains(self) -> None:
        solution = solved(["I do not know", ""], {})
        assert (solution.answer, solution.solution, solution.confidence, solution.sample) == (None, None, None, None)
        assert (solution.abstained, solution.reason) == (True, "no sample gives an answer")
        assert not solution.degraded

    def test_a_first_sample_without_answer_abstains(self) -> None:
        assert solved(["hm", says(5)], strategy="first").reason == "the first sample gives no answer"

    def test_a_first_sample_that_failed_is_not_the_first_with_a_rule_either(self) -> None:
        @dataclass
        class Rounds(Script):
            drawn: int = 0

            def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
                start, self.drawn = self.drawn, self.drawn + len(requests[0].seeds)
                texts = Script(self.texts[start : self.drawn])
                yield from texts.sample(requests, params)

        texts = [FAILED, FAILED, says(4), *[says(5)] * 5]
        whole = solved(texts, strategy="first")
        stopped = Solver(Rounds(texts), options=options(8, strategy="first", stop=StopRule("lossless"))).solve(PROBLEM)
        assert whole.answer == stopped.answer == "4"
        assert stopped.usage.num_samples == 1
        with pytest.raises(QuorumError, match="all 8 samples failed"):
            Solver(Rounds([FAILED] * 8), options=options(8, strategy="first", stop=StopRule("lossless"))).solve(PROBLEM)


class TestConfidence:
    def test_calibrated(self) -> None:
        solution = solved([says(5), says(5)], {says(5): 0.5}, calibrate=lambda share: share / 2)
        assert (solution.confidence, solution.confidence_kind) == (0.25, "calibrated")

    def test_below_the_smallest_confidence_the_answer_is_held_back(self) -> None:
        texts = [says(5), says(6)]
        scores: dict[str, float | None] = {says(5): 0.9, says(6): 0.1}
        solution = solved(texts, scores, calibrate=lambda share: share, min_confidence=0.5)
        assert (solution.answer, solution.solution, solution.abstained) == (None, None, True)
        assert (solution.confidence, solution.sample) == (0.45, 0)
        assert solution.reason == "the confidence 0.450 is below 0.500, which the accepted risk asks for"

    def test_at_the_smallest_confidence_it_is_given(self) -> None:
        solution = solved([says(5)], {says(5): 0.5}, calibrate=lambda share: share, min_confidence=0.5)
        assert (solution.answer, solution.abstained) == ("5", False)

    def test_a_vote_for_want_of_scores_has_no_known_risk(self) -> None:
        solution = solved([says(5)], {says(5): None}, calibrate=lambda share: 1.0, min_confidence=0.5)
        assert (solution.answer, solution.confidence_kind) == (None, "vote share")
        assert solution.reason == "nothing could be scored, so the risk is not known"

    def test_abstaining_needs_a_calibration(self) -> None:
        with pytest.raises(InputError, match="calibrate the evaluator first"):
            solved([says(5)], {says(5): 0.5}, min_confidence=0.5)


class TestEvents:
    def test_in_order(self) -> None:
        script = Script([says(5), FAILED, "hm", says(6)], order=[3, 1, 0, 2])
        solver = Solver(script, Verdicts({says(5): 0.4, says(6): 0.7}), options=options(4))
        *told, voted, first, second, done = solver.events(PROBLEM)
        samples = [event for event in told if isinstance(event, Sampled)]
        assert [(s.candidate.sample, s.candidate.answer, s.finish_reason, s.error) for s in samples] == [
            (3, "6", "stop", None),
            (1, None, "error", "time-out 1"),
            (0, "5", "stop", None),
            (2, None, "stop", None),
        ]
        assert isinstance(voted, Voted)
        assert votes(voted.clusters) == [("5", 1), ("6", 1)]
        assert (first, second) == (Scored(0, 0.4), Scored(3, 0.7))
        assert isinstance(done, Done)
        assert done.solution.answer == "6"

    def test_samples_are_told_before_the_next_is_drawn(self) -> None:
        drawn = []

        class Slow(Script):
            def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
                for completion in super().sample(requests, params):
                    drawn.append(completion.sample)
                    yield completion

        events = Solver(Slow([says(5), says(6)]), options=options(2)).events(PROBLEM)
        next(events)
        assert drawn == [0]

    def test_closing_ends_the_sampling(self) -> None:
        closed = []

        class Endless(Script):
            def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
                try:
                    yield from super().sample(requests, params)
                finally:
                    closed.append(True)

        events = Solver(Endless([says(5)] * 3), options=options(3)).events(PROBLEM)
        next(events)
        events.close()  # type: ignore[attr-defined]
        assert closed == [True]


def test_seeds_are_keyed_by_run_problem_and_sample() -> None:
    script = Script([says(5)] * 2)
    for seed, problem in ((0, PROBLEM), (0, PROBLEM), (1, PROBLEM), (0, replace(PROBLEM, id="q"))):
        Solver(script, options=options(2, seed=seed)).solve(problem)
    first, again, *others = [request.seeds for request in script.requests]
    assert first == again
    assert len({seed for seeds in (first, *others) for seed in seeds}) == 6


@pytest.mark.parametrize("name", ["num_samples", "k", "top_n"])
def test_options_out_of_range(name: str) -> None:
    with pytest.raises(InputError, match=rf"`{name}` must be at least 1; got 0"):
        Solver(Script([]), options=replace(options(1), **{name: 0}))  # type: ignore[arg-type]


def test_greedy_draws_one_sample() -> None:
    greedy = SamplingParams(temperature=0.0)
    with pytest.raises(InputError, match="all 2 samples are the same"):
        Solver(Script([]), options=options(2, params=greedy))
    assert Solver(Script([says(5)]), options=options(1, params=greedy)).solve(PROBLEM).answer == "5"


def test_usage_and_json() -> None:
    solution = solved([says(5, "two words "), says(6)], {says(5, "two words "): 0.5, says(6): 0.25})
    fields = solution.as_dict()
    assert fields["usage"] == {
        "num_samples": 2,
        "prompt_tokens": 9,
        "completion_tokens": 6,
        "evaluator_tokens": 20,
    }
    assert fields["clusters"] == [
        {"answer": "5", "count": 1, "score_sum": 0.5, "score_max": 0.5, "samples": [0]},
        {"answer": "6", "count": 1, "score_sum": 0.25, "score_max": 0.25, "samples": [1]},
    ]
    assert set(fields["timings"]) == {"generate_s", "score_s", "rerank_s"}
    assert min(fields["timings"].values()) >= 0
