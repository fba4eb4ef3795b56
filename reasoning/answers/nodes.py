"""The syntax tree of an answer."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from flint import fmpq


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational; `digits` counts the significant digits of a decimal literal, 0 for other spellings."""

    value: fmpq
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable or a constant (`pi`, `e`, `i`, `infty`) by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    content: str


@dataclass(frozen=True, slots=True)
class Negative:
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: Literal["+", "-", "*", "/", "^"]
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class PlusMinus:
    """`left ± right`; `left` is None for a bare `± right`. `upper` is False for ∓."""

    left: "Node | None"
    right: "Node"
    upper: bool


@dataclass(frozen=True, slots=True)
class Apply:
    """A known function: sqrt, root, log, sin, abs, binom, ..."""

    function: str
    arguments: tuple["Node", ...]


# Letters whose value at (x) is meant by `f(x)`; any other letter before brackets is a factor.
FUNCTION_LETTERS = frozenset(("f", "g", "h", "F", "G", "H", "W", "P", "Q", "phi", "psi", "varphi", "Phi", "Psi"))


_DOUBTFUL = frozenset(("h", "H", "P", "Q", "W"))


@dataclass(frozen=True, slots=True)
class Call:
    """A letter followed by parentheses: `f(x)` is a function's value, `a(b+c)` a product. See numeric.py."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Subscript:
    """`a_1`, `F_{n-1}`."""

    name: str
    index: "Node"


@dataclass(frozen=True, slots=True)
class Degree:
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit, `%` among them."""

    value: "Node"
    unit: str


@dataclass(frozen=True, slots=True)
class BigOperator:
    """A sum or product over an integer index."""

    operator: Literal["sum", "prod"]
    index: str
    lower: "Node"
    upper: "Node"
    body: "Node"


@dataclass(frozen=True, slots=True)
class Group:
    """Unescaped braces: grouping in LaTeX, a set in plain text; the context decides."""

    content: "Node"


@dataclass(frozen=True, slots=True)
class Sequence:
    """`1, 2` (list), `(1, 2)` (tuple), `\\{1, 2\\}` (set); `joint` is how a list's items were joined."""

    kind: Literal["list", "tuple", "set"]
    items: tuple["Node", ...]
    joint: Literal[",", ";", "and", "or"] = ","


@dataclass(frozen=True, slots=True)
class Interval:
    low: "Node"
    high: "Node"
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[tuple["Node", ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain `a < b <= c`; one operator fewer than operands."""

    operators: tuple[str, ...]
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class SetOperation:
    operator: Literal["cup", "cap", "setminus"]
    left: "Node"
    right: "Node"


def is_product(call: Call) -> bool:
    """Whether `a(b+c)` is a product: for letters that no function has, and for h, P and the like before a sum."""
    name = call.name.removesuffix("^-1").rstrip("'")
    if len(call.arguments) != 1 or name.startswith("\\") or name != call.name:
        return False
    return name not in FUNCTION_LETTERS or (name in _DOUBTFUL and isinstance(call.arguments[0], Binary))


Node: TypeAlias = (
    Number | Symbol | Text | Negative | Binary | PlusMinus | Apply | Call | Subscript | Degree | Quantity
    | BigOperator | Group | Sequence | Interval | Matrix | Relation | Ratio | SetOperation
)  # fmt: skip
