"""When two steps are the same."""

import pytest

from generator.self_sampling.solution import EMPTY, Solution, program_key, words_key


@pytest.mark.parametrize("other", ["t0 = n0*2", "t0=(n0 * 2)", "t0=n0*2  # twice", "t0=((n0)*2)"])
def test_white_space_comments_and_brackets_make_no_difference(other: str) -> None:
    assert program_key(other) == program_key("t0=n0*2")


@pytest.mark.parametrize("other", ["t0=2*n0", "t0=n0*2.0", "t1=n0*2", "t0=n0*(2*1)", "t0=n0+2"])
def test_what_is_written_otherwise_is_another_step(other: str) -> None:
    assert program_key(other) != program_key("t0=n0*2")


def test_each_statement_counts_as_a_line() -> None:
    assert program_key("n0=1").num_lines == 1
    assert program_key("n0=1; n1=2").num_lines == 2
    assert program_key("for i in range(3):\n  n0=i\n  n1=i").num_lines == 3
    assert program_key("n0=(1 +\n2)").num_lines == 1


def test_words_are_the_same_in_any_case_and_space() -> None:
    assert words_key("  So 3 + 4  = 7.") == words_key("so 3 + 4 = 7")
    assert words_key("3 + 4 = 7") != words_key("4 + 3 = 7")


def test_a_prefix_begins_its_solution() -> None:
    steps = ("a=1", "b=2")
    whole = Solution(steps, tuple(map(program_key, steps)), (10, 20))
    assert whole.prefix(1) == Solution(("a=1",), whole.keys[:1], (10,))
    assert whole.prefix(1).begins(whole)
    assert whole.begins(whole)
    assert not whole.begins(whole.prefix(1))
    assert EMPTY.begins(whole)
    assert (whole.text, whole.num_lines) == ("a=1\nb=2", 2)
