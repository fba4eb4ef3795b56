"""Running programs: speed against compile and exec, agreement with CPython, and fuzzing.

    python benchmarks/bench_programs.py speed
    python benchmarks/bench_programs.py agreement --count 100000
    python benchmarks/bench_programs.py fuzz --count 1000000
    QUORUM_TEST_DATA=... python benchmarks/bench_programs.py hostile

Programs are generated here, and only these are ever given to `exec`. Cold: the process has seen no line before.
Plain: every number is new, so hardly a line is seen twice, the hardest case for a cache of lines. Sampled: 20 programs
a problem that share numbers and steps, as samples of one model do.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.ratios import in_turn, ratio_of, tell
from reasoning.programs import close, execute, execute_many, pool, states, steps, trace

ROUNDS = 5
NUM_ALONE = 20  # programs that have a process each, in a round
FUZZ_BATCH = 5_000
OPERATORS = ("+", "-", "*", "/", "//", "%", "**")
TOKENS = (
    "answer a b x1 n0 _ 0 1 2 3 7 10 1.5 1e300 0.1 10**9 99999999999 = + - * / // % ** << >> & | ^ ~ ( ) [ ] , : ; . "
    "== != < <= > >= and or not in is if else elif for while def return break continue pass range sum max min abs int "
    "float round pow divmod len sorted list tuple any all math.sqrt math.factorial math.comb math.perm math.lcm "
    "math.prod math.pi math.inf math lambda class import print 'a' \"b\" # True False None"
).split()

TEMPLATES = (
    "x = 0\nfor i in range(10):\n    x += i\nanswer = x",
    "x = 9\nwhile x > 2:\n    if x % 2:\n        x = x - 3\n        continue\n    x = x // 2\nanswer = x",
    "def f(a, b):\n    if a < 1:\n        return b\n    return f(a - 1, b * 2)\nanswer = f(5, 3)",
    "a = [i * i for i in range(20) if i % 3]\nanswer = sum(a) + max(a) + len(a[1:3]) + sorted(a)[0]",
    "answer = math.comb(20, 10) + math.factorial(10) % 7 + pow(3, 100, 7) + (1 << 9) + round(2.55, 1)",
    "a = 2 ** 2000\nb = a * a // (a + 1)\nanswer = math.gcd(a, b) + math.isqrt(a)",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "agreement", "fuzz", "hostile"))
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    if options.what == "speed":
        bench_speed(rng, options.count, options.workers)
    elif options.what == "agreement":
        check_agreement(rng, options.count)
    elif options.what == "fuzz":
        fuzz(rng, options.count, options.workers)
    else:
        bench_hostile()


def bench_speed(rng: random.Random, count: int, workers: int) -> None:
    kinds = {"plain": plain_programs(rng, count), "sampled": sampled_programs(rng, count)}
    for kind, programs in kinds.items():
        print(f"{kind}: programs a second, the median of {ROUNDS} rounds")
        works = [partial(work, programs) for work in (run_cold, run_warm, run_in_python)]
        cold, warm, plain = in_turn(works, rounds=ROUNDS, clock=time.process_time)
        (alone,) = in_turn([partial(run_alone, programs[:NUM_ALONE])], rounds=ROUNDS)
        a_process = [seconds * count / NUM_ALONE for seconds in alone]
        names = ("execute, cold, all states", "execute, warm, all states", "compile and exec, no states")
        for name, seconds in zip((*names, "a process a program"), (cold, warm, plain, a_process), strict=True):
            print(f"{name:34}{count / median(seconds):10,.0f}")
        for state, ours in (("cold", cold), ("warm", warm)):
            tell(f"run {kind} programs with all states, {state}", "compile and exec, no states", ratio_of(ours, plain))
        tell(f"run {kind} programs with all states, cold", "a process a program", ratio_of(cold, a_process))
    execute_many(["answer = 1"] * workers, workers=workers)  # start the workers
    for kind, programs in kinds.items():
        ((in_workers,),) = in_turn([partial(execute_many, programs, workers=workers)], rounds=1)
        print(f"{f'execute_many, workers={workers}, {kind}, cold':40}{count / in_workers:10,.0f} a second")
    lines = [program.count("\n") + 1 for programs in kinds.values() for program in programs]
    distinct = [len({line for p in programs for line in p.split("\n")}) for programs in kinds.values()]
    print(f"{sum(lines) / len(lines):.2f} lines a program; distinct lines: {distinct} of {count:,} programs each")


def run_cold(programs: Sequence[str]) -> None:
    forget()
    for program in programs:
        execute(program)


def run_warm(programs: Sequence[str]) -> None:
    for program in programs:
        execute(program)


def forget() -> None:
    """Empty every cache, as in a new process."""
    steps.LINES.clear()
    steps._blocks.clear()
    states._known.clear()


def run_in_python(programs: Sequence[str]) -> None:
    for program in programs:
        exec(compile(program, "program", "exec"), {"__builtins__": {}})


def run_alone(programs: Sequence[str]) -> None:
    """Each in an interpreter of its own."""
    for program in programs:
        subprocess.run([sys.executable, "-I", "-S", "-c", program], check=False, stderr=subprocess.DEVNULL)


def plain_programs(rng: random.Random, count: int) -> list[str]:
    return ["\n".join(lines_of(rng)) for _ in range(count)]


def sampled_programs(rng: random.Random, count: int) -> list[str]:
    """Twenty programs a problem: its numbers, then one of a few ways to go on, and sometimes a slip."""
    programs: list[str] = []
    while len(programs) < count:
        ways = [lines_of(rng, numbers=(12, 3.5, 0.25, 40)) for _ in range(5)]
        for _ in range(20):
            way = list(rng.choice(ways))
            if rng.random() < 0.5:
                way[-2] = f"{way[-2].partition('=')[0]}= n0 {rng.choice('+-*')} {rng.randrange(1, 100)}"
            programs.append("\n".join(way))
    return programs[:count]


def lines_of(rng: random.Random, *, numbers: Sequence[float] = ()) -> list[str]:
    """A program as the paper writes it: two to four numbers, three steps, the answer."""
    num_inputs = rng.randrange(2, 5)
    given = numbers or [rng.choice((rng.randrange(1, 10_000), round(rng.uniform(0.1, 999), 2))) for _ in range(4)]
    lines = [f"n{i} = {given[i]}" for i in range(num_inputs)]
    names = [f"n{i}" for i in range(num_inputs)]
    for i in range(3):
        right = rng.choice(names) if rng.random() < 0.7 else str(rng.randrange(1, 1000))
        lines.append(f"t{i} = {rng.choice(names)} {rng.choice('+-*')} {right}")
        names.append(f"t{i}")
    return [*lines, f"answer = t2 {rng.choice('+-*/')} {rng.randrange(1, 1000)}"]


def check_agreement(rng: random.Random, count: int) -> None:
    """Compare every intermediate value, its type included, with CPython's."""
    outcomes, num_values = Counter[str](), 0
    for _ in range(count):
        program = random_program(rng)
        lines, ours = program.split("\n"), trace(program)
        variables: dict[str, Any] = {"__builtins__": {"abs": abs, "int": int, "max": max, "min": min, "round": round}}
        for line, snapshot in zip(lines, ours, strict=False):
            exec(compile(line, "program", "exec"), variables)
            if not same(snapshot, variables):
                raise SystemExit(f"different after {line!r}:\n{program}\n{snapshot}\n{variables}")
            num_values += len(snapshot)
        outcomes[execute(program).status if len(ours) == len(lines) else why_stopped(lines[len(ours)], variables)] += 1
    print(f"{count:,} programs, {num_values:,} values, no difference; {dict(outcomes)}")


def why_stopped(line: str, variables: dict[str, Any]) -> str:
    """Whether CPython stops at the line where we did. What it begins and may not end is not tried."""
    if "**" in line:
        return "stopped at a power, CPython not asked"
    try:
        exec(compile(line, "program", "exec"), variables)
    except (ArithmeticError, TypeError, ValueError):
        return "stopped, as CPython"
    large = [value for value in variables.values() if isinstance(value, int) and value.bit_length() > 1000]
    if large or isinstance(list(variables.values())[-1], complex):
        return "stopped by a limit"
    raise SystemExit(f"we alone stopped at {line!r} with {variables}")


def same(ours: dict[str, Any], variables: dict[str, Any]) -> bool:
    """Equal names, types and values; NaN equals itself here, and -0.0 is not 0.0."""
    return len(ours) == len(variables) - 1 and all(repr(value) == repr(variables[name]) for name, value in ours.items())


def random_program(rng: random.Random) -> str:
    """Arithmetic of every kind on numbers of every size."""
    names: list[str] = []
    lines = []
    for i in range(rng.randrange(2, 10)):
        name = rng.choice(names) if names and rng.random() < 0.15 else f"v{i}"
        lines.append(f"{name} = {random_expression(rng, names, rng.randrange(3))}")
        names.append(name)
    return "\n".join([*lines, f"answer = {random_expression(rng, names, 1)}"])


def random_expression(rng: random.Random, names: Sequence[str], depth: int) -> str:
    if depth == 0:
        return rng.choice(names) if names and rng.random() < 0.6 else random_number(rng)
    a, b = (random_expression(rng, names, depth - 1) for _ in range(2))
    form = rng.random()
    if form < 0.75:
        return f"{a} {rng.choice(OPERATORS)} {b}" if depth == 1 else f"({a}) {rng.choice(OPERATORS)} ({b})"
    if form < 0.85:
        return f"-({a})" if form < 0.8 else f"abs({a})"
    if form < 0.9:
        return f"({a} if {a} {rng.choice(('<', '<=', '==', '>'))} {b} else {b})"
    return rng.choice((f"max({a}, {b})", f"min({a}, {b})", f"round({a}, {rng.randrange(-2, 5)})", f"int({a})"))


def random_number(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.6:
        return str(rng.randrange(0, 100))
    if kind < 0.8:
        return str(round(rng.uniform(0, 1000), rng.randrange(1, 5)))
    return rng.choice((str(rng.randrange(10**12)), "0", "1", "1e-7", "2.5e8", "10.", "0.5", "1_000", "0x1f", "True"))


def fuzz(rng: random.Random, count: int, workers: int) -> None:
    """Run texts of random tokens and damaged programs in workers; report dead workers and memory."""
    execute_many(["answer = 1"] * 1000, workers=workers)
    pids, outcomes = pool.worker_pids(), Counter[str]()
    start = time.perf_counter()
    for done in range(0, count, FUZZ_BATCH):
        sources = [fuzzed(rng) for _ in range(min(FUZZ_BATCH, count - done))]
        outcomes.update(execution.status for execution in execute_many(sources, workers=workers))
        if done // FUZZ_BATCH % 10 == 0:
            sizes = [f"{resident_mb(pid):.0f}" for pid in pool.worker_pids()]
            print(f"{done + len(sources):>10,}: workers {' '.join(sizes)} MB, parent {resident_mb(os.getpid()):.0f} MB")
    seconds = time.perf_counter() - start
    num_dead = len(set(pids) - set(pool.worker_pids()))
    print(f"{count:,} programs in {seconds:.0f} s; {dict(outcomes)}; {num_dead} dead workers")
    close()


def fuzzed(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.3:
        return "".join(rng.choice(TOKENS) + rng.choice(("", " ", " ", "\n", "\n  ")) for _ in range(rng.randrange(60)))
    program = random_program(rng) if kind < 0.6 else rng.choice(TEMPLATES)
    characters = list(program)
    for _ in range(rng.randrange(4)):
        place = rng.randrange(len(characters))
        characters[place : place + rng.randrange(3)] = rng.choice(TOKENS)
    return "".join(characters)


def resident_mb(pid: int) -> float:
    """The resident set of a process, on Linux."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def bench_hostile() -> None:
    """The processor time of every hostile program, the longest first."""
    path = Path(os.environ["QUORUM_TEST_DATA"]) / "programs" / "hostile_programs.jsonl"
    times = []
    for row in map(json.loads, path.read_text().splitlines()):
        forget()
        start = time.process_time()
        execution = execute(row["program"])
        times.append(((time.process_time() - start) * 1000, row["id"], row["max_ms"], execution.status))
        if execution.status not in (row["expected"], *row.get("also_ok", ())):
            raise SystemExit(f"{row['id']}: expected {row['expected']}, found {execution.status}")
        if execution.status == "value" and execution.answer != row.get("answer", execution.answer):
            raise SystemExit(f"{row['id']}: expected {row['answer']}, found {execution.answer}")
    print(f"{len(times)} programs as expected, {sum(ms > limit for ms, _, limit, _ in times)} over their time")
    for milliseconds, name, limit, status in sorted(times, reverse=True)[:5]:
        print(f"{name}: {milliseconds:6.1f} ms of {limit}, {status}")


if __name__ == "__main__":
    main()
