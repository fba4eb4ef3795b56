"""Make the sample file that ships with Quorum: solutions of a calculator that makes slips, scored by a judge.

No language model is involved. A seeded calculator works through word problems of 2 to 7 steps and slips now
and then; on some problems it falls into the same trap again and again, so that the majority is wrong. A judge
that sees correctness through noise scores every solution, more sure of itself than it has reason to be. The
parameters were chosen before any report was read, and are not tuned to favour a strategy.

    python recipes/demo_samples.py -o quorum/embedded/demo_samples.jsonl.gz
"""

import argparse
import gzip
import json
import math
import operator
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

NUM_PROBLEMS = 200
NUM_SAMPLES = 32
GENERATOR = "seeded calculator with slips (not a language model)"
JUDGE = "seeded noisy judge (not a trained evaluator)"

TRAP_SHARE = 0.25  # of the problems have one step that is misread again and again
UNFINISHED_PROB = 0.04  # of a solution being cut at the token limit
JUDGE_STEP = 0.45  # half the distance between the judge's impressions of right and of wrong
JUDGE_ANSWER_SD, JUDGE_SAMPLE_SD = 0.6, 0.8  # noise shared by solutions with one answer, and noise of its own
JUDGE_GAIN, JUDGE_BIAS = (
    2.2,
    0.6,
)  # log-odds; a calibrated judge of this noise has a gain near 0.9 and no bias

NAMES = ("Amira", "Ben", "Chiara", "Dev", "Elif", "Femi", "Grete", "Hugo", "Ines", "Jun", "Kofi", "Lena")
THINGS = ("apples", "beads", "cards", "eggs", "marbles", "pencils", "shells", "stamps", "stickers", "tulips")
OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True)
class Step:
    """One operation on the running value; `misread` is what a reader in a hurry does instead."""

    sentence: str
    sign: str
    operand: Fraction
    misread: tuple[str, Fraction]

    def apply(self, value: Fraction) -> Fraction:
        return OPERATIONS[self.sign](value, self.operand)


@dataclass(frozen=True)
class WordProblem:
    """A word problem and how the calculator fares on it.

    Attributes:
        unit: "count", "dollars", "fraction" or "percent": how its answer is written.
        slip_prob: of one step going wrong.
        trap: the step that is misread with `trap_prob`; None where there is none.
    """

    id: str
    text: str
    name: str
    thing: str
    start: int
    steps: tuple[Step, ...]
    unit: str
    slip_prob: float
    trap: int | None
    trap_prob: float

    @property
    def expected(self) -> Fraction:
        value = Fraction(self.start)
        for step in self.steps:
            value = step.apply(value)
        return value


def draw_problem(rng: random.Random, index: int) -> WordProblem:
    """Draw a story whose running value stays a whole number until the question."""
    name, thing = rng.choice(NAMES), rng.choice(THINGS)
    start = value = rng.randrange(12, 120)
    steps: list[Step] = []
    for _ in range(rng.randint(1, 5)):
        steps.append(rng.choice(possible_steps(rng, value, name)))
        value = int(steps[-1].apply(Fraction(value)))
    unit, question, last = draw_question(rng, value, name, thing)
    steps += last
    told = " ".join(step.sentence for step in steps if step.sentence)
    return WordProblem(
        id=f"demo-{index:03d}",
        text=f"{name} has {start} {thing}. {told} {question}",
        name=name,
        thing=thing,
        start=start,
        steps=tuple(steps),
        unit=unit,
        slip_prob=0.01 + 0.35 * rng.betavariate(1.2, 2.0),
        trap=rng.randrange(len(steps)) if rng.random() < TRAP_SHARE else None,
        trap_prob=rng.uniform(0.3, 0.9),
    )


def possible_steps(rng: random.Random, value: int, name: str) -> list[Step]:
    """Steps that take this value to another positive whole number, one of a kind."""
    n, times = Fraction(rng.randint(3, 60)), Fraction(rng.randint(2, 5))
    steps = [Step(f"{name} then buys {n} more.", "+", n, ("-", n))]
    if value > 8:
        few = Fraction(rng.randint(3, value - 3))
        steps.append(Step(f"{few} of them are given to a friend.", "-", few, ("+", few)))
    if value < 800:
        steps.append(Step(f"A week later there are {times} times as many.", "*", times, ("+", times)))
    shares = [Fraction(n) for n in range(2, 10) if value % n == 0 and value > 2 * n]
    if shares:
        boxes = rng.choice(shares)
        text = f"They are split evenly between {boxes} boxes and {name} keeps one box."
        steps.append(Step(text, "/", boxes, ("-", boxes)))
    lost = [p for p in (10, 20, 25, 40, 50, 60, 75) if value * p % 100 == 0 and value > 8]
    if lost:
        percent = rng.choice(lost)
        kept = Fraction(100 - percent, 100)
        steps.append(Step(f"{percent}% of what is there gets lost.", "*", kept, ("*", 1 - kept)))
    return steps


def draw_question(rng: random.Random, value: int, name: str, thing: str) -> tuple[str, str, tuple[Step, ...]]:
    """The unit of the answer, the question, and the steps it adds."""
    unit = rng.choices(("count", "dollars", "fraction", "percent"), weights=(4, 3, 2, 1))[0]
    if unit == "count":
        last = rng.choice(possible_steps(rng, value, name))
        return unit, f"How many {thing} does {name} have now?", (last,)
    if unit == "dollars":
        price = Fraction(rng.choice((25, 50, 75, 125, 150, 200, 300, 450)), 100)
        last = Step(f"Each is sold for ${float(price):.2f}.", "*", price, ("/", price))
        return unit, f"How many dollars does {name} get?", (last,)
    total = Fraction(value) * rng.choice([Fraction(4, 3), Fraction(8, 5), Fraction(2), Fraction(5, 2), Fraction(4)])
    total = total if total.denominator == 1 else Fraction(value * 2)
    share = Step(f"The album has room for {total} {thing}.", "/", total, ("/", total + value))
    if unit == "fraction":
        return unit, "What fraction of the room is taken?", (share,)
    hundred = Step("", "*", Fraction(100), ("*", Fraction(10)))
    return unit, "What percent of the room is taken?", (share, hundred)


def solve(problem: WordProblem, rng: random.Random) -> tuple[str, Fraction]:
    """Work through the steps, slipping now and then; the text of the working and the value reached."""
    value = Fraction(problem.start)
    trapped = rng.random() < problem.trap_prob
    lines = [f"{problem.name} starts with {problem.start} {problem.thing}."]
    for number, step in enumerate(problem.steps):
        misread = trapped and number == problem.trap
        sign, operand, reached = step.sign, step.operand, step.apply(value)
        if misread or rng.random() < problem.slip_prob:
            slip = "misread" if misread else rng.choice(("misread", "arithmetic", "arithmetic", "forgotten"))
            if slip == "forgotten":
                continue
            if slip == "misread":
                sign, operand = step.misread
                reached = OPERATIONS[sign](value, operand)
            else:
                reached += rng.choice((-10, -1, 1, 2, 10)) * (1 if reached.denominator == 1 else Fraction(1, 10))
        first = rng.choice(("So", "Then", "Now", "Next:", "That makes"))
        lines.append(f"{first} {working(value)} {sign} {working(operand)} = {working(reached)}.")
        value = reached
    return "\n".join(lines), value


def working(value: Fraction) -> str:
    """A number as the calculator writes it between steps: exact where four decimals are."""
    if (value * 10_000).denominator == 1:
        return f"{float(value):.4f}".rstrip("0").rstrip(".")
    return f"{value.numerator}/{value.denominator}"


def answer_in_text(value: Fraction, unit: str, thing: str) -> Sequence[str]:
    """The forms in which plain text writes this answer; all of them mean the same value."""
    plain = working(value)
    if unit == "dollars" and (value * 100).denominator == 1:
        return plain, f"${float(value):,.2f}", f"{plain} dollars"
    if unit == "fraction":
        return str(value), plain
    if unit == "percent":
        return plain, f"{plain}%", f"{plain} percent"
    if value.denominator == 1:
        return plain, f"{value.numerator:,}", f"{plain}.0", f"{plain} {thing}"
    return plain, f"{plain} {thing}"


def answer_in_latex(value: Fraction, unit: str) -> Sequence[str]:
    """The forms in which mathematics writes it."""
    plain = working(value)
    if unit == "fraction" or "/" in plain:
        return (f"\\frac{{{value.numerator}}}{{{value.denominator}}}",)
    if unit == "dollars":
        return plain, f"\\${plain}"
    if unit == "percent":
        return plain, f"{plain}\\%"
    return (plain,)


def last_line(problem: WordProblem, value: Fraction, rng: random.Random) -> str:
    """The last line of a solution, in the ways of different prompts and models."""
    text = rng.choice(answer_in_text(value, problem.unit, problem.thing))
    latex = rng.choice(answer_in_latex(value, problem.unit))
    return rng.choice(
        (
            f"#### {text}",
            f"The answer is {text}.",
            f"Final answer: {text}",
            f"\\boxed{{{latex}}}",
            f"The final answer is ${latex}$.",
        )
    )


def judge(problem: WordProblem, value: Fraction, is_correct: bool, *, seed: int, sample: int) -> float:
    """The judge's P(correct): correctness seen through noise, part of it shared by equal answers."""
    shared = random.Random(f"{seed}/{problem.id}/judge/{value}").gauss(0, JUDGE_ANSWER_SD)
    own = random.Random(f"{seed}/{problem.id}/judge/{sample}/{value}").gauss(0, JUDGE_SAMPLE_SD)
    ease = 0.4 * (1 - 8 * problem.slip_prob)  # easy problems look right, hard ones look wrong
    impression = (JUDGE_STEP if is_correct else -JUDGE_STEP) + shared + own + ease
    return round(1 / (1 + math.exp(-JUDGE_BIAS - JUDGE_GAIN * impression)), 4)


def draw_row(problem: WordProblem, seed: int, sample: int) -> dict[str, object]:
    """One canonical row; its random numbers depend on the seed, the problem and the sample alone."""
    rng = random.Random(f"{seed}/{problem.id}/{sample}")
    text, value = solve(problem, rng)
    text = f"{text}\n{last_line(problem, value, rng)}"
    finished = rng.random() >= UNFINISHED_PROB
    if not finished:  # half of them inside a thought, where no number counts
        text = rng.choice(("", "<think>\n")) + text[: rng.randrange(20, len(text) - 10)]
    is_correct = finished and value == problem.expected
    return {
        "id": problem.id,
        "sample": sample,
        "problem": problem.text,
        "expected_answer": answer_in_latex(problem.expected, problem.unit)[0],
        "generation": text,
        "reward_model_score": judge(problem, value, is_correct, seed=seed, sample=sample),
        "finish_reason": "stop" if finished else "length",
        "model": GENERATOR,
        "evaluator": JUDGE,
        "calculator_correct": is_correct,
        "seed": seed,
    }


def draw_rows(seed: int) -> Iterator[dict[str, object]]:
    """All rows, by problem and sample."""
    for index in range(NUM_PROBLEMS):
        problem = draw_problem(random.Random(f"{seed}/problem/{index}"), index)
        for sample in range(NUM_SAMPLES):
            yield draw_row(problem, seed, sample)


def main() -> None:
    """Write the file; the same seed gives the same bytes."""
    parser = argparse.ArgumentParser(description="Make the sample file that ships with Quorum.")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a .jsonl.gz file")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in draw_rows(args.seed))
    # No file name and no time in the header: the bytes depend on the rows alone.
    args.output.write_bytes(gzip.compress(lines.encode(), mtime=0))


if __name__ == "__main__":
    main()
