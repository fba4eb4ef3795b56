"""Stopping rules by cases made by hand, in the replay and in the solver."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from reasoning.engines import Completion, Request, SamplingParams
from reasoning.errors import InputError, QuorumError
from reasoning.types import Candidate, Problem
from rerank.clusters import build_clusters
from rerank.grading import GradedProblem
from rerank.solution import Done, Sampled, Solution
from rerank.solver import SolveOptions, Solver
from rerank.stopping.markdown import stopping_markdown
from rerank.stopping.replay import replay
from rerank.stopping.rules import StopRule, Watch, beta_confidence, parse_rule
from rerank.stopping.scoring import num_scored
from rerank.stopping.summary import changed_bound, most_eager, stopping_report

PROBLEM = Problem(id="p", text="What is 2 + 3?")


def stop_after(rule: str, labels: Sequence[int | None], *, budget: int) -> tuple[int, str]:
    watch = Watch(parse_rule(rule), strategy="maj1", budget=budget, scored=False)
    for i, label in enumerate(labels):
        watch.add(i, label, None)
        if watch.reason is not None:
            return i + 1, watch.reason
    raise AssertionError("the rule never stopped")


@pytest.mark.parametrize(
    ("rule", "labels", "budget", "expected"),
    [
        ("lossless", [0] * 8, 8, (4, "decided")),  # four others would come later, and lose the tie
        ("lossless", [0, 1, 0, 0, 0], 6, (4, "decided")),
        ("lossless", [None] * 4, 4, (4, "budget")),
        ("anytime:0.05", [0] * 9, 1000, (6, "settled")),
        ("anytime:0.01", [0] * 12, 1000, (9, "settled")),
        ("budget:0.05", [0] * 13, 13, (5, "settled")),  # lossless would take seven
        ("budget:0.05", [0] * 64, 64, (6, "settled")),
        ("beta:0.95", [0] * 9, 40, (4, "settled")),
        ("share:0.75", [0, 0, 1, 0], 40, (4, "settled")),
        ("fixed:3", [0, 1, 2], 40, (3, "settled")),
    ],
)
def test_a_rule_stops_where_it_should(
    rule: str, labels: list[int | None], budget: int, expected: tuple[int, str]
) -> None:
    assert stop_after(rule, labels, budget=budget) == expected


def test_the_earliest_stop_is_foretold() -> None:
    watch = Watch(parse_rule("anytime:0.05"), strategy="maj1", budget=32, scored=False)
    assert watch.num_until_stop() == 6
    for i in range(4):
        watch.add(i, 0, None)
    assert watch.num_until_stop() == 2
    watch.add(4, 1, None)
    assert watch.num_until_stop() > 2


@pytest.mark.parametrize("name", ["anytime", "budget", "beta", "share", "fixed"])
@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e999"])
def test_a_parameter_is_finite(name: str, number: str) -> None:
    with pytest.raises(InputError, match=f"after {name}:"):
        parse_rule(f"{name}:{number}")


@pytest.mark.parametrize("text", ["never", "anytime", "anytime:1", "anytime:x", "lossless:2", "fixed:0.5", "share:0"])
def test_a_rule_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        parse_rule(text)


def test_a_claim_about_the_mode_needs_a_strategy_that_selects_it() -> None:
    with pytest.raises(InputError, match=r"expected strategy maj1 or w\.rr"):
        Watch(parse_rule("anytime:0.05"), strategy="rr.all", budget=8, scored=True)


def test_the_beta_criterion_is_that_of_two_counts() -> None:
    assert beta_confidence(4, 0) == pytest.approx(1 - 0.5**5)
    assert beta_confidence(3, 3) == pytest.approx(0.5)


def graded(labels: Sequence[int | None], scores: Sequence[float] | None = None, *, name: str = "p") -> GradedProblem:
    candidates = tuple(
        Candidate(i, None if label is None else str(label), None if scores is None else scores[i])
        for i, label in enumerate(labels)
    )
    return GradedProblem(Problem(name, "?", "0"), candidates, tuple(labels), 0 if 0 in labels else None)


def test_scores_that_cannot_matter_are_not_asked_for() -> None:
    problem = graded([0, 0, 0, 0, 0, 0, 1, 2], [0.9] * 8)
    clusters = build_clusters(problem.candidates, problem.labels)
    assert num_scored("maj1", clusters, k=8, top_n=8) == (8, 0, 0)
    assert num_scored("rr.majk", clusters, k=1, top_n=8) == (8, 6, 6)
    total, eligible, needed = num_scored("w.rr", clusters, k=8, top_n=8)
    assert (total, eligible) == (8, 8)
    assert needed == 2  # 1.8 is above what a cluster of one can reach


def test_a_replay_finds_what_a_rule_changes() -> None:
    problems = [graded([0] * 6, name="a"), graded([0, 1, 1, 1, 0, 1], name="b")]
    lossless, eager = replay(problems, [StopRule("lossless"), StopRule("fixed", 1.0)], num_orders=16)
    assert lossless.same.all()
    assert (lossless.used[0] == 3).all()
    assert eager.same[0].all()
    assert 0 < eager.outvoted[1].mean() < 1
    assert (eager.correct[1] == eager.outvoted[1]).all()  # the first sample is right where it is outvoted
    (turned,) = replay(problems[::-1], [StopRule("lossless")], num_orders=16)
    assert turned.used[::-1].tolist() == lossless.used.tolist()


def test_the_most_eager_rule_is_shown_by_enough_problems_only() -> None:
    problems = [graded([0] * 8, name=str(i)) for i in range(80)]
    rules = [StopRule("budget", delta) for delta in (0.05, 0.5, 0.9)]
    assert most_eager(replay(problems, rules, num_orders=1)) == rules[-1]
    assert most_eager(replay(problems[:20], rules, num_orders=1)) is None
    replays = replay(problems, rules, num_orders=1)
    assert changed_bound(replays[0].same[:, 0], alpha=0.05) == pytest.approx(1 - 0.05 ** (1 / 80))


def test_the_report_has_a_table_for_each_strategy() -> None:
    problems = [graded([0, 0, 1, 0, 0, 0], [0.9, 0.8, 0.3, 0.9, 0.7, 0.6], name=str(i)) for i in range(5)]
    report = stopping_report(problems, ks=(2,), top_ns=(2,), num_orders=1)
    text = stopping_markdown(report)
    assert "Maj1, at most 6 samples" in text
    assert "W.RR, at most 6 samples" in text
    assert {rule.strategy for rule in report.rules} == {"maj1", "w.rr"}
    assert [s.needed <= s.eligible for s in report.scoring] == [True] * 7
    assert not stopping_report([graded([0, 1, 0])], num_orders=1).scoring


@dataclass
class Source:
    """A generator whose sample i says answers[i], known by its seed."""

    answers: Sequence[int]
    asked: list[int] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    name: str = "scripted"

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        start = len(self.seeds)
        self.seeds += requests[0].seeds
        self.asked.append(len(requests[0].seeds))
        for i in reversed(range(len(requests[0].seeds))):
            yield Completion(0, i, f"#### {self.answers[start + i]}", 3, 9, "stop")


@dataclass
class Judge:
    """An evaluator that gives every text the same score, or fails."""

    value: float | None = 0.9
    num_tokens: int = 0
    name: str = "judge"

    def score(self, problem: str, solutions: Sequence[str]) -> list[float | None]:
        if self.value is None:
            raise QuorumError("down")
        self.num_tokens += len(solutions)
        return [self.value] * len(solutions)


def solved(source: Source, stop: str | None, judge: Judge | None = None, **more: object) -> Solution:
    options = SolveOptions(
        num_samples=len(source.answers),
        params=SamplingParams(temperature=0.8),
        stop=None if stop is None else parse_rule(stop),
        **more,  # type: ignore[arg-type]
    )
    *others, last = Solver(source, judge, options=options).events(PROBLEM)
    assert isinstance(last, Done)
    told = sorted(event.candidate.sample for event in others if isinstance(event, Sampled))
    assert told == list(range(len(source.seeds)))
    return last.solution


def test_the_solver_draws_in_rounds_and_stops() -> None:
    source, whole = Source([5] * 32), Source([5] * 32)
    solution = solved(source, "anytime:0.05")
    assert source.asked == [6]
    assert solution.stopped == "settled"
    assert solution.answer == "5"
    assert solution.usage.num_samples == 6
    assert not solution.degraded
    assert solution.notes[-1].startswith("Stopped after 6 of 32 samples")
    assert solved(whole, None).stopped is None
    assert whole.seeds[:6] == source.seeds  # the same samples as without a rule


def test_the_solver_goes_on_where_answers_differ() -> None:
    source = Source([5, 6] * 8)
    solution = solved(source, "lossless")
    assert len(source.seeds) > 8
    assert sum(source.asked) == len(source.seeds) == solution.usage.num_samples
    assert solution.answer == solved(Source([5, 6] * 8), None).answer == "5"


def test_the_solver_scores_in_rounds_where_scores_decide() -> None:
    source, judge = Source([5] * 12 + [6] * 4), Judge()
    solution = solved(source, "lossless", judge, strategy="w.rr")
    assert solution.stopped == "decided"
    assert len(source.seeds) < 16
    assert judge.num_tokens == 1 == solution.usage.evaluator_tokens  # the texts are all the same
    assert solved(Source([5] * 16), "anytime:0.05", Judge()).strategy == "w.rr"


def test_an_evaluator_that_fails_does_not_stop_the_sampling() -> None:
    source = Source([5] * 8)
    solution = solved(source, "lossless", Judge(None), strategy="w.rr")
    assert solution.stopped == "budget"
    assert solution.degraded
    assert solution.answer == "5"
