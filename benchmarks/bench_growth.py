"""How cost grows: with samples a problem, problems, length of solutions, and workers, at three sizes each.

    python benchmarks/bench_growth.py [--repeats 3]

Printed are processor seconds (the median of the repeats; of the workers, wall seconds) and the exponent of the power
law through the three: 1 is proportional, 0 is free, -1 halves when the size doubles.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median

import numpy as np
import torch

from quorum.load import load_evaluator, load_generator
from reasoning.answers import extract_answer
from reasoning.engines import Judge, Request, Sampler, SamplingParams
from reasoning.formats import Row
from reasoning.problems.arith import arith_problems
from reasoning.prompts import solution_prompt
from reasoning.types import Problem
from rerank.estimators import estimate
from rerank.grading import grade_rows

SEED = 0


def main() -> None:
    """Print a line for each kind of work and each thing that grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    print(f"{'work':<58} {'sizes':<22} {'seconds':<26} exponent")
    for name, sizes, work in kinds():
        for_processor = "workers" not in name
        clock = time.process_time if for_processor else time.monotonic
        seconds = [median(timed(work, size, clock) for _ in range(repeats)) for size in sizes]
        shown = " ".join(f"{number:.3g}" for number in seconds)
        print(
            f"{name:<58} {' '.join(f'{size:,}' for size in sizes):<22} {shown:<26} {exponent(sizes, seconds):+.2f}",
            flush=True,
        )


def timed(work: Callable[[int], Callable[[], object]], size: int, clock: Callable[[], float]) -> float:
    """The seconds of the work alone: what it needs is made before."""
    prepared = work(size)
    start = clock()
    prepared()
    return clock() - start


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of the line of least squares through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def kinds() -> Iterator[tuple[str, tuple[int, ...], Callable[[int], Callable[[], object]]]]:
    """Name, sizes, and what prepares the work of a size."""
    yield "grade and cluster 200 problems, by samples of each", (16, 64, 256), lambda n: grading(200, n)
    yield "grade and cluster 16 samples each, by problems", (250, 1000, 4000), lambda n: grading(n, 16)
    yield "every metric at N of 200 problems, by N", (16, 64, 256), lambda n: estimating(200, n)
    yield "every metric at 16 samples, by problems", (250, 1000, 4000), lambda n: estimating(n, 16)
    yield "extract from 300 solutions, by characters", (400, 4000, 40_000), extracting
    sampler, judge = load_generator("embedded", device="cpu"), load_evaluator("embedded", device="cpu")
    yield "sample one problem, by samples", (16, 64, 256), lambda n: sampling(sampler, 1, n)
    yield "sample 8 samples each, by problems", (4, 16, 64), lambda n: sampling(sampler, n, 8)
    yield "score one problem's solutions, by solutions", (16, 64, 256), lambda n: scoring(judge, n, 80)
    yield "score 32 solutions, by words", (40, 80, 160), lambda n: scoring(judge, 32, n)
    yield "grade 3,000 problems with 64 samples, by workers", (1, 2, 4), lambda n: grading(3000, 64, workers=n)


def rows_of(num_problems: int, num_samples: int) -> list[Row]:
    """Samples of some lines; a third of them is wrong in some way of its own."""
    draw = random.Random(SEED)
    rows = []
    for problem in range(num_problems):
        for sample in range(num_samples):
            answer = problem if draw.random() < 2 / 3 else problem + draw.randrange(1, 9)
            text = f"First we look at what is known.\nThen {problem} + {answer - problem} = {answer}.\n#### {answer}"
            fields = {"id": f"p{problem}", "sample": sample, "problem": f"What is {problem}?", "generation": text}
            rows.append(
                Row.model_validate({**fields, "expected_answer": str(problem), "reward_model_score": draw.random()})
            )
    return rows


def grading(num_problems: int, num_samples: int, *, workers: int = 1) -> Callable[[], object]:
    rows = rows_of(num_problems, num_samples)
    return lambda: grade_rows(rows, workers=workers, page_bytes=0)


def estimating(num_problems: int, num_samples: int) -> Callable[[], object]:
    problems = grade_rows(rows_of(num_problems, num_samples), workers=1, page_bytes=0).problems
    return lambda: estimate(problems, sample_sizes=[num_samples], ks=[8], top_ns=[8], seed=SEED)


def extracting(num_characters: int) -> Callable[[], object]:
    line = "We add the numbers 12 and 30 and find 12 + 30 = 42, so there are 42 of them.\n"
    texts = [line * (num_characters // len(line)) + f"The answer is $\\boxed{{{i}}}$." for i in range(300)]
    return lambda: [extract_answer(text) for text in texts]


def questions(number: int) -> list[str]:
    found = arith_problems("test", seed=SEED, style="fine")
    return [next(found).problem for _ in range(number)]


def sampling(sampler: Sampler, num_problems: int, num_samples: int) -> Callable[[], object]:
    requests = [Request(solution_prompt(text), tuple(range(num_samples))) for text in questions(num_problems)]
    params = SamplingParams(temperature=1.0, max_tokens=100)
    return lambda: list(sampler.sample(requests, params))


def scoring(judge: Judge, num_solutions: int, num_words: int) -> Callable[[], object]:
    """Solutions that share nothing: the longest way."""
    draw = random.Random(SEED)
    words = ["apples", "boxes", "times", "and", "so", "has", "2", "17", "=", "+"]
    solutions = [" ".join(draw.choices(words, k=num_words)) for _ in range(num_solutions)]
    problem = Problem("p", questions(1)[0])
    return lambda: judge.score(problem.text, solutions)


if __name__ == "__main__":
    main()
