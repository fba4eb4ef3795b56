"""How fast the estimators are, against the plain ways to the same numbers, in one run.

    python benchmarks/bench_estimators.py

Prints seconds, ratios and how far the results lie apart. Runs about a minute.
"""

import time
from collections.abc import Callable
from itertools import combinations
from statistics import median
from typing import TypeVar

import numpy as np

from benchmarks.ratios import in_turn, ratio_of, tell
from reasoning.types import Candidate, Problem
from rerank.estimators import estimate, estimate_parameters
from rerank.exact import _maj1_curve, maj1_curve
from rerank.grading import GradedProblem
from rerank.intervals import intervals
from rerank.strategies import select

Result = TypeVar("Result")

# From one vote each to a few large clusters; 256 samples, the correct cluster first.
SIZES_OF_256 = {
    "all different": [1] * 256,
    "2 x 128 clusters": [2] * 128,
    "16 x 16 clusters": [16] * 16,
    "8 clusters": [32] * 8,
    "6 clusters": [43] * 5 + [41],
    "4 clusters": [64] * 4,
    "2 clusters": [128] * 2,
    "all sizes 22 to 1": [*range(22, 0, -1), 3],
    "a long tail": [100, 50, 25, 20, 15, 10, 8, 6, 5, 4, 3, 2, 2, 2, 1, 1, 1, 1],
}


def main() -> None:
    bench_maj1_curves()
    bench_against_brute_force()
    bench_report()
    bench_against_naive_draws()


def bench_maj1_curves() -> None:
    print("exact maj1, every k up to 256, 500 problems (cache emptied before each):")
    for name, sizes in SIZES_OF_256.items():

        def curves(sizes: list[int] = sizes) -> None:
            for _ in range(500):
                _maj1_curve.cache_clear()
                maj1_curve(sizes, 0)

        print(f"  {name:20} {timed(curves)[0]:6.2f} s")
    real = [problem.labels for problem in make_problems(500, 256)]
    sizes_of = [np.bincount([label for label in labels if label is not None]).tolist() for labels in real]
    seconds, _ = timed(lambda: [maj1_curve(sizes, 0, num_unextracted=256 - sum(sizes)) for sizes in sizes_of])
    print(f"  {'simulated problems':20} {seconds:6.2f} s")
    seconds, _ = timed(lambda: maj1_curve([32] * 32, 0))
    print(f"  one problem at N = 1,024 (32 x 32): {seconds:.2f} s")


def bench_against_brute_force() -> None:
    sizes, correct, num_samples = [6, 5, 4, 2, 1], 1, 18
    votes = [i for i, size in enumerate(sizes) for _ in range(size)]
    counted = [count_subsets(votes, correct, k) for k in range(1, num_samples + 1)]
    apart = float(np.abs(maj1_curve(sizes, correct) - counted).max())
    print(f"maj1 of 18 samples, every k, against all 2^18 subsets: {apart:.0e} apart")

    def exact() -> None:
        _maj1_curve.cache_clear()
        maj1_curve(sizes, correct)

    def by_subsets() -> None:
        for k in range(1, num_samples + 1):
            count_subsets(votes, correct, k)

    tell("exact Maj1@k of 18 samples, every k", "all 2^18 subsets", ratio_of(*in_turn([exact, by_subsets], rounds=3)))


def bench_report() -> None:
    print("500 problems x 64 samples, everything at n = 1, 2, 4, ..., 64:")
    bench_one_report("continuous scores", make_problems(500, 64))
    bench_one_report("scores of one decimal, full of ties", make_problems(500, 64, decimals=1))


def bench_one_report(scores: str, problems: list[GradedProblem]) -> None:
    grid = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
    for_estimates, estimates = timed(lambda: estimate(problems))
    for_intervals, _ = timed(lambda: intervals(np.stack([found.values for found in estimates], axis=1)))
    for_curves, _ = timed(lambda: estimate_parameters(problems, ks=grid, top_ns=grid))
    print(f"  {scores}: {len(estimates)} estimates {for_estimates:.2f} s, their intervals {for_intervals:.2f} s,")
    print(f"    accuracy against K and TopN {for_curves:.2f} s;", end=" ")
    print(f"largest standard error {max(found.standard_error for found in estimates):.5f}")


def bench_against_naive_draws() -> None:
    """One strategy at one n, drawn subset by drawn subset through `select`."""
    problems, n, num_draws = make_problems(50, 64), 16, 40
    stream = np.random.default_rng(0)

    def naive() -> float:
        rights = [
            select("w.rr", [p.candidates[i] for i in drawn], [p.labels[i] for i in drawn])
            for p in problems
            for drawn in (np.sort(stream.choice(64, n, replace=False)) for _ in range(num_draws))
        ]
        return float(np.mean([s is not None and s.candidate.answer == "a0" for s in rights]))

    fast, slow = in_turn([lambda: estimate(problems, sample_sizes=[n]), naive], rounds=3)
    estimates = estimate(problems, sample_sizes=[n])
    (found,) = [e for e in estimates if e.name == "w.rr"]
    variances = found.values * (1 - found.values)
    num_wanted = variances.sum() / (len(problems) * 0.001) ** 2  # draws a problem for an error of 0.001
    to_tolerance = [seconds / num_draws * num_wanted for seconds in slow]
    print(f"w.rr at n = 16, 50 problems: {naive():.3f} drawn one by one, {found.mean:.3f} here")
    print(f"  to a standard error of 0.001: {median(to_tolerance):.1f} s one by one for this strategy alone,")
    print(f"    {median(fast):.2f} s here for all {len(estimates)} estimates")
    what = f"{len(estimates)} estimates at n = 16 to 0.001"
    tell(what, "drawing subsets for W.RR alone", ratio_of(fast, to_tolerance))


def make_problems(num_problems: int, num_samples: int, *, decimals: int | None = None) -> list[GradedProblem]:
    """Problems of all difficulties with wrong answers that agree now and then; "a0" is correct."""
    stream = np.random.default_rng(0)
    problems = []
    for i in range(num_problems):
        wrong = stream.dirichlet([0.15] * 30)
        share = stream.beta(0.8, 0.9)
        votes = stream.choice(32, num_samples, p=[0.95 * share, *(0.95 * (1 - share) * wrong), 0.05])
        logits = stream.normal(np.where(votes == 0, 1.0, -0.5), 1.2)
        scores = 1 / (1 + np.exp(-logits))
        given = scores if decimals is None else scores.round(decimals)
        numbers: dict[int, int] = {}
        labels = tuple(None if v == 31 else numbers.setdefault(v, len(numbers)) for v in votes.tolist())
        candidates = tuple(
            Candidate(j, None if v == 31 else f"a{v}", float(s))
            for j, (v, s) in enumerate(zip(votes, given, strict=True))
        )
        problems.append(GradedProblem(Problem(f"p{i}", "?", "a0"), candidates, labels, numbers.get(0), 0))
    return problems


def count_subsets(votes: list[int], correct: int, k: int) -> float:
    shares = []
    for subset in combinations(votes, k):
        counts = [subset.count(vote) for vote in range(max(votes) + 1)]
        shares.append((counts[correct] == max(counts)) / counts.count(max(counts)))
    return float(np.mean(shares))


def timed(function: Callable[[], Result]) -> tuple[float, Result]:
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    main()
