"""Questions about a syntax tree, and rewritings of it, that need no arithmetic."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from itertools import islice
from typing import Any

from reasoning.answers import nodes
from reasoning.answers.nodes import Node

MAX_ENTRY_NODES = 2_000
_CONSTANTS = frozenset(("pi", "e", "i", "I", "infty", "...", "reals", "integers", "rationals", "naturals", "complexes"))


def children(node: Node) -> Iterator[Node]:
    """The direct children of a node."""
    for name in node.__slots__:
        value = getattr(node, name)
        if isinstance(value, tuple):
            for item in value:
                if isinstance(item, tuple):
                    yield from item
                elif not isinstance(item, str):
                    yield item
        elif hasattr(value, "__slots__"):
            yield value


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def as_set(node: Node) -> Node:
    """Inside sets and between set operators, plain braces around one element are a set."""
    return nodes.Sequence("set", (node.content,)) if isinstance(node, nodes.Group) else node


def ungroup(node: Node) -> Node:
    """The node inside plain braces."""
    while isinstance(node, nodes.Group):
        node = node.content
    return node


def variables(node: Node) -> set[str]:
    """The names of the free letters of an expression, function names not among them."""
    names = set()
    for part in walk(node):
        if (isinstance(part, nodes.Symbol) and part.name not in _CONSTANTS) or isinstance(
            part, nodes.Call | nodes.Subscript
        ):
            names.add(part.name)
    return names


def is_complex(node: Node) -> bool:
    """Whether the imaginary unit is written out."""
    return any(isinstance(part, nodes.Symbol) and part.name in ("i", "I") for part in walk(node))


def is_name(node: Node) -> bool:
    """Whether the left side of an equation only names what the right side gives.

    `x`, `x_1`, `f(x)`, `P(A)`, `AB`, `|AB|`, `A:B`, `NO/BO`, `(p, q)` and words are names; `2x`, `sin x` and
    `a^2 + b` are not.
    """
    match node:
        case nodes.Symbol(name=name):
            return name not in _CONSTANTS
        case nodes.Subscript() | nodes.Text():
            return True
        case nodes.Call(arguments=arguments):
            return all(
                isinstance(argument, nodes.Symbol | nodes.Number | nodes.Binary | nodes.Text) for argument in arguments
            )
        case nodes.Apply(function="abs", arguments=(inner,)) if not isinstance(inner, nodes.Symbol):
            return _is_segment(inner)
        case nodes.Binary(operator="*"):
            return _is_segment(node)
        case nodes.Binary(operator="/", left=left, right=right) | nodes.Ratio(parts=(left, right)):
            return (_is_segment(left) or isinstance(left, nodes.Subscript)) and (
                _is_segment(right) or isinstance(right, nodes.Subscript)
            )
        case nodes.Sequence(kind="tuple", items=items):
            return all(is_name(item) for item in items)
        case _:
            return False


def _is_segment(node: Node) -> bool:
    """`A`, `AB`: capital letters side by side, as geometry names points and lengths."""
    if isinstance(node, nodes.Binary) and node.operator == "*":
        return _is_segment(node.left) and _is_segment(node.right)
    return isinstance(node, nodes.Text) or (
        isinstance(node, nodes.Symbol) and len(node.name) == 1 and node.name.isupper()
    )


def expand_plus_minus(node: Node) -> tuple[Node, ...]:
    """`a ± b` as the two values it stands for; all signs in one expression move together."""
    if not any(isinstance(part, nodes.PlusMinus) for part in walk(node)):
        return (node,)
    return (_signed(node, plus=True), _signed(node, plus=False))


def _signed(node: Node, *, plus: bool) -> Node:
    if isinstance(node, nodes.PlusMinus):
        right = _signed(node.right, plus=plus)
        positive = plus == node.upper
        if node.left is None:
            return right if positive else nodes.Negative(right)
        return nodes.Binary("+" if positive else "-", _signed(node.left, plus=plus), right)
    changes: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple) and value and hasattr(value[0], "__slots__"):
            changes[field.name] = tuple(_signed(item, plus=plus) for item in value)
        elif hasattr(value, "__slots__"):
            changes[field.name] = _signed(value, plus=plus)
    return replace(node, **changes)


def matrix_value(node: Node) -> nodes.Matrix | None:
    """Sums, products and multiples of matrices as one matrix of expressions; None where the node is no matrix."""
    match node:
        case nodes.Matrix():
            return node
        case nodes.Group(content=inner):
            return matrix_value(inner)
        case nodes.Negative(operand=operand):
            matrix = matrix_value(operand)
            return None if matrix is None else _each(matrix, nodes.Negative)
        case nodes.Binary(operator=operator, left=left, right=right):
            return _combined(operator, left, right)
        case _:
            return None


def _combined(operator: str, left: Node, right: Node) -> nodes.Matrix | None:
    a, b = matrix_value(left), matrix_value(right)
    if a is not None and b is not None:
        if operator in "+-" and _shape(a) == _shape(b):
            return nodes.Matrix(
                tuple(
                    tuple(nodes.Binary(operator, x, y) for x, y in zip(r, s, strict=True))  # type: ignore[arg-type]
                    for r, s in zip(a.rows, b.rows, strict=True)
                )
            )
        fits = operator == "*" and _shape(a)[1] == _shape(b)[0]
        return _matrix_product(a, b) if fits and _is_small(a) and _is_small(b) else None
    if a is not None and operator in "*/":
        return _each(a, lambda entry: nodes.Binary(operator, entry, right))  # type: ignore[arg-type]
    if b is not None and operator == "*":
        return _each(b, lambda entry: nodes.Binary("*", left, entry))
    return None


def _is_small(matrix: nodes.Matrix) -> bool:
    """Whether the entries have few enough nodes to be copied into a product."""
    return sum(1 for _ in islice(walk(matrix), MAX_ENTRY_NODES)) < MAX_ENTRY_NODES


def _shape(matrix: nodes.Matrix) -> tuple[int, int]:
    return len(matrix.rows), len(matrix.rows[0])


def _each(matrix: nodes.Matrix, change: Callable[[Node], Node]) -> nodes.Matrix:
    return nodes.Matrix(tuple(tuple(change(entry) for entry in row) for row in matrix.rows))


def _matrix_product(a: nodes.Matrix, b: nodes.Matrix) -> nodes.Matrix:
    columns = list(zip(*b.rows, strict=True))
    return nodes.Matrix(tuple(tuple(_dot(row, column) for column in columns) for row in a.rows))


def _dot(row: tuple[Node, ...], column: tuple[Node, ...]) -> Node:
    total: Node = nodes.Binary("*", row[0], column[0])
    for x, y in zip(row[1:], column[1:], strict=True):
        total = nodes.Binary("+", total, nodes.Binary("*", x, y))
    return total
