"""Buffers under any samples: no duplicates, no prefixes, the map of states, and the order of what does not conflict."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.self_sampling.buffer import Buffer
from generator.self_sampling.reading import read_programs
from generator.self_sampling.solution import Sample, Solution

REFERENCE = "a=2\nb=3\nc=a+b\nd=c*a\nanswer=d-b"
EXPECTED = "7"
NAMES = ("a", "b", "c", "d", "x", "answer")
LINES = (*REFERENCE.split("\n"), "b=2", "a=3", "x=a+b", "c = a + b", "c=(a+b)", "d=a*c", "answer=d-a-1", "answer=7")


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The reference with lines changed, swapped, doubled or left out; or any lines."""
    lines = REFERENCE.split("\n") if draw(st.booleans()) else draw(st.lists(st.sampled_from(LINES), max_size=6))
    for _ in range(draw(st.integers(0, 3))):
        kind, place = draw(st.sampled_from(("change", "swap", "insert", "drop", "break"))), draw(st.integers(0, 6))
        if kind == "change" and place < len(lines):
            lines[place] = draw(st.sampled_from(LINES))
        elif kind == "swap" and place + 1 < len(lines):
            lines[place], lines[place + 1] = lines[place + 1], lines[place]
        elif kind == "insert":
            lines.insert(place, draw(st.sampled_from(LINES)))
        elif kind == "drop":
            lines = lines[:place] + lines[place + 1 :]
        elif kind == "break":
            lines.insert(place, "boom")
    return "\n".join(lines)


def read(text: str) -> Sample:
    return read_programs([text], [EXPECTED])[0]


def filled(samples: list[Sample]) -> Buffer:
    buffer = Buffer(read(REFERENCE).solution, is_correct=lambda text: read(text).is_correct)
    for sample in samples:
        buffer.add(sample)
    return buffer


@settings(max_examples=150, deadline=None)
@given(st.lists(programs(), max_size=12))
def test_what_always_holds(texts: list[str]) -> None:
    buffer = filled([read(text) for text in texts])
    keys = [solution.keys for solution in buffer.solutions]
    assert len(set(keys)) == len(keys)
    for partial, other in itertools.product(buffer.partial, buffer.solutions):
        assert partial is other or not partial.begins(other)
    assert buffer.correct[0].text == REFERENCE
    assert all(read(solution.text).is_correct for solution in buffer.correct)
    assert not any(read(solution.text).is_correct for solution in buffer.partial)
    assert all(solution.num_lines <= buffer.reference.num_lines for solution in buffer.correct)
    assert buffer.beginnings[0].steps == ()


@settings(max_examples=150, deadline=None)
@given(st.lists(programs(), max_size=12))
def test_the_map_has_the_states_of_every_entry_and_nothing_else(texts: list[str]) -> None:
    buffer = filled([read(text) for text in texts])
    expected: dict[int, set[tuple[object, ...]]] = {}
    for solution in buffer.solutions:
        states = read(solution.text).solution.states  # of the text as it is kept
        assert states == solution.states
        for length, state in enumerate(states, 1):
            expected.setdefault(state, set()).add(solution.keys[:length])
    assert buffer.states == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(programs(), min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_samples_that_do_not_conflict_makes_no_difference(texts: list[str], rng: object) -> None:
    samples: list[Sample] = []
    for text in texts:
        sample = read(text)
        if not any(conflict(added(sample), added(other)) for other in samples):
            samples.append(sample)
    shuffled = list(samples)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = filled(samples), filled(shuffled)
    assert {solution.keys for solution in one.correct} == {solution.keys for solution in other.correct}
    assert {solution.keys for solution in one.partial} == {solution.keys for solution in other.partial}
    assert one.states == other.states


def added(sample: Sample) -> Solution:
    """What the sample by itself adds to the reference; the whole sample where it adds nothing."""
    buffer = filled([sample])
    return buffer.solutions[-1] if len(buffer.solutions) > 1 else sample.solution


def conflict(one: Solution, other: Solution) -> bool:
    """Whether one could decide what becomes of the other: by a state that the reference has not, or as its prefix."""
    known = set(read(REFERENCE).solution.states)
    return bool((set(one.states) & set(other.states)) - known) or one.begins(other) or other.begins(one)


@settings(max_examples=60, deadline=None)
@given(programs())
def test_what_was_added_is_known(text: str) -> None:
    buffer = filled([read(text)])
    before = list(buffer.solutions)
    assert buffer.add(read(text)) not in ("new_correct", "new_partial")
    assert buffer.solutions == before
