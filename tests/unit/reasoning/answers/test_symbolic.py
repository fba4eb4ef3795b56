"""The symbolic worker: what it rewrites, what it refuses, and the life of its process."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reasoning.answers import symbolic
from reasoning.answers.symbolic import Outcome, ask, rewrite

PATIENT_S = 60.0  # a deadline that a loaded machine keeps
ENDLESS = r"\prod_{n=1}^{10^7} (x+n)"
WATCHDOG_S = 60.0

linux_only = pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="reads /proc")


@pytest.fixture(autouse=True, scope="module")
def _closed_afterwards() -> Iterator[None]:
    yield
    symbolic.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\int_0^2 x dx + 1", "3"),
        (r"\int_0^2 x\,\mathrm{d}x", "2"),
        (r"\int_0^1 2x + 1 dx", "2"),
        (r"\int_{0}^{1} x^2 dx + \int_{0}^{1} x dx", r"\frac{5}{6}"),
        (r"\int_0^1 \frac{dx}{1+x}", r"\ln(2)"),
        (r"\int_0^1 \int_0^x y\,dy\,dx", r"\frac{1}{6}"),
        (r"\int_0^{\pi} x\sin x dx", r"\pi"),
        (r"\int_1^e \frac{\ln x}{x} dx", r"\frac{1}{2}"),
        (r"\lim_{x \to 0} \frac{\sin x}{x}", "1"),
        (r"\lim_{x\to 0^{-}} \frac1x", r"-\infty"),
        (r"\lim_{n\to\infty} \left(1+\frac{1}{n}\right)^n", "e"),
        (r"\lim_{h \to 0} \frac{(x+h)^2 - x^2}{h}", r"2 \cdot x"),
        (r"\sum_{n=1}^{10} n + 1", "56"),
        (r"\sum_{i=1}^{5} (2i-1)", "25"),
        (r"\sum_{n=1}^\infty \frac{1}{n^2}", r"\frac{1}{6} \cdot (\pi^{2})"),
        (r"\prod_{k=1}^{5} k", "120"),
        (r"\frac{d}{dx} x^2", r"2 \cdot x"),
        (r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}", "-2"),
        (
            r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}\begin{pmatrix} 1 \\ 3 \end{pmatrix}",
            r"\begin{pmatrix} 7 \\ 15 \end{pmatrix}",
        ),
        (r"\gcd(12,18)", "6"),
        (r"e^{i\pi}", "-1"),
    ],
)
def test_carries_out_calculus(text: str, expected: str) -> None:
    assert rewrite(text, deadline_s=PATIENT_S) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\left[0, \int_0^2 x\,dx\right)", "[0, 2)"),
        (r"x = \int_0^1 3t^2 dt", "x = 1"),
        (r"\left\{\int_0^1 3t^2 dt, \frac{1}{2}\right\}", r"\{1, \frac{1}{2}\}"),
        (r"1 < \int_0^3 x dx \le 5", r"1 < \frac{9}{2} \le 5"),
        (r"2, 1, \int_0^1 dx", "2, 1, 1"),  # neither sorted nor without the repeated one
    ],
)
def test_keeps_brackets_commas_and_relations(text: str, expected: str) -> None:
    assert rewrite(text, deadline_s=PATIENT_S) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4.50", "4.50"),
        ("4.5+0", r"\frac{9}{2}"),
        ("0.1+0.2", r"\frac{3}{10}"),
        ("2E5", "200000"),
        ("0+0." + "3" * 40, r"\frac{" + "3" * 40 + "}{1" + "0" * 40 + "}"),
        (r"2\frac{1}{2}", r"\frac{5}{2}"),
        ("2(3)", "6"),  # left alone, the parser says 5
        (r"2^{3^2}", "512"),
    ],
)
def test_rounds_and_guesses_nothing(text: str, expected: str) -> None:
    assert rewrite(text, deadline_s=PATIENT_S) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        r"\sqrt{2} garbage",
        r"\sqrt{2} )",
        "2 3",
        "1011_2",
        r"30^\circ",
        r"50\%",
        "1,234",
        r"1,\!000",
        "{5}",  # a set or a group
        "2 or 3",
        "3.54e-07",
        "152A_{11}",
        "x^{2}^{3}",
        "2^3!",
        "5!!",
        "1/2x",
        r"\sin x / 2",
        r"\sin x \cdot y",
        r"\log 8",  # to which base
        "f(x)",
        "A^T",
        r"\frac{dy}{dx}",
        r"\int x dx",  # up to a constant
        r"\int_0^12x dx",
        r"\int_0^1 x",
        r"\lim_{x \to 0} \frac{1}{x}",  # the two sides differ
        r"\lim_{x\to\infty} \sqrt{x^2+x}-x",  # where the limit ends
        r"\sum_{n=1}^{0} n",
        r"\sum_{n=1}^{\infty} (-1)^n",
        r"\int_{-1}^{1} \frac{1}{x} dx",
        r"\int_{-1}^{1} \sqrt[3]{x} dx",  # the real root, or the principal one
        r"\int_0^1 x^x dx",  # known to nobody
        r"\gcd(\pi, 2)",
        r"\begin{cases} 1 \end{cases}",
    ],
)
def test_what_has_no_single_exact_reading_is_undecided(text: str) -> None:
    assert ask(text, deadline_s=PATIENT_S) == symbolic.Rewriting(None, Outcome.UNDECIDED)


def test_a_rewritten_answer_stays_as_it_is() -> None:
    first = rewrite(r"\int_1^2 \frac{1}{x} dx + \sqrt{2} \pi", deadline_s=PATIENT_S)
    assert first is not None
    assert rewrite(first, deadline_s=PATIENT_S) == first


def test_a_long_text_is_not_sent() -> None:
    assert ask("1" * (symbolic.MAX_TEXT + 1)).outcome is Outcome.TOO_LONG


def test_one_child_serves_many_questions() -> None:
    rewrite("1", deadline_s=PATIENT_S)
    pid = symbolic.child_pid()
    assert [rewrite(f"{i}+1", deadline_s=PATIENT_S) for i in range(20)] == [str(i + 1) for i in range(20)]
    assert symbolic.child_pid() == pid


def test_a_child_past_its_deadline_is_killed_and_replaced() -> None:
    rewrite("1", deadline_s=PATIENT_S)
    pid = symbolic.child_pid()
    assert pid is not None
    assert ask(ENDLESS, deadline_s=0.3).outcome is Outcome.KILLED
    assert not _is_running(pid)
    assert rewrite("1+1", deadline_s=PATIENT_S) == "2"
    assert symbolic.child_pid() != pid


def test_a_child_that_died_between_questions_is_replaced() -> None:
    rewrite("1", deadline_s=PATIENT_S)
    pid = symbolic.child_pid()
    assert pid is not None
    os.kill(pid, 9)
    _wait_until(lambda: symbolic.child_pid() is None)
    assert rewrite("1+1", deadline_s=PATIENT_S) == "2"


def test_a_child_is_recycled(monkeypatch: pytest.MonkeyPatch) -> None:
    symbolic.close()
    monkeypatch.setattr(symbolic, "MAX_REQUESTS", 2)
    rewrite("1", deadline_s=PATIENT_S)
    pid = symbolic.child_pid()
    rewrite("2", deadline_s=PATIENT_S)
    assert rewrite("3", deadline_s=PATIENT_S) == "3"
    assert symbolic.child_pid() != pid


def test_threads_take_turns() -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda i: rewrite(f"{i}+{i}", deadline_s=PATIENT_S), range(40)))
    assert results == [str(2 * i) for i in range(40)]


def test_answers_under_asyncio() -> None:
    async def ask_all() -> list[str | None]:
        return await asyncio.gather(*(asyncio.to_thread(rewrite, f"{i}+1", deadline_s=PATIENT_S) for i in range(5)))

    assert asyncio.run(ask_all()) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_another_process_has_a_child_of_its_own(method: str) -> None:
    rewrite("1", deadline_s=PATIENT_S)
    pid = symbolic.child_pid()
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map(_double_and_pid, range(6), chunksize=3)
        assert [doubled for doubled, _ in results] == [str(2 * i) for i in range(6)]
        assert pid not in {child for _, child in results}
        assert rewrite("3+3", deadline_s=PATIENT_S) == "6"
    assert symbolic.child_pid() == pid


def test_the_child_ends_with_its_parent() -> None:
    """Also where the parent has no time to say goodbye."""
    script = (
        "import os; from reasoning.answers import symbolic; symbolic.rewrite('1', deadline_s=60);"
        "print(symbolic.child_pid(), flush=True); os._exit(0)"
    )
    done = _python(script)
    _wait_until(lambda: not _is_running(int(done.stdout)))


def test_the_child_is_closed_at_exit_without_a_warning() -> None:
    script = "from reasoning.answers import symbolic as s; s.rewrite('1', deadline_s=60); print(s.child_pid())"
    done = _python(script)
    assert done.stderr == ""
    _wait_until(lambda: not _is_running(int(done.stdout)))


def test_the_parent_never_imports_the_algebra_system() -> None:
    script = (
        "import sys; from reasoning.answers import symbolic; print(symbolic.rewrite('1+1', deadline_s=60));"
        "print(any(name in sys.modules for name in ('sympy', 'math_verify', 'latex2sympy2_extended')))"
    )
    assert _python(script).stdout.split() == ["2", "False"]


@linux_only
def test_the_child_has_limits_and_a_plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    symbolic.close()
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "1")
    rewrite("1", deadline_s=PATIENT_S)
    process = Path(f"/proc/{symbolic.child_pid()}")
    limits = (process / "limits").read_text()
    for name in (
        "Max address space",
        "Max processes",
        "Max open files",
        "Max file size",
        "Max core file size",
    ):
        soft = next(line for line in limits.splitlines() if line.startswith(name)).split()[len(name.split())]
        assert soft != "unlimited", name
        assert int(soft) <= 2 * 2**30
    assert b"SECRET_OF_THE_PARENT" not in (process / "environ").read_bytes()
    assert (process / "cwd").resolve() == Path("/")


def _double_and_pid(number: int) -> tuple[str | None, int | None]:
    return rewrite(f"2 \\cdot {number}", deadline_s=PATIENT_S), symbolic.child_pid()


def _python(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=WATCHDOG_S,
        cwd=Path(symbolic.__file__).parents[2],
    )


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")  # dead, not yet waited for


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WATCHDOG_S
    while not condition():
        assert time.monotonic() < deadline, "the watchdog's time is over"
        time.sleep(0.02)


@linux_only
def test_a_child_of_a_large_parent_is_kept() -> None:
    symbolic.close()
    held = bytearray(os.urandom(1 << 20)) * 700  # megabytes: more than the child may reach itself
    rewrite("1", deadline_s=PATIENT_S)
    pid = symbolic.child_pid()
    assert pid is not None
    rewrite("2", deadline_s=PATIENT_S)
    assert symbolic.child_pid() == pid
    assert len(held) == 700 << 20
