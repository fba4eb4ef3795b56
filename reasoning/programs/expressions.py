"""Expressions: from a syntax tree to a function that computes it in a machine.

Only the nodes listed in _COMPILERS exist; everything else is refused by not being there. There is no attribute
but `math.NAME`, no string operation, no lambda, no mapping and no assignment inside an expression.
"""

import ast
import contextlib
import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

from reasoning.programs.arithmetic import OPERATORS, bounded, integer, invert, negative, positive
from reasoning.programs.library import BUILTINS, MATH_CONSTANTS, MATH_FUNCTIONS, Library, elements
from reasoning.programs.limits import Stopped
from reasoning.programs.machine import Expression, Machine, Scalar, Value
from reasoning.programs.scope import Scope, check_name

_MAX_LOOPS = 4  # of a comprehension; each is a generator inside another

_SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_UNARY: dict[type[ast.unaryop], Callable[[Machine, Any], Any]] = {
    ast.USub: negative,
    ast.UAdd: positive,
    ast.Invert: invert,
    ast.Not: lambda machine, value: not value,
}


def compile_expression(node: ast.expr, scope: Scope) -> Expression:
    """The expression as a function of a machine.

    Raises:
        Stopped: something in it is not in the language. The depth of the tree is bounded by the caller.
    """
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        raise Stopped(f"{type(node).__name__} is not in the language")
    return compiler(node, scope)


def operator_of(node: ast.operator) -> str:
    """The operator's sign, as in OPERATORS."""
    if type(node) not in _SYMBOLS:
        raise Stopped(f"{type(node).__name__} is not in the language")
    return _SYMBOLS[type(node)]


def constant(value: Any) -> Expression:
    """A literal: a number of bounded size, a string, a truth value or None."""
    if isinstance(value, int):
        bounded(value)
    elif value is not None and not isinstance(value, float | str):
        raise Stopped("a literal is not a number")
    return lambda machine: value


def binary(symbol: str, left: Expression, right: Expression) -> Expression:
    apply = OPERATORS[symbol]
    return lambda machine: apply(machine, left(machine), right(machine))


def _constant(node: ast.Constant, scope: Scope) -> Expression:
    return constant(node.value)


def _name(node: ast.Name, scope: Scope) -> Expression:
    name = scope.hidden.get(node.id) or check_name(node.id)
    if scope.local is None or name in scope.local or node.id in scope.hidden:
        return lambda machine: machine.variables[name]
    return lambda machine: machine.globals[name]


def _binary(node: ast.BinOp, scope: Scope) -> Expression:
    symbol = operator_of(node.op)
    return binary(symbol, compile_expression(node.left, scope), compile_expression(node.right, scope))


def _unary(node: ast.UnaryOp, scope: Scope) -> Expression:
    apply, operand = _UNARY[type(node.op)], compile_expression(node.operand, scope)
    return lambda machine: apply(machine, operand(machine))


def _boolean(node: ast.BoolOp, scope: Scope) -> Expression:
    operands = [compile_expression(value, scope) for value in node.values]
    decides = isinstance(node.op, ast.Or)

    def evaluate(machine: Machine) -> Value:
        value: Value = None
        for operand in operands:
            value = operand(machine)
            if bool(value) is decides:
                break
        return value

    return evaluate


def _compare(node: ast.Compare, scope: Scope) -> Expression:
    first = compile_expression(node.left, scope)
    rest = [
        (_comparison(operator), compile_expression(right, scope))
        for operator, right in zip(node.ops, node.comparators, strict=True)
    ]

    def evaluate(machine: Machine) -> bool:
        left = first(machine)
        for compare, operand in rest:
            right = operand(machine)
            if not compare(machine, left, right):
                return False
            left = right
        return True

    return evaluate


def _comparison(node: ast.cmpop) -> Callable[[Machine, Any, Any], bool]:
    if type(node) not in _COMPARISONS:
        raise Stopped(f"{type(node).__name__} is not in the language")
    return _COMPARISONS[type(node)]


def _charged(compare: Callable[[Any, Any], bool]) -> Callable[[Machine, Any, Any], bool]:
    def apply(machine: Machine, a: Any, b: Any) -> bool:
        if type(a) in (list, tuple):
            machine.charge(len(a) >> 3)
        return compare(a, b)

    return apply


def _contains(machine: Machine, value: Any, container: Any) -> bool:
    if isinstance(container, range):
        return integer(value) in container  # by calculation; Python goes through it for a float
    return value in elements(machine, container)


_COMPARISONS: dict[type[ast.cmpop], Callable[[Machine, Any, Any], bool]] = {
    ast.Eq: _charged(lambda a, b: a == b),
    ast.NotEq: _charged(lambda a, b: a != b),
    ast.Lt: _charged(lambda a, b: a < b),
    ast.LtE: _charged(lambda a, b: a <= b),
    ast.Gt: _charged(lambda a, b: a > b),
    ast.GtE: _charged(lambda a, b: a >= b),
    ast.In: _contains,
    ast.NotIn: lambda machine, a, b: not _contains(machine, a, b),
}


def _conditional(node: ast.IfExp, scope: Scope) -> Expression:
    test, then, otherwise = (compile_expression(part, scope) for part in (node.test, node.body, node.orelse))
    return lambda machine: then(machine) if test(machine) else otherwise(machine)


def _display(node: ast.List | ast.Tuple, scope: Scope) -> Expression:
    parts = [compile_expression(element, scope) for element in node.elts]
    make: type[list[Any]] | type[tuple[Any, ...]] = list if isinstance(node, ast.List) else tuple

    def evaluate(machine: Machine) -> Value:
        machine.reserve(len(parts))
        return make(scalar(part(machine)) for part in parts)

    return evaluate


def scalar(value: Value) -> Scalar:
    """The value, if it may stand in a list: lists are flat, and of numbers."""
    if isinstance(value, list | tuple | range | str):
        raise Stopped("a list or a string stands in a list")
    return value


def _subscript(node: ast.Subscript, scope: Scope) -> Expression:
    container = compile_expression(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        return _slice(container, node.slice, scope)
    index = compile_expression(node.slice, scope)

    def evaluate(machine: Machine) -> Scalar:
        values: Any = container(machine)
        if type(values) not in (list, tuple, range):
            raise Stopped("expected a list")
        found: Scalar = values[integer(index(machine))]
        return found

    return evaluate


def _slice(container: Expression, node: ast.Slice, scope: Scope) -> Expression:
    bounds = [part and compile_expression(part, scope) for part in (node.lower, node.upper, node.step)]

    def evaluate(machine: Machine) -> Value:
        values: Any = container(machine)
        if type(values) not in (list, tuple):
            raise Stopped("expected a list")
        found = slice(*(bound and _index(bound(machine)) for bound in bounds))
        machine.reserve(len(range(*found.indices(len(values)))))
        result: Value = values[found]
        return result

    return evaluate


def _index(value: Value) -> Any:
    return None if value is None else integer(value)


def _list_comprehension(node: ast.ListComp, scope: Scope) -> Expression:
    generate = _generator(node, scope)
    return lambda machine: list(generate(machine))


def _generator(
    node: ast.ListComp | ast.GeneratorExp, scope: Scope
) -> Callable[[Machine], Generator[Scalar, None, None]]:
    """The elements of a comprehension, one step each, computed when they are asked for."""
    if any(clause.is_async or not isinstance(clause.target, ast.Name) for clause in node.generators):
        raise Stopped("expected one name between `for` and `in`")
    if len(node.generators) > _MAX_LOOPS:
        raise Stopped("a comprehension has too many loops")
    clauses = []
    for clause in node.generators:
        iterable = compile_expression(clause.iter, scope)
        scope = scope.hide(clause.target.id)  # type: ignore[attr-defined]
        tests = [compile_expression(test, scope) for test in clause.ifs]
        clauses.append((scope.hidden[clause.target.id], iterable, tests))  # type: ignore[attr-defined]
    element = compile_expression(node.elt, scope)

    def generate(machine: Machine, level: int = 0) -> Generator[Scalar, None, None]:
        if level == len(clauses):
            machine.reserve(1)
            yield scalar(element(machine))
            return
        name, iterable, tests = clauses[level]
        variables = machine.variables
        try:
            for value in iterate(iterable(machine)):
                machine.charge(1)
                variables[name] = value
                if all(test(machine) for test in tests):
                    yield from generate(machine, level + 1)
        finally:
            variables.pop(name, None)  # also when `any` has seen enough

    return generate


def iterate(value: Value) -> Iterator[Scalar]:
    """Go through a list or a range; each element must be paid by who asks for it."""
    if not isinstance(value, list | tuple | range):
        raise Stopped("expected a list or a range")
    return iter(value)


def _call(node: ast.Call, scope: Scope) -> Expression:
    if isinstance(node.func, ast.Attribute):
        return _library_call(_math(node.func, MATH_FUNCTIONS, scope), node, scope)
    if not isinstance(node.func, ast.Name) or node.func.id in scope.hidden or node.func.id in (scope.local or ()):
        raise Stopped("expected the name of a function before a bracket")
    name = check_name(node.func.id)
    builtin = BUILTINS.get(name)
    if _single_generator(node):
        return _generator_call(name, node, scope)
    call_builtin = _library_call(builtin, node, scope) if builtin else None
    arguments = [compile_expression(argument, scope) for argument in node.args]

    def evaluate(machine: Machine) -> Value:
        if name in machine.globals:
            raise Stopped("a number is called")
        function = machine.functions.get(name)
        if function is None:
            if call_builtin is None:
                raise Stopped("a function is not defined")
            return call_builtin(machine)
        if node.keywords:
            raise Stopped("functions take their values in order, without names")
        return machine.call(function, [argument(machine) for argument in arguments])

    return evaluate


def _library_call(function: Library, node: ast.Call, scope: Scope) -> Expression:
    """A call of a library function; `round(x, ndigits=2)` is the one with a keyword."""
    parts = list(node.args)
    for keyword in node.keywords:
        if function is not BUILTINS["round"] or keyword.arg != "ndigits" or len(parts) != 1:
            raise Stopped("functions take their values in order, without names")
        parts.append(keyword.value)
    arguments = [compile_expression(part, scope) for part in parts]
    return lambda machine: function(machine, [argument(machine) for argument in arguments])


def _single_generator(node: ast.Call) -> bool:
    return len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and not node.keywords


def _generator_call(name: str, node: ast.Call, scope: Scope) -> Expression:
    """`sum(f(i) for i in a)` and the like. `any` and `all` stop at the element that decides."""
    if name not in ("all", "any", "list", "max", "min", "sorted", "sum", "tuple"):
        raise Stopped("a generator is only for sum, max, min, any, all, sorted, list and tuple")
    generate = _generator(node.args[0], scope)  # type: ignore[arg-type]
    function = BUILTINS[name]

    def evaluate(machine: Machine) -> Value:
        if name in machine.globals or name in machine.functions:
            raise Stopped("expected a built-in function before a generator")
        with contextlib.closing(generate(machine)) as values:
            if name in ("any", "all"):
                return any(values) if name == "any" else all(values)
            result: Value = function(machine, [list(values)])
            return result

    return evaluate


def _attribute(node: ast.Attribute, scope: Scope) -> Expression:
    return constant(_math(node, MATH_CONSTANTS, scope))


def _math(node: ast.Attribute, members: dict[str, Any], scope: Scope) -> Any:
    """What `math.NAME` means; `math` is a name that no program can bind, so it is known before it runs."""
    if not (isinstance(node.value, ast.Name) and node.value.id == math.__name__ and node.attr in members):
        raise Stopped("expected no attribute but those of `math`")
    return members[node.attr]


_COMPILERS: dict[type[ast.expr], Callable[[Any, Scope], Expression]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.IfExp: _conditional,
    ast.List: _display,
    ast.ListComp: _list_comprehension,
    ast.Name: _name,
    ast.Subscript: _subscript,
    ast.Tuple: _display,
    ast.UnaryOp: _unary,
}
