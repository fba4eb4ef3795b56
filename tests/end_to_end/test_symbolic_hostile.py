"""Hostile answers, asked through the real worker: they are inert, they end, and the next answer is right."""

import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reasoning.answers import symbolic
from reasoning.answers.symbolic import Outcome, ask

DEADLINE_S = 0.5
PATIENT_S = 60.0
WATCHDOG_S = 60.0

# Text that some grader has handed to an evaluator; {marker} is a file that must not appear
CODE = {
    "import": "__import__('os').system('touch {marker}')",
    "import in LaTeX": r"\text{{__import__('os').system('touch {marker}')}}",
    "exec": "exec(\"open('{marker}', 'w')\")",
    "eval": "eval(\"open('{marker}', 'w')\")",
    "lambda": "(lambda: open('{marker}', 'w'))()",
    "comprehension": "[open('{marker}', 'w') for _ in (1,)][0]",
    "attribute": "().__class__.__bases__[0].__subclasses__()",
    "operator name": r"\operatorname{{open}}('{marker}', 'w')",
    "variable": r"\variable{{open('{marker}','w')}}",
    "format": "{{0.__class__.__init__.__globals__}}",
    "percent format": "%s%n%x%(name)s",
    "f-string": 'f\'{{open("{marker}", "w")}}\'',
    "second request": '1\n{{"id": 2, "text": "2", "deadline_s": 1}}',
    "null": "1\x00",
    "lone surrogate": "\ud800",
    "shell": "$(touch {marker}) `touch {marker}`",
    "input of a file": r"\input{{/etc/passwd}} \write18{{touch {marker}}}",
}

# Text whose value, or whose syntax tree, is out of all proportion
LARGE = {
    "python tower": "9**9**9",
    "tower": "9^{9^{9}}",
    "taller tower": "9^{9^{9^{9}}}",
    "scientific": "1E999999999",
    "10,000 nested braces": "{" * 10_000 + "}" * 10_000,
    "900 nested braces": "{" * 900 + "1" + "}" * 900,
    "nested brackets": "(" * 39 + "1" + ")" * 39,
    "nested fractions": r"\frac{1}{1+" * 100 + "x" + "}" * 100,
    "nested roots": r"\sqrt{" * 39 + "2" + "}" * 39,
    "nested tuples": "(a," * 30 + "b" + ")" * 30,
    "100,000 digits": "9" * 100_000,
    "1,900 digits": "9" * 1_900,
    "integral": r"\int_0^{10^{100}} \frac{\sin(x^x)}{x} dx",
    "sum": r"\sum_{n=1}^{10^{12}} \sin(n^2)",
    "sum of large terms": r"\sum_{n=1}^{10^{6}} \frac{1}{n^n+n!}",
    "product": r"\prod_{n=1}^{10^7} (x+n)",
    "binomial": r"\binom{10^9}{5\cdot 10^8}",
    "factorial": "1000000000!",
    "factorials of factorials": "((((9!)!)!)!)!",
    "power of a sum": "(1+x+y+z)^{200}",
    "1,999 signs": "-" * 1_999,
    "900 terms": "1+" * 900 + "1",
    "300 sines": r"\sin " * 300 + "x",
    "bars": "|" * 1_500,
    "nested integrals": r"\int_0^1" * 20 + "x" + "dx" * 20,
}


@pytest.fixture(autouse=True, scope="module")
def _closed_afterwards() -> Iterator[None]:
    yield
    symbolic.close()


@pytest.mark.parametrize("name", CODE)
def test_code_in_an_answer_is_inert(name: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    assert _ask_watched(CODE[name].format(marker=marker)).outcome is Outcome.UNDECIDED
    assert not marker.exists()
    _assert_next_is_right()


@pytest.mark.parametrize("name", LARGE)
def test_a_large_answer_ends_and_the_next_is_right(name: str) -> None:
    symbolic.rewrite("1", deadline_s=PATIENT_S)
    pid, memory_mb = symbolic.child_pid(), _parent_memory_mb()
    rewriting = _ask_watched(LARGE[name])
    assert (rewriting.latex is None) == (rewriting.outcome is not Outcome.REWRITTEN)
    assert len(rewriting.latex or "") <= 4_000
    _assert_next_is_right()
    assert (symbolic.child_pid() != pid) == (rewriting.outcome is Outcome.KILLED)
    assert _parent_memory_mb() - memory_mb < 50


@pytest.mark.parametrize("name", ["taller tower", "sum", "product", "binomial"])
def test_what_has_no_end_is_killed(name: str) -> None:
    assert _ask_watched(LARGE[name]).outcome is Outcome.KILLED


def test_many_threads_share_a_child_that_keeps_dying() -> None:
    texts = [r"\sum_{n=1}^{10^{12}} \sin(n^2)" if i % 4 == 0 else f"{i}+{i}" for i in range(12)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda t: ask(t, deadline_s=DEADLINE_S if "sum" in t else PATIENT_S), texts))
    assert [a.latex for a in answers] == [None if i % 4 == 0 else str(2 * i) for i in range(12)]


def _ask_watched(text: str) -> symbolic.Rewriting:
    """Ask in a thread, so that a wait without end fails instead of hanging."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(ask, text, deadline_s=DEADLINE_S).result(timeout=WATCHDOG_S)
    finally:
        pool.shutdown(wait=False)


def _assert_next_is_right() -> None:
    assert symbolic.rewrite(r"\int_0^2 x\,dx", deadline_s=PATIENT_S) == "2"


def _parent_memory_mb() -> float:
    """The largest resident set of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
