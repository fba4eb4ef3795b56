"""The laws of running programs, on programs made at random; arithmetic is compared with CPython's own."""

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.programs import execute, execute_many, split, trace
from reasoning.programs.machine import Value
from reasoning.programs.states import EMPTY, state_of

NAMES = ("a", "b", "c", "n0", "t1", "answer")
NUMBERS = st.one_of(
    st.integers(0, 100).map(str),
    st.integers(0, 10**15).map(str),
    st.floats(0, 1e6, allow_nan=False).map(repr),
    st.sampled_from(["1e-7", "0.5", "10.", "1_000", "0x1f", "True", "1e300"]),
)
TOKENS = st.sampled_from(
    "a|b|answer|1|0.5|10**9|+|-|*|/|//|%|**|<<|=|+=|==|<|(|)|[|]|:|,|.|\n|\n    | if | else |for | in |while |"
    "def f(a):|return |range|sum|max|int|round|math.sqrt|math.comb|math|lambda |import |'x'|#|not | and |__".split("|")
)


def operations(operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "<", "==", " and ", " or "])
    calls = st.sampled_from(["max", "min", "divmod", "pow"])
    functions = st.sampled_from(["-", "abs", "int", "float", "round", "not "])
    return st.one_of(
        st.tuples(operands, signs, operands).map(lambda x: f"({x[0]}){x[1]}({x[2]})"),
        st.tuples(calls, operands, operands).map(lambda x: f"{x[0]}({x[1]}, {x[2]})"),
        st.tuples(functions, operands).map(lambda x: f"{x[0]}({x[1]})"),
        st.tuples(operands, operands, operands).map(lambda x: f"({x[0]} if {x[1]} else {x[2]})"),
        st.tuples(operands, st.integers(-3, 6)).map(lambda x: f"round({x[0]}, {x[1]})"),
    )  # fmt: skip


EXPRESSIONS = st.recursive(st.sampled_from(NAMES) | NUMBERS, operations, max_leaves=5)
LINES = st.tuples(st.sampled_from(NAMES), EXPRESSIONS).map(" = ".join)
PROGRAMS = st.lists(LINES, min_size=1, max_size=8).map("\n".join)


@given(PROGRAMS)
@settings(deadline=None, max_examples=500)
def test_every_value_is_cpythons(program: str) -> None:
    """Where we go on, so does CPython, to the same values of the same types."""
    builtins = {f.__name__: f for f in (abs, divmod, float, int, max, min, pow, round)}
    variables: dict[str, Any] = {"__builtins__": builtins}
    ours = trace(program)
    for line, snapshot in zip(program.split("\n"), ours, strict=False):
        exec(line, variables)  # a line that this test wrote itself, after it was found to be small
        assert repr(snapshot) == repr({name: variables[name] for name in snapshot})
    if len(ours) == program.count("\n") + 1:
        answer = variables.get("answer")
        is_number = type(answer) in (int, float) and (type(answer) is int or math.isfinite(answer))  # type: ignore[arg-type]
        execution = execute(program)
        assert (execution.status == "value") == is_number
        assert not is_number or repr(execution.answer) == repr(answer)


@given(PROGRAMS)
@settings(deadline=None)
def test_states_are_those_of_the_traced_values(program: str) -> None:
    assert execute(program).states == tuple(state_of(variables.values()) for variables in trace(program))


@given(PROGRAMS, st.integers(0, 8))
@settings(deadline=None)
def test_a_prefix_has_the_first_states(program: str, length: int) -> None:
    prefix = "\n".join(split(program)[:length])
    assert execute(prefix).states == execute(program).states[:length]


@given(st.lists(st.integers(0, 10**12) | st.floats(allow_nan=False), max_size=6), st.randoms(use_true_random=False))
def test_names_and_order_do_not_matter(values: list[Value], random: Any) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    assert state_of(shuffled) == state_of(values)
    assert state_of([*values, 7.25]) != state_of(values)
    assert state_of([]) == EMPTY


@given(st.lists(TOKENS, max_size=40).map("".join) | st.text(max_size=80))
@settings(deadline=None, max_examples=500)
def test_no_text_raises(text: str) -> None:
    execution = execute(text)
    assert (execution.answer is None) == (execution.status != "value")
    assert execute(text) == execution
    assert len(trace(text)) == len(execution.states)


@given(st.lists(PROGRAMS | st.text(max_size=80), max_size=10), st.integers(1, 2))
@settings(deadline=None, max_examples=30)
def test_workers_change_nothing(sources: list[str], workers: int) -> None:
    assert execute_many(sources, workers=workers) == [execute(source) for source in sources]
