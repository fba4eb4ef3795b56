import math

import numpy as np
import pytest

from reasoning.errors import InputError
from reasoning.metrics import pass_at_k
from reasoning.types import Candidate, Problem
from rerank.estimators import Estimate, estimate, estimate_parameters, sample_size_grid, top_k_share
from rerank.exact import maj1_at_k
from rerank.grading import GradedProblem


def problem(
    votes: str, scores: list[float | None] | None = None, *, name: str = "p", correct: str = "a"
) -> GradedProblem:
    """One letter per candidate is its answer, "-" none."""
    numbers: dict[str, int] = {}
    labels = tuple(None if v == "-" else numbers.setdefault(v, len(numbers)) for v in votes)
    given = scores or [None] * len(votes)
    candidates = (Candidate(i, None if v == "-" else v, s) for i, (v, s) in enumerate(zip(votes, given, strict=True)))
    return GradedProblem(Problem(name, "?", correct), tuple(candidates), labels, numbers.get(correct), 0)


def find(estimates: list[Estimate], name: str, n: int, k: int | None = None) -> Estimate:
    (found,) = [e for e in estimates if (e.name, e.n, e.k) == (name, n, k)]
    return found


def random_problems(num_problems: int, num_samples: int, *, seed: int = 0) -> list[GradedProblem]:
    stream = np.random.default_rng(seed)
    problems = []
    for i in range(num_problems):
        shares = stream.dirichlet([1.0, 0.7, 0.5, 0.3, 0.2])
        votes = "".join(stream.choice(list("abcd-"), num_samples, p=shares))
        scores: list[float | None] = [float(s) for s in stream.random(num_samples)]
        problems.append(problem(votes, scores, name=f"p{i}"))
    return problems


class TestExactOnes:
    problems = (
        problem("aab-", [0.1, 0.2, 0.9, 1.0], name="p0"),
        problem("bcaa", [0.4, None, 0.3, 0.8], name="p1"),
    )

    def test_first_is_the_lowest_sample(self) -> None:
        first = find(estimate(self.problems), "first", 1)
        assert first.values.tolist() == [1.0, 0.0]
        assert (first.estimator, first.standard_error) == ("exact", 0.0)

    def test_one_sample_is_the_share_of_correct_ones(self) -> None:
        estimates = [e for e in estimate(self.problems) if e.n == 1 and e.name != "first"]
        assert len(estimates) == 2 + 3 + 1 + 3 + 1 + 3 + 1
        for found in estimates:
            np.testing.assert_allclose(found.values, [0.5, 0.5], rtol=0, atol=1e-15)
            assert found.estimator == "exact"

    def test_pass_and_maj1_are_the_formulas(self) -> None:
        estimates = estimate(self.problems)
        assert find(estimates, "pass", 2).values.tolist() == [pass_at_k(4, 2, 2)] * 2
        expected = [maj1_at_k([2, 1], 0, 2, num_unextracted=1), maj1_at_k([1, 1, 2], 2, 2)]
        assert find(estimates, "maj1", 2).values.tolist() == expected

    def test_majk_with_room_for_all_is_pass(self) -> None:
        estimates = estimate(self.problems, ks=[3])
        assert find(estimates, "majk", 4, 3).values.tolist() == [1.0, 1.0]
        assert find(estimates, "majk", 2, 3).values.tolist() == find(estimates, "pass", 2).values.tolist()

    def test_majk_of_one_is_maj1(self) -> None:
        estimates = estimate(self.problems, ks=[1])
        for n in (1, 2, 4):
            assert find(estimates, "majk", n, 1).values.tolist() == find(estimates, "maj1", n).values.tolist()

    def test_whole_sets_without_ties_are_exact(self) -> None:
        estimates = [e for e in estimate(self.problems, ks=[1, 2], top_ns=[1, 3]) if e.n == 4]
        assert {e.estimator for e in estimates} == {"exact"}
        values = {(e.name, e.k): e.values.tolist() for e in estimates}
        assert values["rr.all", None] == [0.0, 1.0]
        assert values["rr.majk", 1] == [1.0, 1.0]
        assert values["w.rr", None] == [0.0, 1.0]
        assert values["w.rr.majk", 1] == [1.0, 1.0]
        assert values["maj1.topn", 1] == [0.0, 1.0]
        assert values["maj1.topn", 3] == [1.0, 1.0]


class TestWithoutScores:
    def test_strategies_that_need_scores_are_left_out(self) -> None:
        assert {e.name for e in estimate([problem("aab")])} == {"first", "pass", "maj1", "majk"}

    def test_a_problem_without_scores_among_others_is_wrong_there(self) -> None:
        estimates = estimate([problem("aa", [0.5, 0.5]), problem("aa", name="q")])
        assert find(estimates, "w.rr", 2).values.tolist() == [1.0, 0.0]
        assert find(estimates, "maj1", 2).values.tolist() == [1.0, 1.0]

    def test_nan_is_no_score(self) -> None:
        given = [problem("ab", [math.nan, 0.1])]
        assert find(estimate(given), "rr.all", 2).values.tolist() == [0.0]

    def test_a_score_without_an_answer_is_no_score(self) -> None:
        assert "rr.all" not in {e.name for e in estimate([problem("a-", [None, 0.9])])}


class TestDrawn:
    problems = random_problems(20, 12)

    def test_standard_error_is_under_a_tenth_of_a_point(self) -> None:
        estimates = estimate(self.problems, ks=[2])
        drawn = [e for e in estimates if e.estimator == "monte-carlo"]
        assert {e.name for e in drawn} == {"majk", "rr.majk", "w.rr", "w.rr.majk", "maj1.topn"}
        assert all(0 < e.standard_error < 0.001 for e in drawn)
        assert all(e.standard_error == 0 for e in estimates if e.estimator == "exact")

    def test_same_seed_same_values_in_any_order_of_problems(self) -> None:
        shuffled = [self.problems[i] for i in (3, 1, 0, 2)]
        straight = find(estimate(self.problems[:4], sample_sizes=[6]), "w.rr", 6)
        turned = find(estimate(shuffled, sample_sizes=[6]), "w.rr", 6)
        assert straight.values[[3, 1, 0, 2]].tolist() == turned.values.tolist()

    def test_another_seed_draws_other_subsets(self) -> None:
        a, b = (find(estimate(self.problems, sample_sizes=[6], seed=s), "w.rr", 6) for s in (0, 1))
        assert a.values.tolist() != b.values.tolist()
        assert a.mean == pytest.approx(b.mean, abs=0.006)

    def test_ties_of_the_whole_set_are_drawn_and_split(self) -> None:
        tied = find(estimate([problem("ab", [0.5, 0.5])]), "w.rr", 2)
        assert tied.estimator == "monte-carlo"
        assert tied.values[0] == pytest.approx(0.5, abs=0.006)
        assert 0 < tied.standard_error < 0.001

    def test_ragged_numbers_of_samples(self) -> None:
        ragged = [*random_problems(3, 9), *random_problems(3, 6, seed=1)]
        estimates = estimate(ragged)
        assert sorted({e.n for e in estimates}) == [1, 2, 4, 6]
        assert all(len(e.values) == 6 for e in estimates)


class TestParameters:
    def test_agrees_with_estimate(self) -> None:
        problems = random_problems(8, 8)
        curves = estimate_parameters(problems, ks=[1, 3], top_ns=[2])
        table = estimate(problems, sample_sizes=[8], ks=[1, 3], top_ns=[2])
        by_k = [(name, k) for name in ("majk", "rr.majk", "w.rr.majk") for k in (1, 3)]
        assert [(e.name, e.k) for e in curves] == [*by_k, ("maj1.topn", 2)]
        for found in curves:
            assert found.values.tolist() == find(table, found.name, 8, found.k).values.tolist()

    def test_k_beyond_all_clusters_is_the_strategy_without_k(self) -> None:
        problems = random_problems(8, 8)
        curves = estimate_parameters(problems, ks=[8], top_ns=[8])
        table = estimate(problems, sample_sizes=[8])
        assert curves[1].values.tolist() == find(table, "rr.all", 8).values.tolist()
        assert curves[2].values.tolist() == find(table, "w.rr", 8).values.tolist()

    def test_top_k_share(self) -> None:
        shares = top_k_share([problem("aabbbc-"), problem("aa")], [1, 2, 9])
        np.testing.assert_allclose(shares, [[3 / 7, 5 / 7, 6 / 7], [1.0, 1.0, 1.0]])


class TestGrid:
    @pytest.mark.parametrize(
        ("num_samples", "grid"),
        [(1, [1]), (2, [1, 2]), (13, [1, 2, 4, 8, 13]), (64, [1, 2, 4, 8, 16, 32, 64])],
    )
    def test_powers_of_two_and_the_whole_set(self, num_samples: int, grid: list[int]) -> None:
        assert sample_size_grid([problem("a" * num_samples)]) == grid

    def test_ends_at_the_smallest_number_of_samples(self) -> None:
        assert sample_size_grid([problem("a" * 20), problem("a" * 5)]) == [1, 2, 4, 5]


class TestRefuses:
    def test_more_samples_than_a_problem_has(self) -> None:
        with pytest.raises(InputError, match='`n` must be 1 to 2, the number of samples of problem "q"; got 3'):
            estimate([problem("aaa"), problem("ab", name="q")], sample_sizes=[3])

    def test_no_problems(self) -> None:
        with pytest.raises(InputError, match="at least one problem"):
            estimate([])

    def test_a_problem_without_samples(self) -> None:
        with pytest.raises(InputError, match='problem "p" has no sample'):
            estimate([problem("")])

    def test_a_problem_without_an_expected_answer(self) -> None:
        nothing_expected = GradedProblem(Problem("p", "?"), (Candidate(0, "1"),), (0,), None, 0)
        with pytest.raises(InputError, match='problem "p" has no expected answer'):
            estimate([nothing_expected])

    def test_a_score_outside_the_unit_interval(self) -> None:
        with pytest.raises(InputError, match=r'expected scores in \[0, 1\].*problem "p"'):
            estimate([problem("ab", [0.1, 2.0])])

    def test_a_parameter_below_one(self) -> None:
        with pytest.raises(InputError, match="the parameter of majk must be at least 1; got 0"):
            estimate([problem("ab")], ks=[0])


def test_beyond_the_exact_limit_maj1_is_drawn() -> None:
    found = find(estimate([problem("a" * 600 + "b" * 500)], sample_sizes=[2]), "maj1", 2)
    assert found.estimator == "monte-carlo"
    assert found.values[0] == pytest.approx(600 / 1100, abs=0.006)  # a tie of two is worth a half each
