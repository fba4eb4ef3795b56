"""Equations and inequalities: what they say about their unknown, up to how they are written."""

from collections.abc import Callable, Iterator

from flint import arb, fmpq

from reasoning.answers import nodes, regions
from reasoning.answers.exact import Value, divide, multiply, subtract
from reasoning.answers.functions import (
    digest,
    is_infinite,
    scalar_key,
    value_at,
    value_key,
    values_at_points,
    values_key,
)
from reasoning.answers.nodes import Node
from reasoning.answers.numeric import NUM_POINTS, Point, evaluate
from reasoning.answers.policy import Policy
from reasoning.answers.refusals import Unevaluable
from reasoning.answers.regions import REALS, End, Region
from reasoning.answers.rounding import PRECISIONS, certified, point_key, precision
from reasoning.answers.trees import as_set, is_name, variables, walk

_ORDER = frozenset(("<", ">", "<=", ">=", "!="))
_COMBINE: dict[str, Callable[[Region, Region], Region]] = {
    "cup": regions.union,
    "cap": regions.intersection,
    "setminus": regions.difference,
}
_STEPS = (0, 1, 2, 5, -3, -1000, 10**6)
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def is_unknown(node: Node) -> bool:
    """Whether `node ∈ S` just says S: a lower-case unknown. A capital letter names a set or a point and stays."""
    return is_name(node) and not (isinstance(node, nodes.Symbol) and node.name.isupper())


# regions of the real line


def region_of(node: Node, policy: Policy) -> Region | None:
    """The set of real numbers a node stands for; None where it is no such set or an end is not a known real."""
    match node:
        case nodes.Group(content=content):
            return region_of(content, policy)
        case nodes.Interval():
            return interval_region(node, policy)
        case nodes.Sequence(kind="tuple", items=(low, high)):
            return interval_region(nodes.Interval(low, high, False, False), policy)
        case nodes.Sequence(kind="set", items=items):
            ends = [_end(item, policy) for item in items]
            return regions.union(*(regions.point(end) for end in ends if end)) if all(ends) else None
        case nodes.Symbol(name="reals"):
            return REALS
        case nodes.SetOperation(operator=operator, left=left, right=right):
            a, b = region_of(left, policy), region_of(right, policy)
            if a is None or b is None:
                return None
            return _COMBINE[operator](a, b)
        case nodes.Sequence(kind="list", items=items, joint=joint):
            return joint_region(items, joint, policy)
        case nodes.Relation():
            return _relation_region(node, policy)
        case _:
            return None


def interval_region(node: nodes.Interval, policy: Policy) -> Region | None:
    low, high = _end(node.low, policy), _end(node.high, policy)
    if low is None or high is None or low.value == "+inf" or high.value == "-inf":
        return None
    return regions.interval(low, node.low_closed, high, node.high_closed) or None


def joint_region(items: tuple[Node, ...], joint: str, policy: Policy) -> Region | None:
    """Inequalities or intervals in a list: "or" unites; "and" and commas meet, or unite where nothing would be left.

    None where the items are not sets of reals: `(1, 2), (3, 4)` are pairs.
    """
    inequalities = [item for item in items if isinstance(item, nodes.Relation) and not set(item.operators) <= {"="}]
    intervals = [item for item in items if _is_interval(item)]
    if not inequalities and len(intervals) < len(items):
        return None
    if len(set().union(*(_unknowns(item) for item in inequalities))) > 1:
        return None  # x > 1, y < 5: each says something of its own unknown
    found = [region_of(item, policy) for item in items]
    parts = [region for region in found if region is not None]
    if len(parts) < len(items):
        return None
    if joint == "or" or not inequalities:
        return regions.union(*parts)
    meet = parts[0]
    for part in parts[1:]:
        meet = regions.intersection(meet, part)
    return meet or regions.union(*parts)


def _unknowns(node: Node) -> set[str]:
    if isinstance(node, nodes.Relation) and node.operators == ("in",):
        return variables(node.operands[0])
    return variables(node)


def _is_interval(node: Node) -> bool:
    if isinstance(node, nodes.Sequence) and node.kind == "tuple" and len(node.items) == 2:
        return any(is_infinite(part) for item in node.items for part in walk(item))
    return isinstance(node, nodes.Interval | nodes.SetOperation)


def _end(node: Node, policy: Policy) -> End | None:
    try:
        key = scalar_key(node, policy)
        if key == "-inf":
            return regions.NEGATIVE_INFINITY
        if key == "+inf":
            return regions.POSITIVE_INFINITY
        with precision(PRECISIONS[0]):
            return _real_end(evaluate(node, Point()), key)
    except Unevaluable:
        return None


def _real_end(value: Value, key: str) -> End | None:
    if key.startswith("f:") or key.endswith("i"):
        return None
    return End(key, value if isinstance(value, fmpq) else value.real)


def _relation_region(node: nodes.Relation, policy: Policy) -> Region | None:
    if node.operators == ("in",):
        return region_of(as_set(node.operands[1]), policy) if is_unknown(node.operands[0]) else None
    region = REALS
    for left, operator, right in _pairs(node):
        part = _pair_region(left, operator, right, policy)
        if part is None:
            return None
        region = regions.intersection(region, part)
    return region


def _pairs(node: nodes.Relation) -> Iterator[tuple[Node, str, Node]]:
    return zip(node.operands, node.operators, node.operands[1:], strict=False)


def _pair_region(left: Node, operator: str, right: Node, policy: Policy) -> Region | None:
    if operator not in _ORDER | {"="}:
        return None
    if isinstance(right, nodes.Apply) and right.function == "abs":
        left, operator, right = right, _FLIPPED[operator], left
    if (
        isinstance(left, nodes.Apply)
        and left.function == "abs"
        and not variables(right)
        and not _has_kink(left.arguments[0])
    ):
        inner, negative = left.arguments[0], nodes.Negative(right)
        above = _pair_region(inner, operator, right, policy)
        below = _pair_region(inner, _FLIPPED[operator], negative, policy)
        if above is None or below is None:
            return None
        within = operator in ("<", "<=", "!=")
        return regions.intersection(above, below) if within else regions.union(above, below)
    with precision(PRECISIONS[0]):
        solution = _linear_solution(nodes.Binary("-", left, right))
        if solution is None:
            return None
        bound, rising = solution
        key = value_key(bound, policy)
    end = _real_end(bound, key)
    if end is None:
        return None
    return _half_line(end, operator if rising else _FLIPPED[operator])


def _half_line(end: End, operator: str) -> Region:
    if operator == "=":
        return regions.point(end)
    if operator == "!=":
        return regions.difference(REALS, regions.point(end))
    if operator in ("<", "<="):
        return regions.interval(regions.NEGATIVE_INFINITY, False, end, operator == "<=")
    return regions.interval(end, operator == ">=", regions.POSITIVE_INFINITY, False)


def _linear_solution(node: Node) -> tuple[Value, bool] | None:
    """Where a linear expression in one unknown is zero, and whether it rises there."""
    names = variables(node)
    if len(names) != 1 or any(isinstance(part, nodes.Call | nodes.Subscript) for part in walk(node)):
        return None
    if _has_kink(node):
        return None
    line = _line(node, next(iter(names)), 0)
    if line is None:
        return None
    slope = line[1] if isinstance(line[1], fmpq) else line[1].real
    return divide(-line[0], line[1]), bool(arb(slope) > 0)


def _has_kink(node: Node) -> bool:
    """Whether an unknown stands inside a function, where being linear at some points says nothing of the rest."""
    return any(isinstance(part, nodes.Apply) and variables(part) for part in walk(node))


def _line(node: Node, name: str, number: int) -> tuple[Value, Value] | None:
    """Intercept and slope of an expression that is linear in `name`, at one point; None where it is not."""
    values = [value_at(node, Point(number, {name: fmpq(k)})) for k in _STEPS]
    if any(value is None for value in values):
        return None
    zero = values[0]
    slope = subtract(values[1], zero)  # type: ignore[arg-type]
    if _may_vanish(slope):
        return None
    for value, steps in zip(values[2:], _STEPS[2:], strict=True):
        if not _may_vanish(subtract(subtract(value, zero), multiply(slope, fmpq(steps)))):  # type: ignore[arg-type]
            return None
    return zero, slope  # type: ignore[return-value]


def _may_vanish(value: Value) -> bool:
    return value == 0 if isinstance(value, fmpq) else bool(value.contains(0))


# equations and relations that no region describes


def solved_key(left: Node, right: Node, policy: Policy) -> str | None:
    """The key of what a linear equation says its unknown is: `2x + 3 = 7` is 2 and, with y, `2x + y = 3` is 3 - 2x.

    None for equations in other unknowns and for those that are not linear.
    """
    node = nodes.Binary("-", left, right)
    names = variables(node)
    if any(isinstance(part, nodes.Call | nodes.Subscript | nodes.Sequence | nodes.Text) for part in walk(node)):
        return None
    if _has_kink(node):
        return None
    if len(names) == 1:
        with precision(PRECISIONS[0]):
            solution = _linear_solution(node)
        return None if solution is None else certified(lambda: value_key(_solution(node), policy))
    if names != {"x", "y"}:
        return None
    with precision(PRECISIONS[0]):
        lines = [_line(node, "y", number) for number in range(NUM_POINTS)]
        if any(line is None for line in lines):
            return None
    return certified(lambda: values_key([_solution_at(node, number) for number in range(NUM_POINTS)], real=True))


def _solution(node: Node) -> Value:
    solution = _linear_solution(node)
    if solution is None:
        raise Unevaluable("not linear")
    return solution[0]


def _solution_at(node: Node, number: int) -> Value | None:
    line = _line(node, "y", number)
    return None if line is None else divide(-line[0], line[1])


def equation_key(left: Node, right: Node) -> str:
    """The key of an equation: the ratios of `left - right` at the points, which no constant factor changes."""
    return certified(lambda: "equation:" + _up_to_factor(left, right, keep_sign=False))


def relation_key(node: nodes.Relation, policy: Policy) -> str:
    """The key of a chain that no region describes: its links, each up to a positive factor, in any order."""
    links = []
    for left, operator, right in _pairs(node):
        if operator in (">", ">="):
            left, operator, right = right, _FLIPPED[operator], left
        if operator in _ORDER | {"="}:
            ratios = certified(lambda a=left, b=right, o=operator: _up_to_factor(a, b, keep_sign=o not in ("=", "!=")))  # type: ignore[misc]
            links.append(f"{operator}{ratios}")
        else:
            links.append(f"{scalar_key(left, policy)}{operator}{scalar_key(right, policy)}")
    return "relation:" + "&".join(sorted(set(links)))


def _up_to_factor(left: Node, right: Node, *, keep_sign: bool) -> str:
    values = values_at_points(nodes.Binary("-", left, right))
    unit: Value | None = None
    for value in values:
        if value is not None and not _may_vanish(value):
            unit = value
            break
    if unit is None:
        if all(value is None for value in values):
            raise Unevaluable("undefined everywhere")
        return "0"
    if keep_sign and (unit.real if not isinstance(unit, fmpq) else unit) < 0:
        unit = -unit
    return digest("undefined" if value is None else point_key(divide(value, unit)) for value in values)
