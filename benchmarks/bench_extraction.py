"""How fast an answer is found in a text, against the plain regular expression that one would take, in one run.

    python benchmarks/bench_extraction.py

Reads the samples and MATH's solutions in the folder that QUORUM_TEST_DATA names; without it, texts are
generated. The plain expression finds the last box without nested braces, else the last of `####` and "answer
is", else the last number: it is what speed costs in answers, so how often it agrees is printed too. Hostile
texts repeat what extraction looks for; the slowest is printed.
"""

import gzip
import json
import os
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.ratios import Ratio, in_turn, ratio_of, tell
from reasoning.answers import extract_answer

ROUNDS = 3
_BOX = re.compile(r"\\boxed\{([^{}]*)\}")
_STATEMENT = re.compile(r"(?:####|answer is:?)\s*\$?(-?[\d.,]*\d)", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_PIECES = (
    *(
        "\\boxed{",
        "\\frac{",
        "\\frac{1}{2} {",
        "2\\sqrt{",
        "{",
        "}",
        "$",
        "$5 ",
        "$x$ ",
        "\\(",
        "\\[",
        "#### ",
        "A: 5\n",
    ),
    *(
        "the answer is ",
        "final answer",
        "answer ",
        "solutions of ",
        "option A ",
        "12",
        "5 = ",
        "1,",
        "-",
        " ",
        "\n",
        "<",
    ),
    *("Therefore ", "Question: ", "**5** ", "答案", "选", "Mr. ", "\\text{", "and ", "A1: 5\n", "\\begin{align}"),
)
_HOSTILE_LENGTH = 100_000


def main() -> None:
    print(f"{'texts':34}{'number':>8}{'characters':>12}{'Quorum, us':>12}{'plain, us':>11}{'agree':>8}")
    ratios = {name: _bench(name, texts) for name, texts in (_load() or _generate(random.Random(0))).items()}
    for name, ratio in ratios.items():
        tell(f"find the answer: {name}", "a regular expression", ratio)
    _bench_hostile(random.Random(0))


def plain_answer(text: str) -> str | None:
    for pattern in (_BOX, _STATEMENT, _NUMBER):
        if found := pattern.findall(text):
            return str(found[-1])
    return None


def _load() -> dict[str, list[str]] | None:
    folder = os.environ.get("QUORUM_TEST_DATA")
    if not folder:
        return None
    rng = random.Random(0)
    texts = {}
    for path in sorted(Path(folder, "samples").glob("*.jsonl.gz")):
        texts[path.name.removesuffix(".jsonl.gz")] = rng.sample(_column(path, "generation"), 2000)
    texts["MATH solutions"] = _column(Path(folder, "problems", "math_test.jsonl.gz"), "solution")[::3]
    longer = [text for some in texts.values() for text in some if 900 <= len(text) <= 1400]
    return {**texts, "of these, 900 to 1,400 characters": longer}


def _column(path: Path, name: str) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)[name] for line in lines]


def _generate(rng: random.Random) -> dict[str, list[str]]:
    """Solutions of sums; the four endings are as frequent as each other."""
    endings = ("The answer is {}.", "#### {}", "So $\\boxed{{{}}}$.", "Therefore, there are {} apples in all.")
    texts = []
    for _ in range(2000):
        total, lines = 0, []
        for _ in range(rng.randint(3, 12)):
            more = rng.randint(1, 99)
            lines.append(f"Tom picks {more} apples on the next day, and {total} + {more} = {total + more}.")
            total += more
        texts.append("\n".join([*lines, rng.choice(endings).format(total)]))
    return {"generated": texts, "generated, 4 joined": ["\n".join(texts[i : i + 4]) for i in range(0, 2000, 4)]}


def _bench(name: str, texts: Sequence[str]) -> Ratio:
    works = [lambda: [extract_answer(text) for text in texts], lambda: [plain_answer(text) for text in texts]]
    times = in_turn(works, rounds=ROUNDS, clock=time.process_time)
    ours, plain = ([extract(text) for text in texts] for extract in (extract_answer, plain_answer))
    ours_us, plain_us = (1e6 * median(seconds) / len(texts) for seconds in times)
    agree = sum(a == b or (a or "").lstrip("$") == b for a, b in zip(ours, plain, strict=True)) / len(texts)
    length = sum(map(len, texts)) / len(texts)
    print(f"{name:34}{len(texts):8}{length:12.0f}{ours_us:12.1f}{plain_us:11.1f}{agree:8.1%}")
    return ratio_of(*times)


def _bench_hostile(rng: random.Random) -> None:
    recipes: list[tuple[str, ...]] = [(piece,) for piece in _PIECES]
    recipes += [tuple(rng.choices(_PIECES, k=rng.randint(2, 6))) for _ in range(100)]
    slowest = (0.0, recipes[0])
    for recipe in recipes:
        unit = "".join(recipe)
        text = (unit * (_HOSTILE_LENGTH // len(unit) + 1))[:_HOSTILE_LENGTH]
        start = time.process_time()
        extract_answer(text)
        slowest = max(slowest, (time.process_time() - start, recipe))
    print(f"\nhostile: {len(recipes)} texts of {_HOSTILE_LENGTH:,} characters, the slowest {slowest[0]:.2f} s of CPU,")
    print(f"repeating {''.join(slowest[1])!r}")


if __name__ == "__main__":
    main()
