"""Tokens to a syntax tree, by recursive descent with a bounded depth.

Precedence, loosest first: `;`, then `,` / and / or, relations, ratios, unions, sums, products, powers. Where LaTeX and
what people mean differ, people win: `2^10` is 1024 and `\\sqrt10` is the root of ten, while `\\frac12` is a half.
"""

from reasoning.answers import nodes
from reasoning.answers.arithmetic import Arithmetic
from reasoning.answers.cursor import MAX_DEPTH
from reasoning.answers.lexer import tokenize
from reasoning.answers.nodes import Node
from reasoning.answers.refusals import ParseError
from reasoning.answers.trees import as_set

_RELATIONS = frozenset(("=", "<", ">", "<=", ">=", "!=", "in", "notin", "approx", "equiv", "sim", "to", "iff"))


def parse(text: str) -> Node:
    """The syntax tree of a cleaned answer.

    Raises:
        ParseError: the text is not an answer in this grammar, or nests deeper than MAX_DEPTH.
        LexError: it has a character that no answer has.
    """
    if _nesting(text) > MAX_DEPTH:
        raise ParseError("too deep")
    parser = _Parser(tokenize(text))
    node = parser.answer()
    if parser.peek().kind != "eof":
        raise ParseError(f"unexpected {parser.peek().value!r}")
    return node


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


class _Parser(Arithmetic):
    """The whole grammar: lists and relations on top of arithmetic."""

    def answer(self) -> Node:
        """`a; b`, each part a list: `p=5,q=2; p=7,q=2`."""
        parts = [self.items()]
        while self.accept(";"):
            if self.peek().kind == "eof":
                break
            parts.append(self.items())
        return parts[0] if len(parts) == 1 else nodes.Sequence("list", tuple(parts), ";")

    def items(self) -> Node:
        """`a, b and c`; the word before the last names the joint."""
        items, joint = [self.relation()], ","
        while self.at(",", "and", "or"):
            while self.at(",", "and", "or"):
                word = self.next().value
                joint = joint if word == "," else word
            if self.peek().kind in ("eof", "row", "end") or self.at("}", ")", "]", r"\}", "&"):
                break
            items.append(self.relation())
        if len(items) == 1:
            return items[0]
        return nodes.Sequence("list", tuple(items), joint)  # type: ignore[arg-type]

    def relation(self) -> Node:
        operands, operators = [self.ratio()], []
        while self.peek().kind == "op" and self.peek().value in _RELATIONS:
            operators.append(self.next().value)
            operands.append(self.ratio())
        return nodes.Relation(tuple(operators), tuple(operands)) if operators else operands[0]

    def ratio(self) -> Node:
        parts = [self.union()]
        while self.accept(":"):
            parts.append(self.union())
        return nodes.Ratio(tuple(parts)) if len(parts) > 1 else parts[0]

    def union(self) -> Node:
        left = self.intersection()
        while self.at("cup", "setminus"):
            self.link()
            operator = self.next().value
            left = nodes.SetOperation(operator, as_set(left), as_set(self.intersection()))  # type: ignore[arg-type]
        return left

    def intersection(self) -> Node:
        left = self.sum()
        while self.accept("cap"):
            self.link()
            left = nodes.SetOperation("cap", as_set(left), as_set(self.sum()))
        return left
