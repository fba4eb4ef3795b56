"""The value of a scalar expression: an exact rational, or a certified ball.

Constants are evaluated once. An expression with variables is evaluated at fixed points that depend on the variables'
names alone; two expressions with equal values at all of them are the same function (Schwartz and Zippel's argument;
the values carry 60 digits). Functions nobody defined (`f(x)`, `a_n`) take values hashed from their arguments' values,
so `f(x+1)` equals `f(1+x)` and nothing else.

Over the reals, an odd root of a negative number is the negative root, and a point at which an expression has no real
value counts as undefined there, so `\\sqrt{1/n}` equals `1/\\sqrt{n}` but `\\sqrt{x^2}` differs from `x`.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from flint import acb, arb, fmpq

from reasoning.answers import nodes
from reasoning.answers.elementary import ANGLES, FUNCTIONS, finite
from reasoning.answers.exact import Value, add, divide, multiply, power, subtract
from reasoning.answers.nodes import Node
from reasoning.answers.refusals import Refusal, TooLarge, Unevaluable
from reasoning.answers.rounding import point_key

MAX_TERMS = 2_000
_SCALES = (1, 1, 1, 1, 3, 10, 10, 30, 100, 300)
NUM_POINTS = 3 + len(_SCALES)
_BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "^": power,
}


@dataclass(slots=True)
class Point:
    """Where to evaluate: the number of the point, bound indices, and whether degrees are angles here."""

    number: int = 0
    bound: Mapping[str, Value] = field(default_factory=dict)
    in_angle: bool = False
    num_terms: int = 1  # of the sums and products around this one, multiplied
    depends: bool = False  # set when a value depends on the point


def evaluate(node: Node, point: Point) -> Value:
    """The value of a scalar expression at a point.

    Raises:
        Unevaluable: the node is no scalar, a division by zero, or too large to be worth computing.
    """
    match node:
        case nodes.Number(value=value):
            return value
        case nodes.Symbol(name=name):
            return _symbol(name, point)
        case nodes.Negative(operand=operand):
            return -evaluate(operand, point)
        case nodes.Binary(operator=operator, left=left, right=right):
            return _BINARY[operator](evaluate(left, point), evaluate(right, point))
        case nodes.Group(content=content):
            return evaluate(content, point)
        case nodes.Apply(function=function, arguments=arguments):
            return _apply(function, arguments, point)
        case nodes.Degree(operand=operand):
            angle = evaluate(operand, point)
            return multiply(angle, acb.pi() / 180) if point.in_angle else angle
        case nodes.Quantity(value=quantity):
            return evaluate(quantity, point)
        case nodes.Call(name=name, arguments=arguments):
            if nodes.is_product(node):
                return multiply(_symbol(name, point), evaluate(arguments[0], point))
            return _oracle(name, arguments, point)
        case nodes.Subscript(name=name, index=index):
            return _oracle(name + "_", (index,), point)
        case nodes.Ratio(parts=(left, right)):
            return divide(evaluate(left, point), evaluate(right, point))
        case nodes.BigOperator():
            return _big_operator(node, point)
        case nodes.Text(content=words):  # a name in capitals, as in AB + CD
            return _oracle("words:" + words, (), point)
        case _:
            raise Unevaluable("not a scalar")


def _apply(function: str, arguments: tuple[Node, ...], point: Point) -> Value:
    if function == "det" and isinstance(arguments[0], nodes.Matrix):
        return _determinant(arguments[0], point)
    if function in ANGLES:
        inner = Point(point.number, point.bound, in_angle=True, num_terms=point.num_terms)
        values = [evaluate(argument, inner) for argument in arguments]
        point.depends = point.depends or inner.depends
    else:
        values = [evaluate(argument, point) for argument in arguments]
    try:
        return finite(FUNCTIONS[function](*values))
    except Refusal:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise Unevaluable(f"{function} of these arguments") from error


def _determinant(matrix: nodes.Matrix, point: Point) -> Value:
    rows = [[evaluate(entry, point) for entry in row] for row in matrix.rows]
    if len(rows) != len(rows[0]) or len(rows) > 6:
        raise Unevaluable("no determinant")
    return _expand(rows)


def _expand(rows: list[list[Value]]) -> Value:
    if len(rows) == 1:
        return rows[0][0]
    total: Value = fmpq(0)
    for column, entry in enumerate(rows[0]):
        minor = [row[:column] + row[column + 1 :] for row in rows[1:]]
        term = multiply(entry, _expand(minor))
        total = add(total, -term if column % 2 else term)
    return total


# variables and functions nobody defined


def _symbol(name: str, point: Point) -> Value:
    if name in point.bound:
        return point.bound[name]
    if name == "pi":
        return acb.pi()
    if name == "e":
        return acb(1).exp()
    if name in ("i", "I"):
        return acb(0, 1)
    if name in ("infty", "..."):
        raise Unevaluable("no number")
    point.depends = True
    return _variable(name, point.number)


@lru_cache(maxsize=16_384)
def _variable(name: str, number: int) -> acb:
    """The fixed value of a variable at a point: sizes and signs that show where a function bends or jumps.

    Three points have one sign throughout; at the others each variable has its own sign, and its size is about the
    point's scale. Some are integers.
    """
    digest = hashlib.sha256(f"{number}:{name}".encode()).digest()
    size = arb(int.from_bytes(digest[:8], "big")) / arb(2) ** 64
    if number < 3:
        return acb((arb(1) / 8 + size * 3 / 4, 1 + 4 * size, -(1 + 2 * size))[number])
    value = _SCALES[number - 3] * (1 + 9 * size)
    if number % 3 == 0:
        value = value.floor()
    return acb(-value if digest[8] % 2 else value)


def _oracle(name: str, arguments: tuple[Node, ...], point: Point) -> acb:
    """A value that only the function's name and its arguments' values decide."""
    point.depends = True
    keys = []
    for argument in arguments:
        try:
            keys.append(point_key(evaluate(argument, point)))
        except Unevaluable:
            if not isinstance(argument, nodes.Text | nodes.Symbol):
                raise
            keys.append(str(argument))
    digest = hashlib.sha256("|".join((str(point.number), name, *keys)).encode()).digest()
    return acb(1 + arb(int.from_bytes(digest[:16], "big")) / arb(2) ** 128)


def _big_operator(node: nodes.BigOperator, point: Point) -> Value:
    lower, upper = evaluate(node.lower, point), evaluate(node.upper, point)
    combine = add if node.operator == "sum" else multiply
    if isinstance(lower, fmpq) and isinstance(upper, fmpq) and lower.q == upper.q == 1:
        num_terms = point.num_terms * max(int(upper.p - lower.p) + 1, 1)
        if num_terms > MAX_TERMS:
            raise TooLarge("too many terms")
        total: Value = fmpq(0 if node.operator == "sum" else 1)
        for index in range(int(lower.p), int(upper.p) + 1):
            total = combine(total, _evaluate_bound(node, fmpq(index), point, num_terms))
        return total
    samples = [point_key(_evaluate_bound(node, acb(arb(7 + 4 * k) / 3), point, point.num_terms)) for k in range(2)]
    digest = "|".join((node.operator, point_key(lower), point_key(upper), *samples))
    return _oracle(digest, (), point)


def _evaluate_bound(node: nodes.BigOperator, value: Value, point: Point, num_terms: int) -> Value:
    inner = Point(point.number, {**point.bound, node.index: value}, point.in_angle, num_terms)
    result = evaluate(node.body, inner)
    point.depends = point.depends or inner.depends
    return result
