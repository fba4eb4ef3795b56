"""Syntax trees to canonical keys: equal keys, and nothing else, mean equal answers."""

from flint import fmpq

from reasoning.answers import nodes
from reasoning.answers.functions import is_infinite, scalar_key
from reasoning.answers.nodes import Node
from reasoning.answers.policy import Policy
from reasoning.answers.refusals import Unevaluable
from reasoning.answers.regions import REALS, Region, region_key, set_key
from reasoning.answers.relations import (
    equation_key,
    interval_region,
    is_unknown,
    joint_region,
    region_of,
    relation_key,
    solved_key,
)
from reasoning.answers.trees import as_set, expand_plus_minus, is_name, matrix_value, variables
from reasoning.answers.units import singular

# One letter alone may be a choice, `(c)` or `C`; e is Euler's number and i the imaginary unit.
_COORDINATES = frozenset("xyz")
_LETTERS = frozenset("ABCDEFGHabcdfgh")


def node_key(node: Node, policy: Policy) -> str:
    """The canonical key of an answer's syntax tree.

    Raises:
        Unevaluable: the tree has no value that can be compared exactly.
    """
    match node:
        case nodes.Group(content=content):
            return node_key(content, policy)
        case nodes.Sequence(kind="list", items=items, joint=joint):
            return _list_key(items, joint, policy)
        case nodes.Sequence(kind="set", items=items):
            return _set_key(items, policy)
        case nodes.Sequence():
            return _tuple_key(node, policy)
        case nodes.Text(content=content):
            return text_key(content)
        case nodes.Relation(operators=operators, operands=operands):
            return _relation_key(operators, operands, policy)
        case nodes.Interval() | nodes.SetOperation():
            return _set_expression_key(node, policy)
        case nodes.Ratio(parts=parts) if len(parts) > 2:
            return "ratio:" + ",".join(scalar_key(nodes.Binary("/", part, parts[0]), policy) for part in parts)
        case nodes.Quantity(value=value, unit=unit):
            return _quantity_key(value, unit, policy)
        case nodes.Symbol(name="reals"):
            return _region_key(REALS, policy)
        case nodes.Symbol(name=name) if name in _LETTERS:
            return f"letter:{name.upper()}"
    if len(signs := expand_plus_minus(node)) > 1:
        return _list_key(signs, ",", policy)
    if (matrix := matrix_value(node)) is not None:
        return "matrix:" + ";".join(",".join(node_key(entry, policy) for entry in row) for row in matrix.rows)
    return scalar_key(node, policy)


def text_key(words: str) -> str:
    """Words without regard to case and spacing."""
    return "text:" + " ".join(words.casefold().split()).strip(" .")


def _quantity_key(value: Node, unit: str, policy: Policy) -> str:
    if unit == "%" and policy.percent == "fraction":
        return scalar_key(nodes.Binary("/", value, nodes.Number(fmpq(100))), policy)
    key = node_key(value, policy)
    if unit.startswith("pmod"):
        return f"{key} mod {unit[4:].strip()}"
    if policy.percent == "distinct" if unit == "%" else policy.units == "keep":
        return f"{key} {singular(unit)}"
    return key


# collections


def _set_key(items: tuple[Node, ...], policy: Policy) -> str:
    """A set of one is its element, unless that is a set too: `{{1, 2}}` is not `{1, 2}`."""
    if (named := _named_key(items, policy)) is not None:
        return named
    if any(_is_set(item) for item in items):
        return "{" + ",".join(sorted({_inner_key(item, policy) for item in items})) + "}"
    return set_key([node_key(sign, policy) for item in items for sign in expand_plus_minus(item)])


def _inner_key(item: Node, policy: Policy) -> str:
    key = node_key(item, policy)
    return "{" + key + "}" if _is_set(item) and not key.startswith("{") else key


def _is_set(node: Node) -> bool:
    return isinstance(node, nodes.Sequence) and node.kind == "set"


def _tuple_key(node: nodes.Sequence, policy: Policy) -> str:
    if len(signs := expand_plus_minus(node)) > 1:
        return _list_key(signs, ",", policy)
    items = node.items
    if len(items) == 2 and (policy.interval_or_tuple == "interval" or any(map(_is_unbounded, items))):
        region = interval_region(nodes.Interval(items[0], items[1], False, False), policy)
        if region is not None:
            return _region_key(region, policy)
    return _named_key(items, policy) or "(" + ",".join(_place_key(item, policy) for item in items) + ")"


def _place_key(item: Node, policy: Policy) -> str:
    """The key of a coordinate; a letter there is a variable and no choice: `(a, b)` is not `(A, B)`."""
    return (
        scalar_key(item, policy) if isinstance(item, nodes.Symbol) and item.name in _LETTERS else node_key(item, policy)
    )


def _is_unbounded(node: Node) -> bool:
    return is_infinite(node.operand if isinstance(node, nodes.Negative) else node)


def _list_key(items: tuple[Node, ...], joint: str, policy: Policy) -> str:
    """A bare list: without order unless the policy keeps it, with multiplicity unless it lists tuples.

    Tuples in a list are the solutions of something, and a solution written twice is one solution; so is `x or x`.
    `x=1, y=2` names its places, so it is the tuple in the order of the names; `x=1, x=2` and `x=1, 2` are values of
    one unknown. Inequalities joined by "or" unite, by "and" meet. `1,2; 3,4` is a list of tuples.
    """
    if joint == ";" and any(isinstance(item, nodes.Sequence) and item.kind == "list" for item in items):
        items = tuple(
            nodes.Sequence("tuple", item.items) if isinstance(item, nodes.Sequence) else item for item in items
        )
    region = joint_region(items, joint, policy)
    if region is not None:
        return _region_key(region, policy)
    if (named := _named_key(items, policy)) is not None:
        return named
    signs = [sign for item in items for sign in expand_plus_minus(_unnamed(item))]
    units = {singular(sign.unit) for sign in signs if isinstance(sign, nodes.Quantity)}
    keys = [_item_key(sign, policy, keep_unit=len(units) > 1) for sign in signs]
    if policy.list_order == "keep":
        return "[" + ",".join(keys) + "]"
    if joint == "or" or all(key.startswith("(") for key in keys):
        return set_key(keys)
    return "{" + ",".join(sorted(keys)) + "}"


def _item_key(item: Node, policy: Policy, *, keep_unit: bool) -> str:
    """The key of an item of a list, which keeps what tells it from the others.

    That is the unknown of an inequality, `x > 1, y < 5`, and the unit where units differ: `5 boys and 3 girls`.
    """
    key = node_key(item, policy)
    if isinstance(item, nodes.Relation) and key.startswith(("region:", "(")):
        return f"{','.join(sorted(variables(item)))}:{key}"
    if keep_unit and isinstance(item, nodes.Quantity) and policy.units == "ignore":
        return f"{key} {singular(item.unit)}"
    return key


def _named_key(items: tuple[Node, ...], policy: Policy) -> str | None:
    """The tuple of values in the order of their names, where every item is `name = value` with a name of its own."""
    named: dict[str, Node] = {}
    for item in items:
        if not (isinstance(item, nodes.Relation) and item.operators == ("=",) and is_name(item.operands[0])):
            return None
        named[repr(item.operands[0])] = item.operands[1]
    if len(named) < len(items) or len(named) < 2 or _are_numbered(items):
        return None
    return "(" + ",".join(node_key(named[name], policy) for name in sorted(named)) + ")"


def _are_numbered(items: tuple[Node, ...]) -> bool:
    """`x_1 = ..., x_2 = ...` count the values of one unknown, in no order; `a_3 = ..., a_37 = ...` name places."""
    names = [item.operands[0] for item in items if isinstance(item, nodes.Relation)]
    subscripts = [name for name in names if isinstance(name, nodes.Subscript)]
    numbers = [name.index.value for name in subscripts if isinstance(name.index, nodes.Number)]
    return len({name.name for name in subscripts}) == 1 and sorted(numbers) == list(range(1, len(names) + 1))


def _unnamed(item: Node) -> Node:
    """`x = 5` in a list as its value, so that `x = 1 ± 2` there is two values."""
    if isinstance(item, nodes.Relation) and item.operators == ("=",) and is_name(item.operands[0]):
        return item.operands[1]
    return item


def _set_expression_key(node: nodes.Interval | nodes.SetOperation, policy: Policy) -> str:
    """Intervals, unions, intersections and differences; by their structure where an end is not a known real."""
    region = region_of(node, policy)
    if region is not None:
        return _region_key(region, policy)
    if isinstance(node, nodes.Interval):
        ends = f"{scalar_key(node.low, policy)},{scalar_key(node.high, policy)}"
        return f"interval:{'[' if node.low_closed else ']'}{ends}{']' if node.high_closed else '['}"
    parts = [node_key(part, policy) for part in _operands(node, node.operator)]
    if node.operator != "setminus":
        parts = sorted(set(parts))
    return f"{node.operator}:" + "&".join(parts)


def _operands(node: Node, operator: str) -> list[Node]:
    if isinstance(node, nodes.SetOperation) and node.operator == operator:
        right = [node.right] if operator == "setminus" else _operands(node.right, operator)
        return _operands(node.left, operator) + right
    return [node]


def _region_key(region: Region, policy: Policy) -> str:
    return region_key(region, open_pair=policy.interval_or_tuple == "either")


# relations


def _relation_key(operators: tuple[str, ...], operands: tuple[Node, ...], policy: Policy) -> str:
    """What a relation says; `x ≈ 5` says 5, `sqrt(2) ≈ 1.41` says sqrt(2), and of `a ⇒ b` only b counts."""
    if not operators:
        return node_key(operands[0], policy)
    if "iff" in operators:
        cut = len(operators) - operators[::-1].index("iff")
        return _relation_key(operators[cut:], operands[cut:], policy)
    if "approx" in operators:
        cut = operators.index("approx")
        if cut == 0 and is_name(operands[0]):
            return _relation_key(operators[1:], operands[1:], policy)
        return _relation_key(operators[:cut], operands[: cut + 1], policy)
    if set(operators) == {"="} or (operators == ("equiv",) and is_name(operands[0])):
        return _equation_key(operands, policy)
    if operators == ("in",) and is_unknown(operands[0]):
        return node_key(as_set(operands[1]), policy)
    node = nodes.Relation(operators, operands)
    region = region_of(node, policy)
    return relation_key(node, policy) if region is None else _region_key(region, policy)


def _equation_key(operands: tuple[Node, ...], policy: Policy) -> str:
    """A named value is that value and a chain its last member; any other equation is itself up to a factor.

    `A = 2x` names 2x, but `x = 3z` is the plane that `x - 3z = 0` is.
    """
    left, right = operands[0], operands[-1]
    if len(operands) > 2:
        return node_key(right, policy)
    if isinstance(left, nodes.Symbol) and is_name(left) and not variables(right):
        return node_key(right, policy)
    solved = solved_key(left, right, policy)
    if solved is not None:
        return solved
    letters = variables(left) | variables(right)
    if not (letters or is_name(left) or is_name(right)):
        key = node_key(right, policy)
        if node_key(left, policy) != key:
            raise Unevaluable("a false equation")
        return key
    if is_name(left) and not (isinstance(left, nodes.Symbol) and letters <= _COORDINATES):
        return node_key(right, policy)
    if is_name(right) and not letters <= _COORDINATES:
        return node_key(left, policy)
    return equation_key(left, right)
