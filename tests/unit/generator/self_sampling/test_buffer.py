"""What a buffer takes from samples, and what it does not."""

import pytest

from generator.self_sampling.buffer import Buffer, Outcome
from generator.self_sampling.reading import read_programs
from reasoning.programs.states import state_of

EXPECTED = "9"
REFERENCE = "n0=2\nn1=3\nn2=4\nt0=n0+n1\nanswer=t0+n2"


def buffer(*, with_partial: bool = True) -> Buffer:
    [reference] = read_programs([REFERENCE], [EXPECTED])
    return Buffer(reference.solution, is_correct=is_correct, with_partial=with_partial)


def is_correct(text: str) -> bool:
    return read_programs([text], [EXPECTED])[0].is_correct


def add(to: Buffer, text: str) -> Outcome:
    return to.add(read_programs([text], [EXPECTED])[0])


def texts(of: Buffer) -> tuple[list[str], list[str]]:
    return [solution.text for solution in of.correct], [solution.text for solution in of.partial]


def test_it_starts_with_the_empty_solution_and_the_reference() -> None:
    b = buffer()
    assert texts(b) == ([REFERENCE], [])
    assert [solution.text for solution in b.beginnings] == [""]
    assert set(b.states) == {state_of(v) for v in ([2], [2, 3], [2, 3, 4], [2, 3, 4, 5], [2, 3, 4, 5, 9])}


def test_another_way_to_the_answer_is_fully_correct_whatever_its_states() -> None:
    b = buffer()
    assert add(b, "a=5\nb=4\nanswer=a+b") == "new_correct"
    assert texts(b) == ([REFERENCE, "a=5\nb=4\nanswer=a+b"], [])
    assert state_of([5, 4]) in b.states


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (REFERENCE, "known_correct"),
        (REFERENCE.replace("=", " = ") + "  # done", "known_correct"),
        (REFERENCE.replace("t0=", "x=1\nt0="), "longer"),
        ("n0=2\nn1=3\nanswer=n0+", "known_partial"),  # a line with no syntax behind a prefix of the reference
        ("n0=2\nn1=3\nn2=5\nanswer=10", "known_partial"),
        ("answer=10", "wrong"),
        ("1/0", "failed"),
        ("", "failed"),
        ("n0=2\nn0=2\nboom", "longer"),  # the state of the first line, with a line more
    ],
)
def test_what_is_not_saved(text: str, outcome: str) -> None:
    b = buffer()
    assert add(b, text) == outcome
    assert texts(b) == ([REFERENCE], [])


def test_the_longest_prefix_with_a_known_state_is_saved() -> None:
    b = buffer()
    assert add(b, "a=3\nb=2\nc=4\nd=a*b\nanswer=d+c") == "new_partial"
    assert texts(b)[1] == ["a=3\nb=2\nc=4"]
    assert state_of([3]) in b.states  # all its prefixes are known from now on
    assert add(b, "x=3\nanswer=0") == "new_partial"


def test_a_state_has_no_names_and_nine_digits() -> None:
    b = buffer()
    assert add(b, "first=2.0000000001\nanswer=0") == "new_partial"
    assert texts(b)[1] == ["first=2.0000000001"]
    assert add(b, "first=2.0001\nanswer=0") == "wrong"


def test_saved_prefixes_of_a_new_solution_are_pruned() -> None:
    b = buffer()
    assert add(b, "a=3\nb=2\nboom") == "new_partial"
    assert add(b, "a=3\nb=2\nc=4\nboom") == "new_partial"
    assert texts(b)[1] == ["a=3\nb=2\nc=4"]
    assert add(b, "a=3\nb=2\nboom") == "known_partial"  # a prefix of a known solution
    assert add(b, "a=3\nb=2\nc=4\nanswer=a+b+c") == "new_correct"
    assert texts(b) == ([REFERENCE, "a=3\nb=2\nc=4\nanswer=a+b+c"], [])


def test_only_the_longest_match_is_tried() -> None:
    b = buffer()
    add(b, "a=3\nb=2\nboom")
    assert add(b, "z=3\nz=3\nboom") == "longer"  # its first line alone would be new
    assert add(b, "z=3\nboom") == "new_partial"


def test_a_right_program_with_a_wrong_end_is_fully_correct() -> None:
    b = buffer()
    swapped = "n1=3\nn0=2\nn2=4\nt0=n0+n1\nanswer=t0+n2"
    assert add(b, swapped + "\nanswer=0") == "new_correct"
    assert texts(b) == ([REFERENCE, swapped], [])


def test_without_partial_solutions_only_whole_ones_count() -> None:
    b = buffer(with_partial=False)
    assert add(b, "a=3\nb=2\nboom") == "failed"
    assert add(b, "a=3\nb=2\nanswer=7") == "wrong"
    assert add(b, "a=5\nanswer=a+4") == "new_correct"
    assert texts(b) == ([REFERENCE, "a=5\nanswer=a+4"], [])
