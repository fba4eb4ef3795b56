"""Running a program step by step."""

import math
from collections.abc import Iterator

from reasoning.programs.limits import MAX_VARIABLES, OutOfSteps, Stopped
from reasoning.programs.machine import Machine, Value
from reasoning.programs.outcome import Execution
from reasoning.programs.source import check_size
from reasoning.programs.states import Tally
from reasoning.programs.steps import LINES, NOTHING, step_at

# Everything that a wrong program raises in Python, and Python's parser for its text
_ERRORS = (Stopped, ArithmeticError, LookupError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError)
_NUMBERS = (int, float)


def execute(source: str) -> Execution:
    """Run a program in this process, within the limits of `limits.py`, and say what became of it.

    The text is never given to `exec` or `eval`, and nothing it can say makes this function raise. The outcome is the
    same on every machine, apart from the last digit of functions such as `math.sin`, which is the C library's.

    Args:
        source: the program; `docs/programs.md` has the language. The answer is in the variable `answer`.

    Returns:
        the outcome, with the state after every step; blank lines and comments are not steps (see `split`).

    Source: the programs and the states are those of arXiv:2205.14318, section 3.
    """
    machine, tally = Machine(), Tally()
    states: list[int] = []
    try:
        for name in _steps(source, machine):
            states.append(tally.count(machine.variables) if name is None else tally.put(name, machine.variables[name]))
        answer = _answer(machine.variables)
    except OutOfSteps:
        return Execution("timeout", None, tuple(states))
    except _ERRORS:
        return Execution("error", None, tuple(states))
    return Execution("value", answer, tuple(states))


def trace(source: str) -> list[dict[str, Value]]:
    """The variables after each step that ran to its end: what `execute` makes its states of."""
    machine = Machine()
    snapshots: list[dict[str, Value]] = []
    try:
        snapshots.extend(dict(machine.variables) for _ in _steps(source, machine))
    except (OutOfSteps, *_ERRORS):
        pass
    return snapshots


def _steps(source: str, machine: Machine) -> Iterator[str | None]:
    """Run a program, and stop after each step with the name of the variable it changed; None for any number of them."""
    lines = check_size(source).split("\n")
    variables, known = machine.variables, LINES
    first, num_lines = 0, len(lines)
    while first < num_lines:
        step = known.get(lines[first])
        if step is None:
            step, first = step_at(lines, first)
        else:
            first += 1
        name, act = step
        if isinstance(act, _NUMBERS):
            assert name is not None
            variables[name] = act
        elif name is not None:
            variables[name] = act(machine)
        elif step is not NOTHING:
            act(machine)
        else:
            continue
        if len(variables) > MAX_VARIABLES:
            raise Stopped("too many variables")
        yield name


def _answer(variables: dict[str, Value]) -> int | float:
    answer = variables["answer"]
    if type(answer) is int or (type(answer) is float and math.isfinite(answer)):
        return answer
    raise Stopped("the answer is not a finite number")
