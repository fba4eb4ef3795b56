"""Statements: from a syntax tree to a function that carries it out in a machine.

Each statement in a block costs one step, or more when its expressions are long; what stands at the left margin is
bounded by the size of the source and costs nothing.
"""

import ast
from collections.abc import Callable, Sequence
from typing import Any

from reasoning.programs.arithmetic import OPERATORS
from reasoning.programs.expressions import compile_expression, iterate, operator_of
from reasoning.programs.limits import MAX_VARIABLES, OutOfSteps, Stopped
from reasoning.programs.machine import Expression, Function, Machine, Signal, Statement, Value
from reasoning.programs.scope import Scope, check_name, function_scope

_NODES_A_STEP = 8
_ANNOTATIONS = ("bool", "float", "int", "list")


def compile_statement(node: ast.stmt, scope: Scope) -> Statement:
    """The statement as a function of a machine.

    Raises:
        Stopped: something in it is not in the language. The depth of the tree is bounded by the caller.
    """
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        raise Stopped(f"{type(node).__name__} is not in the language")
    return compiler(node, scope)


def compile_block(nodes: Sequence[ast.stmt], scope: Scope) -> Statement:
    """Statements in a row, each paid before it runs; the first signal ends the row."""
    statements = [(_steps_of(node), compile_statement(node, scope)) for node in nodes]

    def run(machine: Machine) -> Signal:
        for steps, statement in statements:
            machine.steps -= steps
            if machine.steps < 0:
                raise OutOfSteps
            signal = statement(machine)
            if signal is not None:
                return signal
        return None

    return run


def tree_depth(nodes: Sequence[ast.AST]) -> int:
    """How many nodes lie on the longest way down."""
    level, depth = list(nodes), 0
    while level:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return depth


def _steps_of(node: ast.stmt) -> int:
    """What a statement costs without the blocks in it, which pay for themselves."""
    pending: list[ast.AST] = [node]
    num_nodes = 0
    while pending:
        num_nodes += 1
        children = ast.iter_child_nodes(pending.pop())
        pending.extend(child for child in children if isinstance(child, ast.expr | ast.comprehension))
    return 1 + num_nodes // _NODES_A_STEP


def _assign(node: ast.Assign, scope: Scope) -> Statement:
    value = compile_expression(node.value, scope)
    stores = [_store(target, scope) for target in node.targets]

    def run(machine: Machine) -> Signal:
        result = value(machine)
        for store in stores:
            store(machine, result)
        return None

    return run


def _store(target: ast.expr, scope: Scope) -> Callable[[Machine, Value], None]:
    """What puts a value into a name, or the values of a list into several."""
    if isinstance(target, ast.Name):
        name = _target_name(target)

        def store(machine: Machine, value: Value) -> None:
            machine.variables[name] = value

        return store
    if not isinstance(target, ast.Tuple | ast.List):
        raise Stopped("expected a name to the left of =")
    names = [_target_name(element) for element in target.elts]

    def unpack(machine: Machine, values: Value) -> None:
        if not isinstance(values, list | tuple | range) or len(values) != len(names):
            raise Stopped("expected as many values as names")
        machine.variables.update(zip(names, values, strict=True))

    return unpack


def _target_name(target: ast.expr) -> str:
    if not isinstance(target, ast.Name):
        raise Stopped("expected a name to the left of =")
    if target.id == "math":
        raise Stopped("the name math is taken")
    return check_name(target.id)


def _annotated(node: ast.AnnAssign, scope: Scope) -> Statement:
    if node.value is None:
        raise Stopped("a variable is announced without a value")
    _check_annotation(node.annotation)
    return _assign(ast.Assign(targets=[node.target], value=node.value), scope)


def _check_annotation(node: ast.expr | None) -> None:
    if node is not None and not (isinstance(node, ast.Name) and node.id in _ANNOTATIONS):
        raise Stopped("expected int, float, bool or list as an annotation")


def _augmented(node: ast.AugAssign, scope: Scope) -> Statement:
    """`a += b`. In Python a list would grow in place, under all its names; lists here do not change."""
    name = _target_name(node.target)
    value, apply = compile_expression(node.value, scope), OPERATORS[operator_of(node.op)]

    def run(machine: Machine) -> Signal:
        old = machine.variables[name]
        if isinstance(old, list):
            raise Stopped("a list is changed; write a = a + [x]")
        machine.variables[name] = apply(machine, old, value(machine))
        return None

    return run


def _expression(node: ast.Expr, scope: Scope) -> Statement:
    value = compile_expression(node.value, scope)

    def run(machine: Machine) -> Signal:
        value(machine)
        return None

    return run


def _if(node: ast.If, scope: Scope) -> Statement:
    inside = scope.inside_block()
    test = compile_expression(node.test, scope)
    then, otherwise = compile_block(node.body, inside), compile_block(node.orelse, inside)
    return lambda machine: then(machine) if test(machine) else otherwise(machine)


def _for(node: ast.For, scope: Scope) -> Statement:
    name = _target_name(node.target)
    iterable = compile_expression(node.iter, scope)
    body = compile_block(node.body, scope.inside_block(in_loop=True))
    otherwise = compile_block(node.orelse, scope.inside_block())

    def run(machine: Machine) -> Signal:
        variables = machine.variables
        for value in iterate(iterable(machine)):
            variables[name] = value
            signal = body(machine)
            if signal == "break":
                return None
            if signal == "return":
                return signal
        return otherwise(machine)

    return run


def _while(node: ast.While, scope: Scope) -> Statement:
    steps = _steps_of(node) - 1  # each time round, the test is paid beyond its first few nodes
    test = compile_expression(node.test, scope)
    body = compile_block(node.body, scope.inside_block(in_loop=True))
    otherwise = compile_block(node.orelse, scope.inside_block())

    def run(machine: Machine) -> Signal:
        while test(machine):
            machine.charge(steps)
            signal = body(machine)
            if signal == "break":
                return None
            if signal == "return":
                return signal
        return otherwise(machine)

    return run


def _function(node: ast.FunctionDef, scope: Scope) -> Statement:
    if scope.nested or node.decorator_list or getattr(node, "type_params", None):
        raise Stopped("expected a plain function at the left margin")
    name, parameters = check_name(node.name), _parameters(node.args)
    _check_annotation(node.returns)
    body = compile_block(node.body, function_scope(node, parameters))
    function = Function(parameters=parameters, body=body, nesting=tree_depth([node]))

    def run(machine: Machine) -> Signal:
        if name in machine.globals or name == "math":
            raise Stopped("a function has the name of a variable")
        machine.functions[name] = function
        return None

    return run


def _parameters(arguments: ast.arguments) -> tuple[str, ...]:
    others = (arguments.vararg, arguments.kwarg, *arguments.posonlyargs, *arguments.kwonlyargs, *arguments.defaults)
    if any(others):
        raise Stopped("functions take their values in order, without defaults")
    for argument in arguments.args:
        _check_annotation(argument.annotation)
    names = tuple(check_name(argument.arg) for argument in arguments.args)
    if len(set(names)) != len(names) or "math" in names or len(names) > MAX_VARIABLES:
        raise Stopped("two parameters have one name")
    return names


def _return(node: ast.Return, scope: Scope) -> Statement:
    if scope.local is None:
        raise Stopped("return stands outside a function")
    if node.value is None:
        return lambda machine: "return"
    value = compile_expression(node.value, scope)

    def run(machine: Machine) -> Signal:
        machine.result = value(machine)
        return "return"

    return run


def _break(node: ast.Break | ast.Continue, scope: Scope) -> Statement:
    if not scope.in_loop:
        raise Stopped("break or continue stands outside a loop")
    signal = "break" if isinstance(node, ast.Break) else "continue"
    return lambda machine: signal


def _pass(node: ast.Pass, scope: Scope) -> Statement:
    return lambda machine: None


def _import(node: ast.Import, scope: Scope) -> Statement:
    """`import math`, which is there anyway."""
    if [(alias.name, alias.asname) for alias in node.names] != [("math", None)]:
        raise Stopped("only math can be imported")
    return lambda machine: None


_COMPILERS: dict[type[ast.stmt], Callable[[Any, Scope], Statement]] = {
    ast.AnnAssign: _annotated,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Break: _break,
    ast.Continue: _break,
    ast.Expr: _expression,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.If: _if,
    ast.Import: _import,
    ast.Pass: _pass,
    ast.Return: _return,
    ast.While: _while,
}


def compile_value(node: ast.stmt) -> tuple[str, Expression] | None:
    """The name and the value of `name = expression` at the left margin; None for any other statement."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return None
    return _target_name(node.targets[0]), compile_expression(node.value, Scope())
