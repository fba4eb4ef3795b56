"""The memory of one running program and what is left of its budget."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from reasoning.programs.limits import MAX_CALLS, MAX_CELLS, MAX_ELEMENTS, MAX_NESTING, MAX_STEPS, OutOfSteps, Stopped

Scalar: TypeAlias = int | float | str | None  # bool is an int
# Lists are flat and never changed once made, so two names for one list cannot be told from two lists
Value: TypeAlias = Scalar | list[Scalar] | tuple[Scalar, ...] | range


class Machine:
    """One program's variables, functions and budget.

    `variables` are those in reach of assignments: the program's own (`globals`), or a running function's.
    """

    __slots__ = ("cells", "depth", "functions", "globals", "nesting", "result", "steps", "variables")

    def __init__(self) -> None:
        self.variables: dict[str, Value] = {}
        self.globals = self.variables
        self.functions: dict[str, Function] = {}
        self.steps = MAX_STEPS
        self.cells = MAX_CELLS
        self.depth = 0
        self.nesting = 0
        self.result: Value = None  # of the last return

    def charge(self, steps: int) -> None:
        """Pay for work before it is done."""
        self.steps -= steps
        if self.steps < 0:
            raise OutOfSteps

    def reserve(self, num_elements: int) -> None:
        """Ask for a list of this length before it is made."""
        self.cells -= num_elements
        if num_elements > MAX_ELEMENTS or self.cells < 0:
            raise Stopped("a list is too long, or all lists together are")
        self.charge(num_elements >> 6)

    def call(self, function: "Function", arguments: list[Value]) -> Value:
        """Run a function of the program in variables of its own."""
        if len(arguments) != len(function.parameters):
            raise Stopped("a function was called with too few or too many values")
        self.depth += 1
        self.nesting += function.nesting
        if self.depth > MAX_CALLS or self.nesting > MAX_NESTING:
            raise Stopped("functions call each other too deeply")
        self.charge(1)
        caller, self.variables = self.variables, dict(zip(function.parameters, arguments, strict=True))
        self.result = None
        function.body(self)
        result, self.result = self.result, None
        self.variables = caller
        self.depth -= 1
        self.nesting -= function.nesting
        return result


Expression: TypeAlias = Callable[[Machine], Value]
Signal: TypeAlias = str | None  # "break", "continue", "return", or None to go on
Statement: TypeAlias = Callable[[Machine], Signal]


@dataclass(frozen=True, slots=True)
class Function:
    parameters: tuple[str, ...]
    body: Statement
    nesting: int  # depth of its syntax tree, which bounds how far running it goes down Python's stack
