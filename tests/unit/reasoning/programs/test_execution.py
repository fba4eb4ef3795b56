"""What a program's outcome is: the language, its limits, and what is outside it."""

import ast
import math
import warnings

import pytest

from reasoning.programs import execute, split, trace
from reasoning.programs.steps import LINES, compile_step


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("n0=72\nt0=n0*0.2778\nanswer=t0", 72 * 0.2778),
        ("n0 = 48.0\nn1 = 2.0\nt0 = n0/n1\nanswer = n0+t0", 72.0),
        ("answer = -7 // 2 + -7 % 3", -2),
        ("a, b = 1, 2\na, b = b, a\nanswer = a * 10 + b", 21),
        ("a = b = 4\nanswer = a + b", 8),
        ("x: int = 5\nx += 2\nanswer = x", 7),
        ("if 2 > 1:\n    answer = 1\nelse:\n    answer = 2", 1),
        ("if 2 < 1: answer = 1\n\n# no\nelif 1 < 0: answer = 2\nelse: answer = 3", 3),
        ("s = 0\nfor i in range(1, 101):\n    s += i\nanswer = s", 5050),
        ("s = 0\nfor i in [3, 1, 2]:\n    if i == 1:\n        continue\n    s = s * 10 + i\nanswer = s", 32),
        ("for i in range(9):\n    if i > 3:\n        break\nelse:\n    i = 100\nanswer = i", 4),
        ("n = 10\nwhile n > 3:\n    n = n - 2\nelse:\n    n = n * 7\nanswer = n", 14),
        ("def f(a, b):\n    c = a * b\n    return c + 1\nanswer = f(3, 4)", 13),
        ("k = 5\ndef f(n: int):\n    'Doc.'\n    if n < 1:\n        return k\n    return f(n-1) + 1\nanswer=f(9)", 14),
        ("def f(x):\n    for i in range(x):\n        for j in range(x):\n            if i * j == 6:\n"
         "                return i\nanswer = f(5)", 2),
        ("a = [3, 1, 2]\nanswer = sum(a) + max(a) - min(a) + len(a) + a[0]", 14),
        ("answer = sum([i * i for i in range(4) if i % 2 == 1])", 10),
        ("answer = sum(i * j for i in range(3) for j in range(i))", 2),
        ("a = [1, 2, 3, 4]\na = a[1:3] + [9]\nanswer = a[-1] + len(a[::-1])", 12),
        ("x = 0\nif any(1 / i > 0.4 for i in [2, 0]):\n    x = 1\nanswer = x", 1),
        ("import math\nanswer = math.floor(math.sqrt(17) + math.pi)", 7),
        ("answer = math.comb(5, 2) + math.gcd(12, 18) + math.lcm(4, 6) + math.factorial(4) + math.perm(4, 2)", 64),
        ("answer = math.prod([2, 3]) + math.fsum([0.5]) + math.isqrt(17) + pow(3, 4, 5) + (~5 & 6 | 1 ^ 2)", 14.5),
        ("answer = round(10/3, 2)", 3.33),
        ("answer = round(1234, -2) + round(2.5) + round(2.555, ndigits=None)", 1205),
        ("answer = 3 if 1 < 2 < 3 and not 0 else 4", 3),
        ("n0 = 10\r\nanswer = n0 / 4\r\n", 2.5),
        ("n0 = (1 +\n  2)\nanswer = n0", 3),
        ("a = 1; answer = a + 1  # {not} code \\frac", 2),
        ("unit = 'km'\nanswer = 3", 3),
        ("answer = 10 in [1, 10]\nanswer = answer + 1", 2),
        ("answer = 1_000 + 0x1f + .5", 1031.5),
        ("abs = 5\nanswer = abs", 5),
        ("n1inches = 5\nx2or = n1inches\nanswer = x2or + 1", 6),
        ("def abs(x):\n    return 7\nanswer = abs(-1)", 7),
        ("answer = 2 ** 4095", 2**4095),
        ("answer = 0 << (1 << 70)", 0),
        ("answer = 2 ** -1", 0.5),
    ],
)  # fmt: skip
def test_value(source: str, answer: int | float) -> None:
    execution = execute(source)
    assert (execution.status, execution.answer) == ("value", answer)
    assert type(execution.answer) is type(answer)
    assert len(execution.states) == len(split(source))


@pytest.mark.parametrize(
    "source",
    [
        "",
        "n0 = 5",
        "answer = 1 < 2",  # a truth value is no answer
        "answer = '5'",
        "answer = [5]",
        "answer = None",
        "answer = 1e308 * 10",
        "answer = math.nan",
        "answer = 1 / 0",
        "answer = x",
        "answer = (-8) ** (1/3)",  # complex
        "answer = 2 ** 4096",
        "a = 2 ** 4095\nanswer = a + a",
        "a = 2 ** 2047\nanswer = a * a * 4",
        "answer = 1 << 4096",
        "answer = math.factorial(537)",
        "answer = math.comb(10**9, 5 * 10**8)",
        "answer = math.perm(10**6)",
        "answer = round(7, -10**9)",
        "answer = " + "9" * 1300,
        "answer = 0x" + "f" * 1100,
        "a = [0] * 10001\nanswer = 1",
        "a = list(range(10**9))\nanswer = 1",
        "".join(f"v{i} = {i}\n" for i in range(256)) + "answer = 1",
        "answer = " + "(" * 61 + "1" + ")" * 61,
        "answer = " + "-" * 61 + "1",
        "answer = " + "1 + " * 120 + "1",
        "answer = 1\n" * 401,
        "answer = 1 #" + " " * 8192,
        "def f(x):\n    return f(x)\nanswer = f(1)",
        "def f(a, a):\n    return 1\nanswer = f(1, 2)",
        "def f():\n    x = x + 1\nx = 1\nf()\nanswer = 1",
        "a = [1]\na += [2]\nanswer = 1",
        "a = [1]\na[0] = 2\nanswer = 1",
        "a = [[1]]\nanswer = 1",
        "a = 'x' * 3\nanswer = 1",
        "a = '%1000000000d' % 1.0\nanswer = 1",
        "answer = f'{1}'",
        "answer = (1).real",
        "answer = math.pi.real",
        "answer = math.__dict__",
        "math = 5\nanswer = 1",
        "__builtins__ = 1\nanswer = 1",
        "from math import *\nanswer = 1",
        "import os\nanswer = 1",
        "f = abs\nanswer = 1",
        "f = lambda x: x\nanswer = 1",
        "answer = (y := 5)",
        "a, *b = [1, 2]\nanswer = 1",
        "answer = max(*[1, 2])",
        "g = (i for i in [1])\nanswer = 1",
        "answer = 1\nreturn answer",
        "answer = 1\nbreak",
        "answer = 1\ndel answer",
        "answer = print(1)",
        " answer = 1",
        "answer = 1\n  x = 2",
        "answer = 1\n'''",
        "answer = 1 + \\\n1",
        "answer = 1 # \x00",
        "answer = 1 # \u00e9",
        "answer = '\ud800'",
        "answer = 1 is 1",
    ],
)  # fmt: skip
def test_error(source: str) -> None:
    execution = execute(source)
    assert (execution.status, execution.answer) == ("error", None)


@pytest.mark.parametrize(
    "source",
    [
        "while True:\n    pass",
        "x = 0\nfor i in range(10**12):\n    x = i",
        "answer = sum([1 for i in range(10**9) if i < 0])",
        "def f(n):\n    if n < 1:\n        return 1\n    return f(n - 1) + f(n - 1)\nanswer = f(15)",
        "a = 2 ** 4000 + 1\nfor i in range(2000):\n    b = pow(3, a, a)",
        "a = [1] * 10000\nfor i in range(2000):\n    b = sum(a)",
    ],
)
def test_timeout(source: str) -> None:
    assert execute(source).status == "timeout"


def test_a_budget_is_exact() -> None:
    loop = "x = 0\nfor i in range({}):\n    x = x + 1\nanswer = x"
    assert execute(loop.format(20_000)).answer == 20_000
    assert execute(loop.format(20_001)).status == "timeout"


@pytest.mark.parametrize("call_depth", [16, 17])
def test_calls_have_a_depth(call_depth: int) -> None:
    source = f"def f(n):\n    if n < 2:\n        return 1\n    return f(n - 1) + 1\nanswer = f({call_depth})"
    assert execute(source).answer == (16 if call_depth == 16 else None)


def test_the_deepest_program_stays_on_the_stack() -> None:
    inner = "(1+" * 48 + "x" + ")" * 48
    source = f"def f(x):\n    return {inner}\nanswer = " + "f(" * 45 + "1" + ")" * 45
    assert execute(source).answer == 1 + 45 * 48
    calls = "def f(n):\n    if n < 1:\n        return 0\n    return (((((((f(n-1)+1)+1)+1)+1)+1)+1)+1)\nanswer = f(15)"
    assert execute(calls).answer == 105


def test_a_program_that_breaks_off_keeps_its_states() -> None:
    whole = execute("a = 2\nb = a * 3\nanswer = b")
    cut = execute("a = 2\nb = a * 3\nanswer = (b +")
    assert cut.status == "error"
    assert cut.states == whole.states[:2]


@pytest.mark.parametrize("first", ["a = 1", "a = (1 +", "if 1: a = 1", "# a", ""])
@pytest.mark.parametrize("second", ["b = 2", "  b = 2", "1)", "else: a = 2", "  # b"])
def test_a_line_seen_before_means_the_same_after_it(first: str, second: str) -> None:
    sources = [f"{first}\n{second}\nanswer = 3", f"{first}\nanswer = 3", f"{second}\nanswer = 3"]
    LINES.clear()
    cold = [execute(source) for source in sources]
    assert [execute(source) for source in sources] == cold
    for source, execution in zip(sources, cold, strict=True):
        try:
            ast.parse(source)
        except SyntaxError:
            assert execution.status == "error"
        else:
            assert execution.answer == 3


@pytest.mark.parametrize(
    "line", ["a = 5", "a=0.25", "a = 7.", "a = b", "a = b*c", "a = b // 3", "a = 2 ** c", "a = 9-4"]
)
def test_the_pattern_and_the_parser_agree_on_a_line(line: str) -> None:
    source = f"b = 7\nc = 3\n{line}\nanswer = a"
    slow = source.replace(" = ", "=").replace("=", "  =  ")  # two spaces are not the common form
    assert trace(source) == trace(slow)
    assert compile_step(line)[0] == "a"


def test_split_gives_the_prefixes_of_the_states() -> None:
    source = (
        "# first\na = 1\n\nfor i in range(2):\n    a = a + i\n\n    # on\n    a = a * 2\n# off\nanswer = (a\n+ 1)\n"
    )
    steps = split(source)
    assert [step.count("\n") for step in steps] == [0, 4, 1]
    states = execute(source).states
    for i in range(len(steps) + 1):
        assert execute("\n".join(steps[:i])).states == states[:i]
    assert split("a = 1\n" * 401) == []


@pytest.mark.parametrize(
    "source", ["answer = 1if 1else 2", "answer = 0x1for 2", "answer = 1.or 2", "a.5order", "1inches", "answer = '\\d'"]
)
def test_no_warning_reaches_the_caller(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        as_errors = execute(source)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert execute(source) == as_errors
    assert as_errors.status == "error"
    assert not caught


def test_a_program_leaves_nothing_behind() -> None:
    execute("def sum(x):\n    return 1\nabs = 3\nanswer = sum(2)")
    assert execute("answer = sum([4]) + abs(-5)").answer == 9
    assert math.sqrt(4) == 2
