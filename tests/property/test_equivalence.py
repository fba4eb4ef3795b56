"""The laws of equivalence, on answers made at random."""

from fractions import Fraction
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.answers import Grade, cluster, grade

INTEGERS = st.integers(min_value=-(10**40), max_value=10**40)
SMALL = st.integers(min_value=-9, max_value=9)
LATEX = st.text(alphabet=r"0123456789+-*/^_{}()[],.=<>|\frac sqrt pi x y and or text%$:;!'", max_size=40)


def same(a: str, b: str) -> bool:
    return grade(candidate=a, expected=b) is Grade.EQUAL


def spellings(value: Fraction) -> list[str]:
    n, d = value.numerator, value.denominator
    forms = [
        f"{n}/{d}",
        rf"\frac{{{n}}}{{{d}}}",
        rf"\dfrac{{{-n}}}{{{-d}}}",
        f"x = {n}/{d}",
        f"${3 * n}/{3 * d}$",
        f"({n})/({d})",
    ]
    if d == 1:
        forms += [str(n), f"{n:,}", f"{n}.0", f"{n}.", rf"{n}\text{{ apples}}"]
    return forms


@given(INTEGERS, st.integers(min_value=1, max_value=10**12))
def test_spellings_of_one_fraction_are_equal_and_of_its_neighbour_are_not(numerator: int, denominator: int) -> None:
    value, neighbour = Fraction(numerator, denominator), Fraction(numerator + 1, denominator)
    forms = spellings(value)
    assert set(cluster(forms)) == {0}
    assert set(cluster([forms[0], *spellings(neighbour)])[1:]) == {1}


@given(st.text(max_size=60) | LATEX)
@settings(deadline=None)
def test_reflexive_and_never_raises(text: str) -> None:
    assert same(text, text)
    assert same(text, f"  {text} ") or grade(candidate=text, expected=f"  {text} ") is not Grade.EQUAL


@given(LATEX, LATEX)
@settings(deadline=None)
def test_symmetric(a: str, b: str) -> None:
    assert grade(candidate=a, expected=b) is grade(candidate=b, expected=a)


@given(
    st.lists(
        st.sampled_from(["1", "1.0", "2/2", "x", "x+0", "(1,2)", "1,2", "2,1", r"\{1,2\}", "one", r"\frac12"]),
        max_size=12,
    )
)
def test_transitive_and_clusters_agree_with_grades(answers: list[str]) -> None:
    labels = cluster(answers)
    for a, label_a in zip(answers, labels, strict=True):
        for b, label_b in zip(answers, labels, strict=True):
            assert same(a, b) is (label_a == label_b)


@given(st.lists(SMALL, min_size=1, max_size=4), SMALL)
def test_a_product_equals_its_expansion(roots: list[int], value: int) -> None:
    coefficients = [1]
    for root in roots:
        shifted, scaled = [*coefficients, 0], [0, *(-root * c for c in coefficients)]
        coefficients = [a + b for a, b in zip(shifted, scaled, strict=True)]
    factored = "".join(f"(x-({root}))" for root in roots)
    degree = len(coefficients) - 1
    expanded = "+".join(f"({c})x^{{{degree - i}}}" for i, c in enumerate(coefficients))
    assert same(factored, expanded)
    assert not same(factored, expanded + "+1")


@given(st.lists(st.integers(0, 99), min_size=2, max_size=4, unique=True))
def test_order_matters_in_tuples_alone(numbers: list[int]) -> None:
    lists = [", ".join(map(str, p)) for p in permutations(numbers)]
    sets = [r"\{" + text + r"\}" for text in lists]
    tuples = ["(" + text + ")" for text in lists]
    assert len(set(cluster(lists))) == 1
    assert len(set(cluster(sets))) == 1
    assert len(set(cluster(tuples))) == len(tuples)


@given(st.integers(2, 36), st.integers(0, 10**6))
def test_a_number_in_another_base_is_its_value(base: int, value: int) -> None:
    digits, rest = "", value
    while rest or not digits:
        digits, rest = "0123456789"[rest % base] + digits if rest % base < 10 else "?" + digits, rest // base
    if "?" not in digits:
        assert same(f"{digits}_{{{base}}}", str(value))


@given(st.lists(st.sampled_from(["7", "7.0", "8", None, "x"]), max_size=10), st.randoms())
def test_clusters_do_not_depend_on_order(answers: list[str | None], random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(answers)))
    random.shuffle(order)
    labels, shuffled = cluster(answers), cluster([answers[i] for i in order])
    pairs = [(labels[i], shuffled[position]) for position, i in enumerate(order)]
    assert len(set(pairs)) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
