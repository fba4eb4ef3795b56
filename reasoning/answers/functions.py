"""Keys of scalars: constants by their value, expressions with variables by their values at fixed points."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence

from flint import fmpq

from reasoning.answers import nodes
from reasoning.answers.exact import Value
from reasoning.answers.floats import unrounded
from reasoning.answers.nodes import Node
from reasoning.answers.numeric import NUM_POINTS, Point, evaluate
from reasoning.answers.policy import Policy
from reasoning.answers.refusals import TooLarge, Unevaluable
from reasoning.answers.rounding import ball_key, certified, point_key, round_significant
from reasoning.answers.trees import is_complex

UNDEFINED = "undefined"
NUM_NEAR_POINTS = 3
_FRACTION_KEY = re.compile(r"-?\d+(?:/\d+)?")


def scalar_key(node: Node, policy: Policy) -> str:
    """The key of a number or an expression.

    Raises:
        Unevaluable: it has no value, or none we will compute.
    """
    if is_infinite(node):
        return "+inf"
    if isinstance(node, nodes.Negative) and is_infinite(node.operand):
        return "-inf"
    if isinstance(node, nodes.Number) and node.digits < 12 and policy.significant_digits is None:
        return ball_key(node.value)
    form = _float_form(node)
    if form is not None:
        return certified(lambda: value_key(form(), policy))
    return certified(lambda: _key(node, policy))


def is_infinite(node: Node) -> bool:
    """Whether the node is infinity itself, without a sign."""
    return isinstance(node, nodes.Symbol) and node.name == "infty"


def value_key(value: Value, policy: Policy) -> str:
    """The key of one number under the policy's rounding."""
    key = ball_key(value)
    if policy.significant_digits is None:
        return key
    exact = fmpq(key) if _FRACTION_KEY.fullmatch(key) else value  # a half rounds up, however it was computed
    return ball_key(round_significant(exact, policy.significant_digits))


def values_key(values: Sequence[Value | None], *, real: bool) -> str:
    """The key of a function from its values at the points; None where it has none.

    With `real`, values off the real line count as undefined, unless all are. A function with one value everywhere is
    that constant.
    """
    keys = [_key_at_point(value) for value in values]
    on_line = [UNDEFINED if real and key.endswith("i") else key for key in keys]
    if set(on_line) != {UNDEFINED}:
        keys = on_line
    defined = set(keys) - {UNDEFINED}
    if not defined:
        raise Unevaluable("undefined everywhere")
    if len(defined) == 1 and keys.count(UNDEFINED) <= 1:
        index = next(i for i, key in enumerate(keys) if key != UNDEFINED)
        return ball_key(values[index])  # type: ignore[arg-type]
    return "f:" + digest(keys)


def _key_at_point(value: Value | None) -> str:
    if value is None or not _is_finite(value):
        return UNDEFINED
    try:
        return point_key(value)
    except TooLarge:
        return UNDEFINED


def _is_finite(value: Value) -> bool:
    return isinstance(value, fmpq) or bool(value.is_finite())


def values_at_points(node: Node) -> list[Value | None]:
    """The values of an expression at the fixed points, None where it has none."""
    return [value_at(node, Point(number)) for number in range(NUM_POINTS)]


def value_at(node: Node, point: Point) -> Value | None:
    """The value of an expression at one point, None where it has none or, away from the first points, a huge one."""
    try:
        return evaluate(node, point)
    except TooLarge:
        if point.number < NUM_NEAR_POINTS:
            raise
        return None
    except Unevaluable:
        return None


def digest(parts: Iterable[str]) -> str:
    """A short name for a long key."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:40]


def _float_form(node: Node) -> Callable[[], Value] | None:
    """What a long decimal, possibly negated, is the rounding of; None for everything else."""
    number = node.operand if isinstance(node, nodes.Negative) else node
    if not isinstance(number, nodes.Number) or number.digits < 12:
        return None
    form = unrounded(number.value if number is node else -number.value, number.digits)
    if isinstance(form, fmpq):
        exact: fmpq = form
        return lambda: exact
    return form


def _key(node: Node, policy: Policy) -> str:
    point = Point()
    value = None
    try:
        value = evaluate(node, point)
    except TooLarge:
        raise
    except Unevaluable:
        if not point.depends:
            raise
    if value is not None and not point.depends:
        return value_key(value, policy)
    return values_key(values_at_points(node), real=not is_complex(node))
