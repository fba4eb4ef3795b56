"""Plans by cases whose numbers are known."""

from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from reasoning.errors import InputError
from reasoning.types import Candidate, Problem
from rerank.grading import GradedProblem
from rerank.intervals import exact_lower
from rerank.planning.bounds import common_reach, simultaneous_lower
from rerank.planning.choosing import cheapest, frontier, powers, problems_to_show
from rerank.planning.costs import Rates, count_tokens, judged_samples
from rerank.planning.document import PlanDocument, plan_markdown, plan_svg
from rerank.planning.plans import Plan, future_interval, make_plans


def problem(name: str, labels: Sequence[int | None], *, scored: bool = False, tokens: int | None = 10) -> GradedProblem:
    candidates = tuple(
        Candidate(
            i,
            None if label is None else str(label),
            (0.9 if label == 0 else 0.2) if scored else None,
            generation="x" * 40,
            num_tokens=tokens,
        )
        for i, label in enumerate(labels)
    )
    return GradedProblem(Problem(name, "y" * 80, "0"), candidates, tuple(labels), 0 if 0 in labels else None)


Labels = Sequence[int | None]
EASY: Labels = [0, 0, 0, 0, 0, 0]
SPLIT: Labels = [0, 0, 0, 1, 1, 2]
HARD: Labels = [1, 1, 1, 1, 0, 2]


def some_problems(num_each: int = 10, *, scored: bool = False) -> list[GradedProblem]:
    kinds = {"easy": EASY, "split": SPLIT, "hard": HARD}
    return [problem(f"{name}-{i}", labels, scored=scored) for i in range(num_each) for name, labels in kinds.items()]


def by_name(plans: list[Plan]) -> dict[str, Plan]:
    return {plan.name: plan for plan in plans}


def test_plans_predict_what_the_estimators_say_and_what_it_costs() -> None:
    rates = Rates(price=2.0, prompt_price=1.0, speed=20.0)
    plans = by_name(make_plans(some_problems(), rates=rates, stops=["lossless"]))
    one, vote = plans["Maj1@1"], plans["Maj1@6"]
    assert one.accuracy == pytest.approx((1 + 1 / 2 + 1 / 6) / 3)
    assert vote.accuracy == pytest.approx(2 / 3)
    assert (vote.tokens, vote.samples, vote.evaluator_tokens) == (60, 6, 0)
    assert vote.cost == pytest.approx((60 * 2 + 20 * 1) / 1e6)
    assert vote.seconds == pytest.approx(3.0)
    early = plans["Maj1@6 lossless"]
    assert early.accuracy == vote.accuracy
    assert early.samples < 6
    assert one.low <= one.accuracy <= one.high
    assert all(plan.lower <= plan.accuracy for plan in plans.values())


def test_any_price_makes_a_cost_and_those_not_given_are_free() -> None:
    tokens = {"prompt": 100.0, "generated": 1000.0, "judged": 5000.0}
    assert Rates(evaluator_price=5.0).cost(**tokens) == pytest.approx(0.025)
    assert Rates(prompt_price=1.0).cost(**tokens) == pytest.approx(0.0001)
    assert Rates(price=0.0, evaluator_price=5.0).cost(**tokens) == pytest.approx(0.025)
    assert Rates(speed=10.0).cost(**tokens) is None


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"price": 0.0}, "expected a price above 0, found only 0"),
        ({"price": -1.0}, "expected finite prices of at least 0"),
        ({"price": float("nan")}, "expected finite prices of at least 0"),
        ({"speed": 0.0}, "speeds above 0"),
        ({"evaluator_speed": 100.0}, "expected the speed of the generator beside the evaluator's"),
    ],
)
def test_rates_that_say_nothing_are_refused(rates: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Rates(**rates)


def test_an_evaluator_is_paid_for_what_it_reads() -> None:
    plans = by_name(make_plans(some_problems(scored=True), ks=[1], top_ns=[2], stops=[]))
    assert plans["W.RR@6"].accuracy == pytest.approx(1.0)
    assert plans["W.RR@6"].evaluator_tokens == pytest.approx(60 + 20)  # the problem once
    mean_in_largest = (6 + 3 + 4) / 3
    assert plans["RR.Maj1@6"].evaluator_tokens == pytest.approx(10 * mean_in_largest + 20)
    assert plans["Maj1@6"].evaluator_tokens == 0


def test_an_evaluator_reads_only_samples_with_an_answer_whatever_ends_the_sampling() -> None:
    problems = [problem(f"p{i}", [0, None, None, 1, None, 2], scored=True) for i in range(4)]
    plans = by_name(make_plans(problems, stops=["fixed:6"], sizes=[1, 6], ks=[1], top_ns=[2]))
    assert plans["W.RR@6"].evaluator_tokens == 3 * 10 + 20
    assert plans["W.RR@6 fixed:6"].evaluator_tokens == 3 * 10 + 20


def test_nothing_is_extrapolated() -> None:
    with pytest.raises(InputError, match="expected numbers of samples from 1 to 6, which every problem has, found 12"):
        make_plans(some_problems(), sizes=[3, 12])


def test_tokens_are_counted_or_estimated() -> None:
    assert not count_tokens([problem("a", EASY)]).is_estimated
    found = count_tokens([problem("a", EASY, tokens=None)])
    assert found.is_estimated
    assert found.sample is not None
    assert found.sample.tolist() == [10.0]


def without_texts(given: GradedProblem) -> GradedProblem:
    candidates = tuple(replace(c, generation="", num_tokens=None) for c in given.candidates)
    return replace(given, candidates=candidates)


def test_without_texts_and_counts_plans_are_compared_by_samples() -> None:
    problems = [without_texts(one) for one in some_problems(40, scored=True)]
    plans = make_plans(problems, rates=Rates(price=1.0, speed=10.0), stops=[], ks=[2], top_ns=[2])
    named = by_name(plans)
    assert (named["Maj1@4"].price, named["W.RR@4"].price) == (4, 8)
    assert {(plan.tokens, plan.seconds, plan.cost) for plan in plans} == {(None, None, None)}
    assert len(frontier(plans)) > 1
    document = PlanDocument(tuple(plans), (), 120, 0.5, 0.95, 120, ())
    assert "for 4.0 samples, drawn and read, a problem" in plan_markdown(document)
    assert "samples, drawn and read, a problem" in plan_svg(document)


def test_the_evaluator_reads_clusters_tied_with_the_last() -> None:
    found = judged_samples([problem("a", SPLIT)], [6], [1, 2], num_orders=2, seed=0)
    assert {k: values.item() for k, values in found.items()} == {None: 6.0, 1: 3.0, 2: 5.0}


def test_the_frontier_rises_and_the_target_takes_the_cheapest_shown() -> None:
    plans = make_plans(some_problems(40), stops=[])
    best = frontier(plans)
    assert [p.price for p in best] == sorted(p.price for p in best)
    assert [p.accuracy for p in best] == sorted(p.accuracy for p in best)
    chosen = cheapest(plans, 0.5)
    assert chosen is not None
    assert chosen.lower >= 0.5
    assert all(plan.price >= chosen.price for plan in plans if plan.lower >= 0.5)
    assert cheapest(plans, 0.95) is None
    vote = by_name(plans)["Maj1@6"]
    assert problems_to_show(vote, 0.95) is None
    needed = problems_to_show(vote, vote.accuracy - (vote.accuracy - vote.lower) / 2)
    assert needed == pytest.approx(4 * 120, abs=1)
    with pytest.raises(InputError, match="target between 0 and 1"):
        cheapest(plans, 70)


def test_the_lower_bounds_hold_together() -> None:
    """Of 60 columns of one accuracy, the best one's bound exceeds the truth in at most a twentieth of the worlds."""
    stream = np.random.default_rng(0)
    num_worlds, num_above = 60, 0
    for world in range(num_worlds):
        values = (stream.random((150, 60)) < 0.7).astype(np.float64)
        errors = values.std(axis=0, ddof=1) / 150**0.5
        lower = simultaneous_lower(values, errors, confidence=0.95, seed=world, num_draws=1000)
        num_above += bool(lower.max() > 0.7)
    assert num_above <= 9  # more has a chance of 1 in 1,000 at 5%


def share_above(accuracy: float, num_problems: int, num_plans: int, *, num_worlds: int = 400) -> float:
    """How often any of identical plans has a bound above the true accuracy."""
    stream, above = np.random.default_rng(1), 0
    for world in range(num_worlds):
        values = (stream.random((num_problems, 1)) < accuracy).astype(np.float64).repeat(num_plans, axis=1)
        errors = values.std(axis=0, ddof=1) / num_problems**0.5
        lower = simultaneous_lower(values, errors, confidence=0.95, seed=world, num_draws=500)
        above += bool((lower > accuracy).any())
    return above / num_worlds


@pytest.mark.parametrize(
    ("accuracy", "num_problems", "num_plans"),
    [(0.94, 50, 1), (0.97, 100, 1), (0.985, 200, 1), (0.97, 100, 4), (0.95, 400, 5)],
)
def test_lower_bounds_hold_where_hardly_any_problem_fails(accuracy: float, num_problems: int, num_plans: int) -> None:
    assert share_above(accuracy, num_problems, num_plans) <= 0.085  # more has a chance of 1 in 1,000 at 5%


def test_few_failures_do_not_lower_the_bounds_of_other_plans() -> None:
    """With 39 of 40 right, exactly 5% of runs of 88.7% do as well; a plan beside it costs a little."""
    nearly = np.ones(40)
    nearly[0] = 0.0
    halves = np.tile([0.25, 0.75], 20)
    values = np.stack([nearly, halves], axis=1)
    lower = simultaneous_lower(values, values.std(axis=0, ddof=1) / 40**0.5, confidence=0.95, seed=0)
    assert 0.86 < lower[0] < 0.887
    assert 0.41 < lower[1] < 0.435  # 1.645 standard errors of 0.04 are 0.066


def test_exact_bounds_are_those_of_tables() -> None:
    """All of n right: alpha ** (1 / n). Nothing is at least 0."""
    found = exact_lower(np.array([10.0, 9.0, 0.0]), 10, alpha=0.05)
    assert found == pytest.approx([0.05**0.1, 0.6058, 0.0], abs=1e-4)


def test_plans_that_hardly_differ_share_one_bound() -> None:
    stream = np.random.default_rng(0)
    values = (stream.random((200, 1)) < 0.7).astype(np.float64)
    assert common_reach(values.repeat(30, axis=1), confidence=0.95, seed=0) == pytest.approx(1.645, abs=0.08)
    apart = (stream.random((200, 30)) < 0.7).astype(np.float64)
    assert common_reach(apart, confidence=0.95, seed=0) == pytest.approx(2.93, abs=0.1)
    assert common_reach(np.ones((200, 30)), confidence=0.95, seed=0) == pytest.approx(2.93, abs=0.1)


def test_a_spread_that_rests_on_few_problems_is_not_trusted() -> None:
    """Nine in ten on every problem, but for three zeros: the next thousand problems may have many more."""
    values = np.full((100, 1), 0.9)
    values[:3] = 0.0
    lower = simultaneous_lower(values, values.std(axis=0, ddof=1) / 10, confidence=0.95, seed=0)
    assert lower == pytest.approx(exact_lower(values.sum(axis=0), 100, alpha=0.05))


def test_a_spread_of_fractions_is_used_on_few_problems() -> None:
    """Forty problems of one kind, each right in 6, 13 or 20 of 20 samples: the bound is 1.645 standard errors below."""
    values = np.array([[0.3]] * 4 + [[0.65]] * 32 + [[1.0]] * 4)
    error = values.std(axis=0, ddof=1) / 40**0.5
    lower = simultaneous_lower(values, error, confidence=0.95, seed=0)
    assert lower == pytest.approx(0.65 - 1.645 * error, abs=1e-3)


def test_one_run_varies_more_than_the_accuracy() -> None:
    plan = by_name(make_plans(some_problems(), stops=[]))["Maj1@6"]
    low, high = future_interval(plan, 20)
    assert low < plan.low
    assert high > plan.high
    assert future_interval(plan, 10**9) == pytest.approx((plan.low, plan.high), abs=1e-6)


def test_one_run_may_fail_where_none_has_failed_yet() -> None:
    """Wilson's interval at 10 of 10 is 72.2 to 100, and at 1,000 of 1,000 it is 99.6 to 100."""
    problems = [problem(f"p{i}", EASY) for i in range(10)]
    plan = by_name(make_plans(problems, stops=[]))["Maj1@6"]
    assert plan.accuracy == 1.0
    assert future_interval(plan, 1000) == pytest.approx((1 - (0.2775**2 + 0.0038**2) ** 0.5, 1.0), abs=1e-3)
    assert future_interval(plan, 10)[0] == pytest.approx(1 - 2**0.5 * 0.2775, abs=1e-3)


def test_power_says_how_many_problems_would_do() -> None:
    problems = some_problems(10, scored=True)
    found = {(p.a, p.b): p for p in powers(problems, make_plans(problems, ks=[2], top_ns=[2], stops=[]))}
    weighted = found["W.RR@6", "Maj1@6"]
    assert weighted.verdict == "better"
    assert weighted.difference == pytest.approx(1 / 3)
    # p = 1/3 of the problems differ: variance 2/9, (1.96 + 0.84)^2 = 7.849
    assert weighted.problems_needed == int(7.849 * (2 / 9) * 9) + 1
    assert weighted.detectable == pytest.approx((7.849 * 2 / 9 / 30) ** 0.5, rel=0.001)
    assert ("Maj1@6", "Maj1@3") in found


def test_a_difference_that_is_only_rounding_is_none() -> None:
    """0.2 + 0.3 + 0.7 and 0.3 + 0.5 + 0.4 are both 1.2, but not in binary."""
    plan = make_plans([problem(f"p{i}", EASY) for i in range(3)], stops=[], sizes=[2])[0]
    vote = replace(plan, strategy="maj1", values=np.array([0.2, 0.3, 0.7]))
    weighted = replace(plan, strategy="w.rr", values=np.array([0.3, 0.5, 0.4]))
    (found,) = powers([], [vote, weighted])
    assert (found.difference, found.problems_needed, found.repeats_needed) == (0.0, None, None)


def test_the_document_can_be_read_by_people_and_programs() -> None:
    plans = make_plans(some_problems(), stops=["lossless"])
    document = PlanDocument(tuple(plans), tuple(powers(some_problems(), plans)), 30, 0.4, 0.95, 100, ("A note.",))
    text = plan_markdown(document)
    assert "is the cheapest plan shown to reach 40.0%" in text
    assert "Maj1@6 lossless" in text
    assert "No plan is shown" in plan_markdown(PlanDocument(tuple(plans), (), 30, 0.99, 0.95, 100, ()), everything=True)
    values = document.as_dict()
    assert values["cheapest"] == document.chosen.name if document.chosen else False
    assert {plan["name"] for plan in values["plans"]} == {plan.name for plan in plans}
    svg = plan_svg(document)
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "var(--" not in svg
