"""Which variables a name in a step may mean, and where `break` and `return` may stand."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reasoning.programs.limits import MAX_VARIABLES, Stopped


@dataclass(frozen=True, slots=True)
class Scope:
    """The names around an expression or a statement.

    Args:
        local: the names that a function assigns, its parameters included; None outside functions.
        hidden: names that comprehensions bind, and the variables that hold them, which no program can spell.
        in_loop: whether `break` and `continue` have a loop to act on.
        nested: whether the statement stands in a block.
    """

    local: frozenset[str] | None = None
    hidden: dict[str, str] = field(default_factory=dict)
    in_loop: bool = False
    nested: bool = False

    def hide(self, name: str) -> "Scope":
        """The scope inside a comprehension over this name."""
        return replace(self, hidden={**self.hidden, name: f"{len(self.hidden)}.{check_name(name)}"})

    def inside_block(self, *, in_loop: bool = False) -> "Scope":
        return replace(self, in_loop=in_loop or self.in_loop, nested=True)


def function_scope(definition: ast.FunctionDef, parameters: tuple[str, ...]) -> Scope:
    """The scope of a function's body: as in Python, a name assigned anywhere in it is local everywhere in it."""
    assigned = {name for statement in definition.body for name in _assigned(statement)}
    local = assigned.union(parameters)
    if len(local) > MAX_VARIABLES:
        raise Stopped("a function has too many variables")
    return Scope(local=frozenset(local), nested=True)


def _assigned(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement binds; comprehensions bind theirs in a scope of their own."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif not isinstance(node, ast.comprehension):
            pending.extend(ast.iter_child_nodes(node))


def check_name(name: str) -> str:
    """The name, if a program may bind it: nothing that Python gives a meaning of its own."""
    if name.startswith("__"):
        raise Stopped("a name begins with two underscores")
    return name
