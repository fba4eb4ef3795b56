"""Steps: what one step of a program does, compiled once for every text it has.

Most lines of straight-line programs are `name = a` or `name = a op b`, where a and b are names or numbers. These are
read with one pattern, in a third of the time of Python's parser; anything else goes through it. Both ways lead to
the same functions, and a test compares them.
"""

import keyword
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from reasoning.programs.arithmetic import OPERATORS
from reasoning.programs.limits import MAX_DEPTH, Stopped
from reasoning.programs.machine import Expression, Machine, Statement
from reasoning.programs.scope import Scope
from reasoning.programs.source import is_block, parse, step_end
from reasoning.programs.statements import compile_statement, compile_value, tree_depth

_MAX_LINES = 20_000  # steps kept; some 20 MB
_MAX_BLOCKS = 1_000  # some 10 MB

_OPERAND = r"(?:([A-Za-z]\w{0,99})|((?:0|[1-9]\d{0,15})(?:\.\d{0,15})?))"
_LINE = re.compile(rf"([A-Za-z]\w{{0,99}}) ?= ?{_OPERAND}(?: ?(\*\*|//|[-+*/%]) ?{_OPERAND})?", re.ASCII)
_RESERVED = frozenset((*keyword.kwlist, "math"))


# What one step does: put the value of an expression into the variable of this name, or, without a name, run.
# A plain tuple, since a program of lines that were never seen spends a tenth of its time making these.
# A number stands for itself, not for an expression: no call, and nothing for the garbage collector to follow.
Step: TypeAlias = tuple[str | None, Callable[[Machine], Any] | int | float]
NOTHING: Step = (None, lambda machine: None)  # a blank line or a comment

LINES: dict[str, Step] = {}  # the steps seen so far that are one line, and that no later line can continue
_blocks: dict[str, Step] = {}


def step_at(lines: list[str], first: int) -> tuple[Step, int]:
    """The step that begins at a line that is not in LINES, and the index of the line after it.

    Raises:
        Stopped, SyntaxError, ValueError, MemoryError, RecursionError: it is not a step of the language.
    """
    line = lines[first]
    step = _read_line(line)
    if step is not None:
        _keep(step, line, known=LINES, limit=_MAX_LINES)
        return step, first + 1
    end = step_end(lines, first)
    text = "\n".join(lines[first:end])
    is_line = end == first + 1 and not is_block(text)
    known, limit = (LINES, _MAX_LINES) if is_line else (_blocks, _MAX_BLOCKS)
    step = known.get(text)
    if step is None:
        step = compile_step(text)
        _keep(step, text, known=known, limit=limit)
    return step, end


def compile_step(text: str) -> Step:
    """The step of this text, through Python's parser."""
    nodes = parse(text)
    if tree_depth(nodes) > MAX_DEPTH:
        raise Stopped("an expression is nested too deeply")
    if not nodes:
        return NOTHING
    if len(nodes) == 1 and (assignment := compile_value(nodes[0])) is not None:
        return assignment
    statements = [compile_statement(node, Scope()) for node in nodes]
    return None, statements[0] if len(statements) == 1 else _in_a_row(statements)


def _in_a_row(statements: list[Statement]) -> Statement:
    def run(machine: Machine) -> None:
        for statement in statements:
            statement(machine)

    return run


def _read_line(line: str) -> Step | None:
    """The step of a line in the common form, None if it has another."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    name, a, x, symbol, b, y = found.groups()
    if name in _RESERVED or a in _RESERVED or b in _RESERVED:
        return None
    if symbol is not None:
        return name, _binary(symbol, a or _literal(x), b or _literal(y))
    if a is not None:
        return name, lambda machine: machine.variables[a]
    return name, _literal(x)


def _literal(number: str) -> int | float:
    return float(number) if "." in number else int(number)


def _binary(symbol: str, a: str | int | float, b: str | int | float) -> Expression:
    """The operation on two operands, each a name or a number: as `expressions.binary`, with fewer calls."""
    apply = OPERATORS[symbol]
    if not isinstance(a, str):
        if not isinstance(b, str):
            return lambda machine: apply(machine, a, b)
        return lambda machine: apply(machine, a, machine.variables[b])
    if not isinstance(b, str):
        return lambda machine: apply(machine, machine.variables[a], b)
    return lambda machine: apply(machine, machine.variables[a], machine.variables[b])


def _keep(step: Step, text: str, *, known: dict[str, Step], limit: int) -> None:
    if len(known) >= limit:
        known.clear()
    known[text] = step
