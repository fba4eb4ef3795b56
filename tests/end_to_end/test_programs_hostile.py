"""Programs written to break what runs them: each ends within its budget, and harms nothing that comes after.

How long each takes is for `benchmarks/bench_programs.py hostile` to say.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reasoning.programs import execute, execute_many, pool

LARGE = "2**4095 + 12345"

CODE = {
    "import": "import os\nos.system('touch {marker}')",
    "__import__": "__import__('os').system('touch {marker}')",
    "open": "open('{marker}', 'w')",
    "exec": "exec(\"open('{marker}', 'w')\")",
    "subclasses": "x = [c for c in ().__class__.__base__.__subclasses__()][0]('{marker}')",
    "format": "x = '{{0.__class__}}'.format(open)",
    "f-string": 'x = f\'{{open("{marker}", "w")}}\'',
    "decorator": "@open\ndef f(x):\n    return x",
    "default": "def f(x=open('{marker}', 'w')):\n    return x",
    "annotation": "x: open('{marker}', 'w') = 1",
    "class": "class A(open('{marker}', 'w')):\n    pass",
    "walrus": "x = [y := open, 1]",
    "with": "with open('{marker}', 'w') as f:\n    pass",
    "try": "try:\n    1 / 0\nexcept open('{marker}', 'w'):\n    pass",
    "lambda": "x = (lambda: open('{marker}', 'w'))()",
    "generator frame": "x = (i for i in [1])\ny = x.gi_frame",
    "second line of JSON": '1\n["value", 1, []]',
    "coding": "# coding: utf-7\n+AG8AcABlAG4-('{marker}', 'w')",
    "null": "answer = 1\x00\nopen('{marker}', 'w')",
}

LOOP = "\nfor i in range(20000):\n    b = "
WORK = {
    "product of long integers": f"a = 2**2047 + 1{LOOP}a * a + a * a",
    "quotient": f"a = {LARGE}\nc = 2**2048 + 7{LOOP}divmod(a, c)",
    "modular power": f"a = {LARGE}{LOOP}pow(a, a, a - 2)",
    "modular inverse": f"a = {LARGE}{LOOP}pow(a - 1, -1, a)",
    "power of one": f"a = {LARGE}{LOOP}(-1) ** a",
    "rounded integer": f"a = {LARGE}{LOOP}round(a, -600)",
    "factorial": f"x = 1{LOOP}math.factorial(536)",
    "binomial": f"x = 1{LOOP}math.comb(9000, 400)",
    "gcd": f"a = {LARGE}\nc = 3**2500{LOOP}math.gcd(a, c)",
    "lcm": f"a = 2**2000 + 1\nc = 3**1200{LOOP}math.lcm(a, c)",
    "root": f"a = {LARGE}{LOOP}math.isqrt(a)",
    "long sum": "a = 1" + LOOP + " + ".join("a" * 400),
    "many arguments": "a = 1" + LOOP + "max(" + ",".join("1" * 900) + ")",
    "product of a list": f"a = [2**400] * 10{LOOP}math.prod(a)",
    "sum of a list": f"a = [1] * 10000{LOOP}sum(a)",
    "sort": f"a = list(range(0, -10000, -1)){LOOP}sorted(a)",
    "search": f"x = {LARGE}\ny = x + 1\na = [x] * 10000{LOOP}y - 2 in a",
    "comparison": f"a = [1.5] * 10000\nc = [1.5] * 9999\nc = c + [2]{LOOP}a == c",
    "slices": f"a = [1] * 10000{LOOP}a[::-1]",
    "search in a range": "b = 0.5 in range(10**9)",
    "unpacked range": "a, b = range(10**18)",
    "comprehension": "a = [i * j for i in range(10**6) for j in range(10**6)]",
    "filtered comprehension": "a = [i for i in range(10**18) if i < 0]",
    "endless any": "a = any(i < 0 for i in range(10**18))",
    "growing list": "a = [1]\nfor i in a:\n    a = a + a",
    "states of lists": "".join(f"v{i} = [{i}.25] * 390\n" for i in range(250)) + "if 1: a = 1\n" * 140,
    "states of long integers": f"x = {LARGE}\n" + "".join(f"v{i} = x - {i}\n" for i in range(250)) + "if 1: 1\n" * 99,
    "states of slices": f"x = {LARGE}\na = [x] * 10000\n" + "".join(f"b{i} = a[{i}:{i + 200}]\n" for i in range(250)),
    "states of strings": f"s = '{'a' * 1900}'\n" + "t = s\n" * 380,
    "recursion": "def f(n):\n    if n < 1:\n        return 1\n    return sum([f(n - 1) for i in range(9)])\nx = f(12)",
    "doubling functions": "def f0(x):\n    return x\n"
    + "".join(f"def f{i}(x):\n    return f{i - 1}(x) + f{i - 1}(x)\n" for i in range(1, 16))
    + "x = f15(1)",
    "nested blocks": "".join(" " * i + f"for i{i} in range(9):\n" for i in range(30)) + " " * 30 + "x = 1",
    "nested brackets": "x = " + "[" * 60 + "]" * 60,
    "nested conditions": "x = " + "1 if 1 else " * 600 + "0",
    "nested powers": "x = " + "1 ** " * 390 + "1",
    "nested lambdas": "x = " + "lambda: " * 240 + "1",
    "nested attributes": "x = a" + ".a" * 900,
    "nested subscripts": "x = a" + "[0]" * 600,
    "comparisons": "x = " + "1 < " * 480 + "1",
    "assignments": "x = " * 480 + "1",
    "line of digits": "x = " + "1." * 900,
    "underscores": "x = 1" + "_1" * 900,
    "brackets without end": "(" * 8000,
    "quotes without end": "'\"" * 4000,
    "comments": "#" * 2000 + "\n",
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _closed_afterwards() -> Iterator[None]:
    yield
    pool.close()


@pytest.mark.parametrize("name", CODE)
def test_code_is_inert(name: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    source = CODE[name].format(marker=marker) + "\nanswer = 1"
    assert execute(source).status == "error"
    assert execute_many([source], workers=1)[0].status == "error"
    assert not marker.exists()
    _assert_next_is_right()


@pytest.mark.parametrize("name", WORK)
def test_work_is_bounded(name: str) -> None:
    memory_mb = _memory_mb()
    execution = execute(WORK[name])
    assert execution.status != "value"
    assert _memory_mb() - memory_mb < 50
    assert execute_many([WORK[name]], workers=1) == [execution]
    _assert_next_is_right()


def test_no_worker_is_lost() -> None:
    _assert_next_is_right()
    pids = pool.worker_pids()
    execute_many([*WORK.values(), *CODE.values()], workers=1)
    assert pool.worker_pids() == pids


def test_hostile_programs_of_the_test_data() -> None:
    rows = _rows()
    executions = execute_many([row["program"] for row in rows], workers=2)
    for row, execution in zip(rows, executions, strict=True):
        assert execute(row["program"]) == execution, row["id"]
        assert execution.status in (row["expected"], *row.get("also_ok", ())), row["id"]
        if execution.status == "value" and "answer" in row:
            assert execution.answer == row["answer"], row["id"]
    assert not Path("vx_canary").exists()


def _rows() -> list[dict[str, Any]]:
    folder = os.environ.get("QUORUM_TEST_DATA")
    if not folder:
        pytest.skip("QUORUM_TEST_DATA is not set")
    path = Path(folder) / "programs" / "hostile_programs.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def _assert_next_is_right() -> None:
    assert execute("answer = sum([abs(-3), 4])").answer == 7
    assert execute_many(["answer = sum([abs(-3), 4])"], workers=1)[0].answer == 7


def _memory_mb() -> float:
    """The largest resident set of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
