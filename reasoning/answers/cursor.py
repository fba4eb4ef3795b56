"""The token under the cursor, and the bounds of the descent."""

from collections.abc import Callable
from typing import Any

from reasoning.answers.lexer import Token
from reasoning.answers.nodes import Node
from reasoning.answers.refusals import ParseError

MAX_DEPTH = 60
MAX_LINKS = 200
_END = Token("eof", "")


class Cursor:
    """A position in a list of tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = [*tokens, _END, _END, _END]
        self.position = 0
        self.depth = 0
        self.links = 0
        self.open_bars = 0

    def peek(self, offset: int = 0) -> Token:
        return self.tokens[self.position + offset]

    def next(self) -> Token:
        token = self.tokens[self.position]
        if token.kind != "eof":
            self.position += 1
        return token

    def at(self, *values: str) -> bool:
        kind, value, _ = self.tokens[self.position]
        return kind == "op" and value in values

    def accept(self, *values: str) -> bool:
        kind, value, _ = self.tokens[self.position]
        if kind == "op" and value in values:
            self.position += 1
            return True
        return False

    def expect(self, *values: str) -> str:
        token = self.next()
        if token.kind != "op" or token.value not in values:
            raise ParseError(f"expected {' or '.join(values)}, found {token.value!r}")
        return token.value

    def deeper(self, rule: Callable[..., Node], *arguments: Any) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError("too deep")
        node = rule(*arguments)
        self.depth -= 1
        return node

    def link(self) -> None:
        """Count a step that nests the tree to the left, which the depth of the descent does not bound."""
        self.links += 1
        if self.links > MAX_LINKS:
            raise ParseError("too many operators in a row")
