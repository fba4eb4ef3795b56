"""States: values without names, in nine significant digits."""

import pytest

from reasoning.programs import execute
from reasoning.programs.machine import Value
from reasoning.programs.states import EMPTY, round_number, state_of


def test_a_state_is_the_multiset_of_values() -> None:
    a = execute("a = 1\nb = 3\nc = a + b").states
    assert list(a) == [state_of([1]), state_of([1, 3]), state_of([1, 3, 4])]
    assert execute("x = 3\ny = 4\nz = 1").states[-1] == a[-1]
    assert state_of([1, 1]) != state_of([1])
    assert state_of([]) == EMPTY


def test_an_old_value_is_gone() -> None:
    assert execute("a = 1\na = a + 1\nb = 'x'\nb = [1]\nif a:\n    b = 5").states[-1] == state_of([2, 5])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (3, 3.0),
        (3, 2.9999999999999996),
        (0.1 + 0.2, 0.3),
        (0, -0.0),
        (1, True),
        (1000000001.4, 1000000001),
        (10**300, 1e300),
        (2**2000, 2**2000),
        (float("nan"), float("nan")),
        ([1, 2.0], [1.0, 2]),
    ],
)
def test_same(a: Value, b: Value) -> None:
    assert state_of([a]) == state_of([b])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, -1),
        (1.0000001, 1),
        (0.1 + 0.2 - 0.3, 0),  # nothing but zero is near zero
        (2**2000, 2**2000 + 1),
        ([1, 2], [2, 1]),
        ([1], 1),
        ([1], (1,)),
        ("1", 1),
        (None, 0),
        (float("inf"), float("-inf")),
    ],
)
def test_different(a: Value, b: Value) -> None:
    assert state_of([a]) != state_of([b])


def test_small_sums_do_not_collide() -> None:
    states = {state_of([i, j, k]) for i in range(30) for j in range(i, 30) for k in range(j, 30)}
    assert len(states) == 30 * 31 * 32 // 6


def test_digests_are_the_same_in_every_version() -> None:
    """The bytes are those of `printf 72 | b2sum -l 64`."""
    assert state_of([72]) == int.from_bytes(bytes.fromhex("0bdde7b6e647801c"), "little")


def test_round_number() -> None:
    assert [round_number(x) for x in (2.9999999999999996, 3, -0.0)] == [b"3", b"3", b"0"]
