"""Plans checked on problems that they were not made from: predicted accuracy against one run on the others.

    python benchmarks/bench_planning.py FILE... [--limit 400] [--splits 200]

Each split predicts from a random half of the problems. The other half is then run once: a random order of each
problem's samples, of which a plan takes the first n, or as many as its stopping rule asks for. Printed: the share of
runs inside the 95% interval for one run, the mean error, and how often the plan chosen for a target reaches it on the
other half.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reasoning.formats import read_rows
from rerank.grading import GradedProblem, grade_rows
from rerank.planning.choosing import cheapest
from rerank.planning.plans import Plan, future_interval, make_plans, simultaneous_lower
from rerank.stopping.replay import replay
from rerank.stopping.rules import StopRule, parse_rule

FloatArray = npt.NDArray[np.float64]
NUM_RUNS = 4


def runs_of(problems: list[GradedProblem], plan: Plan) -> FloatArray:
    """Whether single runs of the plan are right, (problems, NUM_RUNS); other orders than those of the prediction."""
    rule = StopRule("fixed", float(plan.n)) if plan.stop is None else parse_rule(plan.stop)
    (found,) = replay(problems, [rule], strategy=plan.strategy, budget=plan.n, num_orders=NUM_RUNS, seed=1)
    return found.correct


def split_plan(plan: Plan, chosen: npt.NDArray[np.int64], lower: float, error: float) -> Plan:
    values = plan.values[chosen]
    return replace(plan, values=values, accuracy=float(values.mean()), lower=lower, standard_error=error)


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
        lower_M = simultaneous_lower(values_PM, errors_M, confidence=0.95, seed=s, num_resamples=400)
        made_here = [
            split_plan(plan, known, float(low), float(error))
            for plan, low, error in zip(plans, lower_M, errors_M, strict=True)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--splits", type=int, default=200)
    args = parser.parse_args()
    start_s = time.process_time()
    print("| file | plans | problems | inside, % | mean error, points | mean absolute error | target reached, % |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for path in args.paths:
        check(path, args.limit, args.splits)
    print(f"\n{time.process_time() - start_s:.0f} s of processor time")


if __name__ == "__main__":
    main()
