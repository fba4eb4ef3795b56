"""Plans checked on problems that they were not made from, and their lower bounds in simulation.

    python benchmarks/bench_planning.py files FILE... [--limit 400] [--splits 200]
    python benchmarks/bench_planning.py bounds [--runs 2000]

`files`: each split predicts from a random half of the problems. The other half is then run once: a random order of each
problem's samples, of which a plan takes the first n, or as many as its stopping rule asks for. Printed: the share of
runs inside the 95% interval for one run, the mean error, and how often the plan chosen for a target reaches it on the
other half.

`bounds`: in how many simulated files any plan's lower bound exceeds its true accuracy.

Shapes: P problems, M plans, R runs of a problem that a value is the mean of.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reasoning.formats import read_rows
from rerank.grading import GradedProblem, grade_rows
from rerank.intervals import Interval, intervals
from rerank.planning.bounds import simultaneous_lower
from rerank.planning.choosing import cheapest
from rerank.planning.plans import Plan, future_interval, make_plans
from rerank.stopping.replay import replay
from rerank.stopping.rules import StopRule, parse_rule

FloatArray = npt.NDArray[np.float64]
NUM_RUNS = 4
SIZES = (50, 100, 250, 400)
ACCURACIES = (0.5, 0.8, 0.94, 0.97, 0.985, 0.995)


def runs_of(problems: list[GradedProblem], plan: Plan) -> FloatArray:
    """Whether single runs of the plan are right, (problems, NUM_RUNS); other orders than those of the prediction."""
    rule = StopRule("fixed", float(plan.n)) if plan.stop is None else parse_rule(plan.stop)
    (found,) = replay(problems, [rule], strategy=plan.strategy, budget=plan.n, num_orders=NUM_RUNS, seed=1)
    return found.correct


def split_plan(plan: Plan, values: FloatArray, span: Interval, *, lower: float, error: float) -> Plan:
    return replace(
        plan,
        values=values,
        accuracy=float(values.mean()),
        low=span.low,
        high=span.high,
        lower=lower,
        standard_error=error,
    )


def check(path: Path, limit: int, num_splits: int) -> None:
    graded = grade_rows(read_rows([path]), workers=1, limit=limit)
    fewest = max(2, sorted(len(p.candidates) for p in graded.problems)[len(graded.problems) // 2])
    problems = [p for p in graded.problems if len(p.candidates) >= fewest]
    plans = make_plans(problems)
    runs = np.stack([runs_of(problems, plan) for plan in plans])
    stream = np.random.default_rng(0)
    inside, errors, met, made = np.zeros((num_splits, len(plans))), np.zeros((num_splits, len(plans))), 0, 0
    for s in range(num_splits):
        order = stream.permutation(len(problems))
        known, other = order[: len(order) // 2], order[len(order) // 2 :]
        values_PM = np.stack([plan.values[known] for plan in plans], axis=1)
        errors_M = np.sqrt(values_PM.var(axis=0, ddof=1) / len(known))
        lower_M = simultaneous_lower(values_PM, errors_M, confidence=0.95, seed=s)
        made_here = [
            split_plan(plan, plan.values[known], span, lower=float(low), error=float(error))
            for plan, span, low, error in zip(plans, intervals(values_PM, seed=s), lower_M, errors_M, strict=True)
        ]
        for m, plan in enumerate(made_here):
            seen = float(runs[m, other, stream.integers(NUM_RUNS)].mean())
            low, high = future_interval(plan, len(other))
            inside[s, m], errors[s, m] = low <= seen <= high, plan.accuracy - seen
        target = max(plan.lower for plan in made_here) - 0.02
        chosen = cheapest(made_here, target)
        if chosen is not None:
            made += 1
            met += bool(plans[made_here.index(chosen)].values[other].mean() >= target)
    rows = {"all plans": list(range(len(plans))), "fixed": [m for m, p in enumerate(plans) if p.stop is None]}
    rows["stopping"] = [m for m, p in enumerate(plans) if p.stop is not None]
    for name, which in rows.items():
        print(
            f"| {path.name.split('.')[0]} | {name} | {len(problems)} | {100 * inside[:, which].mean():.1f} | "
            f"{100 * errors[:, which].mean():+.2f} | {100 * abs(errors[:, which]).mean():.2f} | "
            f"{f'{100 * met / made:.1f}' if name == 'all plans' and made else ''} |",
            flush=True,
        )


def one_plan(num_problems: int, accuracy: float, stream: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Values, (P, 1), and true accuracies, (1,)."""
    return (stream.random((num_problems, 1)) < accuracy).astype(np.float64), np.array([accuracy])


def identical(num_problems: int, accuracy: float, stream: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Four plans that are right on the same problems."""
    values_PM, truth_M = one_plan(num_problems, accuracy, stream)
    return values_PM.repeat(4, axis=1), truth_M.repeat(4)


def independent(num_problems: int, accuracy: float, stream: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Twenty plans that have nothing in common, the worst for a maximum."""
    return (stream.random((num_problems, 20)) < accuracy).astype(np.float64), np.full(20, accuracy)


def alike(num_plans: int) -> Callable[[int, float, np.random.Generator], tuple[FloatArray, FloatArray]]:
    """Plans of several accuracies that mostly fail on the same problems; two of five have fractional values."""

    def draw(num_problems: int, accuracy: float, stream: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        failure_M = np.resize((1 - accuracy) * np.array([1, 1, 1.2, 0.8, 1.5]), num_plans)
        columns, hardness_P = [], stream.random((num_problems, 1))
        for failure, num_values in zip(failure_M, np.resize([1, 1, 4, 1, 4], num_plans), strict=True):
            shape = (num_problems, int(num_values))
            luck_PR = np.where(stream.random(shape) < 0.8, hardness_P, stream.random(shape))
            columns.append((luck_PR >= failure).mean(axis=1))
        return np.stack(columns, axis=1), 1 - failure_M

    return draw


WORLDS = {
    "1 plan": one_plan,
    "4 identical": identical,
    "5 alike": alike(5),
    "40 alike": alike(40),
    "20 independent": independent,
}


def exceeded(world: str, num_problems: int, accuracy: float, num_runs: int) -> float:
    """The share of runs in which any 95% bound exceeds its truth."""
    stream, above = np.random.default_rng(0), 0
    for run in range(num_runs):
        values_PM, truth_M = WORLDS[world](num_problems, accuracy, stream)
        errors_M = values_PM.std(axis=0, ddof=1) / num_problems**0.5
        lower_M = simultaneous_lower(values_PM, errors_M, confidence=0.95, seed=run, num_draws=1000)
        above += bool((lower_M > truth_M).any())
    return above / num_runs


def bounds(num_runs: int) -> None:
    print(f"| plans | problems | {' | '.join(f'{100 * accuracy:g}%' for accuracy in ACCURACIES)} |")
    print(f"| --- | ---: |{' ---: |' * len(ACCURACIES)}")
    for world in WORLDS:
        for size in SIZES:
            shares = [f"{100 * exceeded(world, size, accuracy, num_runs):.1f}" for accuracy in ACCURACIES]
            print(f"| {world} | {size} | {' | '.join(shares)} |", flush=True)


def files(paths: list[Path], limit: int, num_splits: int) -> None:
    print("| file | plans | problems | inside, % | mean error, points | mean absolute error | target reached, % |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for path in paths:
        check(path, limit, num_splits)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True)
    on_files = modes.add_parser("files")
    on_files.add_argument("paths", nargs="+", type=Path)
    on_files.add_argument("--limit", type=int, default=400)
    on_files.add_argument("--splits", type=int, default=200)
    modes.add_parser("bounds").add_argument("--runs", type=int, default=2000)
    args = parser.parse_args()
    start_s = time.process_time()
    if args.mode == "bounds":
        bounds(args.runs)
    else:
        files(args.paths, args.limit, args.splits)
    print(f"\n{time.process_time() - start_s:.0f} s of processor time")


if __name__ == "__main__":
    main()
