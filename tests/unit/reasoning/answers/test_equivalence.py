"""Decisions of equivalence that users meet, policies, and the places it must work in."""

import asyncio
import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path

import pytest

from reasoning.answers import Grade, Policy, cluster, grade, group

DEFAULT = Policy()
TRAPS = Path(__file__).parents[3] / "golden" / "answer_traps.jsonl"

# Named in docs/answers.md: a permuted tuple of names on the left keeps the order written on the right.
ACCEPTED = {("(p,r,q)=(3,2,7)", "p=3, q=2, r=7")}


def equal(a: str, b: str, policy: Policy = DEFAULT) -> bool:
    forward, backward = grade(candidate=a, expected=b, policy=policy), grade(candidate=b, expected=a, policy=policy)
    assert forward is backward
    return forward is Grade.EQUAL


def test_answer_traps() -> None:
    rows = [json.loads(line) for line in TRAPS.read_text().splitlines()]
    assert len(rows) > 1_800
    wrong = {(row["a"], row["b"]) for row in rows if equal(row["a"], row["b"]) is not row["equal"]}
    assert wrong == ACCEPTED


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("10^{-30}", r"\frac{1}{10^{30}}"),
        (r"\sqrt{5+2\sqrt{6}}", r"\sqrt{2}+\sqrt{3}"),
        ("0.8660254037844386", r"\frac{\sqrt{3}}{2}"),
        ("1.618033988749895", r"\frac{1+\sqrt{5}}{2}"),
        (r"\{x \mid x \ne 2\}", r"(-\infty,2)\cup(2,\infty)"),
        (r"x < -1 \text{ or } x > 3", r"(-\infty,-1)\cup(3,\infty)"),
        (r"x > -1 \text{ and } x < 3", "(-1, 3)"),
        ("|x| \\le 2", "[-2, 2]"),
        ("y = 2x + 3", "2x - y + 3 = 0"),
        (r"x_1 = 2, x_2 = 3", "3, 2"),
        ("2x = 10", "x = 5"),
        (r"\text{(C)}", "c)"),
        (r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}", "-2"),
        (r"\int_0^1 x^2 dx", r"\frac13"),
        ("x(x+1)^2", "x^3+2x^2+x"),
        ("1 cup", "1"),
        ("x1", "x_1"),
        ("n0*n1", r"n_1 \cdot n_{0}"),
        (r"[1, 2] \cup (1.9999999999999999999999, 3]", "[1, 3]"),
        (r"[0, \sqrt{2}] \cup [1.4142135623730950488016887242, 2]", "[0, 2]"),
        ("2a(1+a^2)^{-1}", r"\frac{2a}{1+a^2}"),
        (r"\frac{mv^2}{2}", r"\frac12 m v^2"),
        (r"\frac{GMm}{r^2}", "G M m r^{-2}"),
        ("x = 3z", "x - 3z = 0"),
        ("y^2 = 8x", r"x = \frac{y^2}{8}"),
        ("2^{10} = 1024", "1024"),
        ("(0.11)_2", "0.75"),
        (r"\begin{pmatrix} 1 \\[4pt] 2 \end{pmatrix}", r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}"),
        (r"\begin{aligned} x &= 3 \\ y &= 2 \end{aligned}", "y = 2, x = 3"),
        (r"\text{all real numbers}", r"(-\infty, \infty)"),
        (r"x + 11 \text{ or } 11 + x", "x + 11"),
        (
            r"\begin{cases} x^2 & x \ge 0 \\ -x & x < 0 \end{cases}",
            r"f(x) = \begin{cases} -x, & \text{if } x < 0, \\ x^2, & \text{if } 0 \le x \end{cases}",
        ),
    ],
)
def test_equal(a: str, b: str) -> None:
    assert equal(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("10^{-30}", "10^{-31}"),
        (r"e^{\pi\sqrt{163}}", "262537412640768744"),
        ("e^{1000}+1", "e^{1000}"),
        ("9" * 400, "9" * 399 + "8"),
        ("x=1, y=2", "x=2, y=1"),
        ("1, 1, 2", "1, 2"),
        ("(1, 2)", "(2, 1)"),
        (r"\sqrt{x^2}", "x"),
        ("f(x)", "f(y)"),
        ("listen", "silent"),
        ("2:30", "1:15"),
        ("[0, 1)", "[0, 1]"),
        (r"\{\{1, 2\}\}", r"\{1, 2\}"),
        (r"\begin{cases} x & x < 0 \\ 1 & x \ge 0 \end{cases}", r"\begin{cases} 1 & x < 0 \\ x & x \ge 0 \end{cases}"),
        ("2^{10} = 1024", "1025"),
        ("n0", "0"),
        ("n0/2", "n0*2"),
        ("n0/2", "n0/3"),
        ("(x0, y0)", "(0, 0)"),
        ("x2", "2x"),
        ("R2D2", "4DR"),
        (r"[1, 2] \cup (2.0000000000000000000001, 3]", "[1, 3]"),
        (r"[0, \sqrt{2}] \cup [1.4142135623730950488016887243, 2]", "[0, 2]"),
        ("", "0"),
    ],
)
def test_unequal(a: str, b: str) -> None:
    assert not equal(a, b)


def test_no_answer_is_unequal_to_everything() -> None:
    assert grade(candidate=None, expected="None") is Grade.UNEQUAL
    assert cluster([None, "None", None, "0"]) == [None, 0, None, 1]


def test_mathematics_nobody_understands_is_unknown_unless_it_is_the_same_text() -> None:
    assert grade(candidate=r"\oint \heartsuit", expected="5") is Grade.UNKNOWN
    assert grade(candidate=r"$\oint  \heartsuit$", expected=r"\oint \heartsuit") is Grade.EQUAL
    assert group([r"\oint \heartsuit", "5"], expected="5").num_unknown == 1


def test_a_value_too_large_is_unknown() -> None:
    assert grade(candidate="9^{9^9}", expected="9^{9^9}+1") is Grade.UNKNOWN


@pytest.mark.parametrize(
    ("policy", "a", "b", "expected"),
    [
        (Policy(), r"50\%", "50", True),
        (Policy(percent="fraction"), r"50\%", "0.5", True),
        (Policy(percent="fraction"), r"50\%", "50", False),
        (Policy(percent="distinct"), r"50\%", "50 percent", True),
        (Policy(percent="distinct"), r"50\%", "50", False),
        (Policy(), r"5\text{ cm}", "5", True),
        (Policy(units="keep"), r"5\text{ cm}", "5", False),
        (Policy(units="keep"), r"5\text{ cm}", "5 cm", True),
        (Policy(units="keep"), r"\$5", "5 dollars", True),
        (Policy(), "1, 2", "2, 1", True),
        (Policy(list_order="keep"), "1, 2", "2, 1", False),
        (Policy(list_order="keep"), r"\{1, 2\}", r"\{2, 1\}", True),
        (Policy(), "1 < x < 2", "(1, 2)", True),
        (Policy(interval_or_tuple="tuple"), "1 < x < 2", "(1, 2)", False),
        (Policy(interval_or_tuple="interval"), "1 < x < 2", "(1, 2)", True),
        (Policy(interval_or_tuple="interval"), "x=1, y=2", "(1, 2)", False),
        (Policy(), r"\frac{1}{3}", "0.333", False),
        (Policy(significant_digits=3), r"\frac{1}{3}", "0.333", True),
        (Policy(significant_digits=3), "0.334", "0.333", False),
        (Policy(significant_digits=2), r"\pi", "3.1", True),
        (Policy(significant_digits=3), "123456", "123000", True),
        (Policy(significant_digits=3), "9.996", "10", True),
    ],
)
def test_policies(policy: Policy, a: str, b: str, expected: bool) -> None:
    assert equal(a, b, policy) is expected


FORMS = ["1/2", "0.5", r"\frac12", "50\\%", None, r"\frac{2}{4}", "(1,2)", r"\left(1, 2\right)", "two", "Two"]
LABELS = [0, 0, 0, 1, None, 0, 2, 2, 3, 3]


def test_clusters_number_by_first_appearance() -> None:
    assert cluster(FORMS) == LABELS


def test_group_finds_the_correct_cluster() -> None:
    assert group(FORMS, expected="(1.0, 2.0)").correct == 2
    assert group(FORMS, expected="7").correct is None
    assert group(FORMS).correct is None
    assert group([], expected="7").labels == ()


def test_clusters_and_grades_agree() -> None:
    answers = [answer for answer in FORMS if answer is not None]
    labels = cluster(answers)
    for (a, la), (b, lb) in combinations(zip(answers, labels, strict=True), 2):
        assert (la == lb) is equal(a, b)


def test_works_in_threads() -> None:
    questions = [r"\int_0^1 x dx", r"\sqrt{2}\sqrt{8}", "x^2-1"] * 8
    expected = [r"\frac12", "4", "(x-1)(x+1)"] * 8
    with ThreadPoolExecutor(8) as pool:
        grades = list(
            pool.map(lambda pair: grade(candidate=pair[0], expected=pair[1]), zip(questions, expected, strict=True))
        )
    assert grades == [Grade.EQUAL] * len(questions)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_works_in_processes(method: str) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context(method)) as pool:
        assert list(pool.map(cluster, [FORMS, FORMS])) == [LABELS, LABELS]


def test_works_under_asyncio() -> None:
    async def both() -> list[list[int | None]]:
        return [*await asyncio.gather(asyncio.to_thread(cluster, FORMS), asyncio.to_thread(cluster, FORMS))]

    assert asyncio.run(both()) == [LABELS, LABELS]
