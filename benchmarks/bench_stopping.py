"""Stopping rules: how often they err in simulation, and what they save on real samples and streams drawn from them.

    python benchmarks/bench_stopping.py coverage
    python benchmarks/bench_stopping.py files FILE... [--limit 400]
    python benchmarks/bench_stopping.py streams FILE... [--limit 200] [--budget 40]

`coverage` plays the bets of rerank.stopping.betting for all problems at once, and checks itself against the package's
own rule on some of them. `files` is `quorum report --stopping` in short. `streams` draws with replacement from the
answers that a file has for each problem, for the files have few samples of each.

Shapes: P problems, T samples, C answers (the last one never drawn), G stakes.
"""

import argparse
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from benchmarks.ratios import tell
from reasoning.formats import read_rows
from rerank.estimators import estimate
from rerank.grading import GradedProblem, grade_rows
from rerank.stopping.betting import SHARES, STAKES
from rerank.stopping.replay import replay
from rerank.stopping.rules import Watch, parse_rule
from rerank.stopping.summary import GUARANTEED_RULES, StopSummary, stopping_report

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
DELTA = 0.05


def distributions(num_problems: int, stream: np.random.Generator) -> dict[str, FloatArray]:
    """Answer probabilities, (P, answers) each, a mode first where it is the same for all."""

    def same(*probs: float) -> FloatArray:
        return np.tile(np.array(probs) / sum(probs), (num_problems, 1))

    zipf = 0.61 / np.arange(1, 11) / (1 / np.arange(1, 11)).sum()
    return {
        "tie of 2": same(1, 1),
        "tie of 10": same(*[1] * 10),
        "0.51 against 0.49": same(0.51, 0.49),
        "0.34, 0.33, 0.33": same(0.34, 0.33, 0.33),
        "0.11 against 10 of 0.089": same(0.11, *[0.089] * 10),
        "0.20, 0.19, long tail": same(0.20, 0.19, *zipf),
        "0.55 against 0.45": same(0.55, 0.45),
        "Dirichlet(0.5) of 8": stream.dirichlet([0.5] * 8, num_problems),
    }


def simulate(drawn_PT: IntArray, num_answers: int, *, horizon: int | None) -> tuple[IntArray, IntArray]:
    """(P,): samples at which the bets settle on the leader, 0 where they never do; and that leader."""
    num_problems, length = drawn_PT.shape
    rows = np.arange(num_problems)
    sums = np.zeros((num_problems, num_answers + 1))
    first_seen = np.zeros_like(sums)
    wealth = np.tile(SHARES, (num_problems, num_answers + 1, 1))
    excluded = np.zeros(sums.shape, dtype=bool)
    stopped, leader_at = np.zeros(num_problems, dtype=np.int64), np.zeros(num_problems, dtype=np.int64)
    alive = rows
    for t in range(length):
        x, p = drawn_PT[alive, t], np.arange(len(alive))
        key = np.where(sums > 0, sums * (length + 1) - first_seen, -1.0)
        lead = key.argmax(axis=1)
        has_lead = key[p, lead] > 0
        rest = key.copy()
        rest[p, lead] = -1.0
        second = rest.argmax(axis=1)
        has_second = rest[p, second] > 0
        gains = np.where((x == lead)[:, None], 1.0, 0.0) * np.ones_like(sums)
        gains[p, x] = -1.0
        gains[p, lead] = np.where(has_second, np.where(x == lead, -1.0, np.where(x == second, 1.0, 0.0)), 0.0)
        drift = np.zeros_like(sums)
        if horizon is not None:
            drift = (sums[p, lead][:, None] - sums) / (horizon - t)
            drift[p, lead] = np.where(has_second, (sums[p, second] - sums[p, lead]) / (horizon - t), 0.0)
        factor = 1 + STAKES * ((gains + drift) / np.maximum(1 - drift, 1e-9))[:, :, None]
        factor[p, lead] = np.where(has_second[:, None], factor[p, lead], 1.0)
        wealth = np.minimum(np.where(has_lead[:, None, None], wealth * factor, wealth), 1e150)
        excluded |= wealth.sum(axis=2) >= 1 / DELTA
        first_seen[p, x] = np.where(sums[p, x] == 0, t, first_seen[p, x])
        sums[p, x] += 1
        lead = np.where(sums > 0, sums * (length + 1) - first_seen, -1.0).argmax(axis=1)
        settled = excluded.sum(axis=1) - excluded[p, lead] == num_answers
        stopped[alive[settled]], leader_at[alive[settled]] = t + 1, lead[settled]
        alive, sums, first_seen, wealth, excluded = (a[~settled] for a in (alive, sums, first_seen, wealth, excluded))
    return stopped, leader_at


def beta_rule(drawn_PT: IntArray, num_answers: int) -> tuple[IntArray, IntArray]:
    """The same for AdaptiveConsistency's Beta criterion at 0.95."""
    num_problems, length = drawn_PT.shape
    counts = np.zeros((num_problems, num_answers))
    stopped, leader_at = np.zeros(num_problems, dtype=np.int64), np.zeros(num_problems, dtype=np.int64)
    for t in range(length):
        counts[np.arange(num_problems), drawn_PT[:, t]] += 1
        two = -np.partition(-counts, 1, axis=1)[:, :2]
        stops = (stopped == 0) & (1 - betainc(two[:, 0] + 1, two[:, 1] + 1, 0.5) >= 0.95)
        stopped[stops], leader_at[stops] = t + 1, counts.argmax(axis=1)[stops]
    return stopped, leader_at


def coverage(num_problems: int, length: int) -> None:
    stream = np.random.default_rng(0)
    print(f"{num_problems:,} problems a row, up to {length} samples; errors and claims in %, delta = {DELTA}\n")
    print("| answers | anytime: wrong | claims | budget: wrong | claims | Beta 0.95: wrong | claims |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, probs in distributions(num_problems, stream).items():
        drawn = (stream.random((num_problems, length, 1)) > probs.cumsum(axis=1)[:, None, :-1]).sum(axis=2)
        num_answers = probs.shape[1]
        final = np.stack([(drawn == a).sum(axis=1) for a in range(num_answers)], axis=1)
        cells = []
        for rule, horizon in (("anytime", None), ("budget", length), ("beta", None)):
            found = beta_rule(drawn, num_answers) if rule == "beta" else simulate(drawn, num_answers, horizon=horizon)
            stopped, leader = found
            truth = final if rule == "budget" else probs
            is_wrong = (stopped > 0) & (truth[np.arange(num_problems), leader] < truth.max(axis=1) - 1e-12)
            cells += [f"{100 * is_wrong.mean():.2f}", f"{100 * (stopped > 0).mean():.1f}"]
            if rule != "beta":
                check(rule, drawn[:20], stopped[:20])
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def check(rule: str, drawn_PT: IntArray, stopped: IntArray) -> None:
    """The package's rule stops at the same sample, where the rest does not decide the answer before."""
    for labels, expected in zip(drawn_PT.tolist(), stopped.tolist(), strict=True):
        budget = len(labels) if rule == "budget" else 10**6
        watch = Watch(
            parse_rule(f"{rule}:{DELTA}"), strategy="maj1", budget=budget, scored=False, ends_when_decided=False
        )
        found = 0
        for i, label in enumerate(labels):
            watch.add(i, label, None)
            if watch.reason == "settled":
                found = i + 1
                break
        assert found == expected or (found == 0 and expected == budget), (rule, found, expected)


def files(paths: list[Path], limit: int) -> None:
    print("Fixed: the accuracy of as many samples in all, the same number for every problem.\n")
    print("| file | choice | rule | samples, % | changed, % | accuracy, % | against all, points | fixed, % |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for path in paths:
        name = path.name.split(".")[0]
        problems = whole(path, limit)
        found = stopping_report(problems, num_orders=2)
        for rule in found.rules:
            mark = " (on average)" if rule.rule == found.on_average[rule.strategy] else ""
            print(
                f"| {name} | {rule.strategy} | {rule.rule}{mark} | {100 * rule.used:.1f} | {100 * rule.changed:.2f} | "
                f"{100 * rule.accuracy:.1f} | {100 * rule.difference:+.2f} | {100 * fixed(problems, rule):.1f} |",
                flush=True,
            )
        for rule in found.rules:
            if rule.rule in GUARANTEED_RULES:
                gain, low, high = (1 / share for share in (rule.used, rule.used_high, rule.used_low))
                what = f"samples drawn of {name}, {rule.strategy}, {rule.rule}"
                tell(what, f"a fixed {rule.budget}", f"{gain:.2f} ({low:.2f} to {high:.2f}, 95% over problems)")


def fixed(problems: list[GradedProblem], rule: StopSummary) -> float:
    """The accuracy with a fixed number of samples, the rule's mean."""
    n = max(1, round(rule.used * rule.budget))
    (found,) = [each for each in estimate(problems, sample_sizes=[n]) if each.name == rule.strategy]
    return found.mean


def streams(paths: list[Path], limit: int, budget: int) -> None:
    print("| file | rule | samples, % | changed, % | accuracy, % | all, % |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for path in paths:
        drawn = [resampled(problem, budget) for problem in whole(path, limit)]
        rules = [parse_rule(t) for t in ("lossless", "anytime:0.05", "budget:0.05", "beta:0.95", "share:0.75")]
        rules += [parse_rule("fixed:8")]
        for found in replay(drawn, rules, num_orders=1):
            print(
                f"| {path.name.split('.')[0]} | {found.rule} | {100 * found.used.mean() / budget:.1f} | "
                f"{100 * (1 - found.same.mean()):.2f} | {100 * found.correct.mean():.1f} | "
                f"{100 * found.full_correct.mean():.1f} |",
                flush=True,
            )


def whole(path: Path, limit: int) -> list[GradedProblem]:
    """The problems that have all samples."""
    problems = grade_rows(read_rows([path]), workers=1, limit=limit).problems
    usual, _ = Counter(len(problem.candidates) for problem in problems).most_common(1)[0]
    return [problem for problem in problems if len(problem.candidates) >= usual]


def resampled(problem: GradedProblem, budget: int) -> GradedProblem:
    """So many draws from the problem's samples, with replacement."""
    stream = np.random.default_rng([budget, *problem.problem.id.encode()])
    chosen = stream.integers(len(problem.candidates), size=budget).tolist()
    candidates = tuple(replace(problem.candidates[i], sample=place) for place, i in enumerate(chosen))
    return replace(problem, candidates=candidates, labels=tuple(problem.labels[i] for i in chosen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("coverage", "files", "streams"))
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--budget", type=int, default=40)
    parser.add_argument("--problems", type=int, default=10_000)
    parser.add_argument("--length", type=int, default=64)
    args = parser.parse_args()
    start_s = time.process_time()
    if args.part == "coverage":
        coverage(args.problems, args.length)
    elif args.part == "files":
        files(args.paths, args.limit)
    else:
        streams(args.paths, args.limit, args.budget)
    print(f"\n{time.process_time() - start_s:.0f} s of processor time")


if __name__ == "__main__":
    main()
