"""The grammar of brackets: groups, tuples, intervals, sets, absolute values, matrices."""

from abc import ABC, abstractmethod

from reasoning.answers import nodes
from reasoning.answers.cursor import Cursor
from reasoning.answers.lexer import Token
from reasoning.answers.nodes import Node
from reasoning.answers.refusals import ParseError
from reasoning.answers.trees import as_set

OPENERS = frozenset(("(", "[", "{", r"\{", "<(", "lfloor", "lceil"))
_MATRICES = frozenset(("pmatrix", "bmatrix", "Bmatrix", "matrix", "smallmatrix", "array", "vmatrix"))
_CONDITIONS = frozenset(("if", "when", "for", "where"))
_ROWS = frozenset(("cases", "aligned", "align", "gather", "gathered", "equation", "split"))


class Brackets(Cursor, ABC):
    """What stands between brackets; what may stand there is the rest of the grammar's business."""

    @abstractmethod
    def answer(self) -> Node: ...

    @abstractmethod
    def items(self) -> Node: ...

    @abstractmethod
    def relation(self) -> Node: ...

    @abstractmethod
    def union(self) -> Node: ...

    @abstractmethod
    def number_in_base(self, literal: str) -> Node: ...

    def bracket(self, token: Token) -> Node:
        opener = token.value
        if token.kind != "op" or (opener not in OPENERS and opener not in ("|", "...")):
            raise ParseError(f"unexpected {opener!r}")
        if opener == "...":
            return nodes.Symbol("...")
        if opener == "|":
            return self.bars()
        if opener == "{":
            return self.braces()
        if opener == r"\{":
            return self.set()
        if opener in ("lfloor", "lceil"):
            inner = self.deeper(self.relation)
            self.expect("rfloor" if opener == "lfloor" else "rceil")
            return nodes.Apply("floor" if opener == "lfloor" else "ceil", (inner,))
        if self.peek().kind == "num" and self.peek(1).value == ")" and self.peek(2).value == "_":
            literal = self.next().value
            self.next()
            return self.number_in_base(literal)  # (1011)_2
        bars, self.open_bars = self.open_bars, 0
        inner = self.deeper(self.answer)
        self.open_bars = bars
        return _bracketed(opener, inner, self.expect(")", "]", ")>"))

    def bars(self) -> Node:
        self.open_bars += 1
        inner = self.deeper(self.relation)
        self.expect("|")
        self.open_bars -= 1
        return nodes.Apply("det" if isinstance(inner, nodes.Matrix) else "abs", (inner,))

    def braces(self) -> Node:
        if self.accept("}"):
            return nodes.Sequence("set", ())
        bars, self.open_bars = self.open_bars, 0
        inner = self.deeper(self.answer)
        self.open_bars = bars
        if self.peek().kind == "cmd" and self.peek().value in ("choose", "over"):
            is_binomial = self.next().value == "choose"
            below = self.deeper(self.answer)
            inner = nodes.Apply("binom", (inner, below)) if is_binomial else nodes.Binary("/", inner, below)
        self.expect("}")
        if isinstance(inner, nodes.Sequence) and inner.kind == "list":
            return nodes.Sequence("set", tuple(as_set(item) for item in inner.items))
        return nodes.Group(inner)

    def set(self) -> Node:
        if self.accept(r"\}"):
            return nodes.Sequence("set", ())
        if self.peek().kind == "sym" and self.is_set_builder():
            return self.set_builder()
        inner = self.deeper(self.answer)
        self.expect(r"\}")
        items = inner.items if isinstance(inner, nodes.Sequence) and inner.kind == "list" else (inner,)
        return nodes.Sequence("set", tuple(as_set(item) for item in items))

    def is_set_builder(self) -> bool:
        """Whether a colon or bar stands behind `x` or `x \\in A`, inside these braces."""
        if self.peek(1).value in (":", "|"):
            return True
        if self.peek(1).value != "in":
            return False
        depth = 0
        for token in self.tokens[self.position + 2 :]:
            depth += (token.value in OPENERS) - (token.value in (")", "]", "}", r"\}", ")>"))
            if depth < 0 or (depth == 0 and token.value in (":", "|")):
                return depth == 0
        return False

    def set_builder(self) -> Node:
        """`\\{x \\in \\mathbb{R} : x > 0\\}` is its condition."""
        self.next()
        if self.accept("in"):
            self.open_bars += 1
            self.deeper(self.union)
            self.open_bars -= 1
        self.expect(":", "|")
        condition = self.deeper(self.items)
        self.expect(r"\}")
        return condition

    def environment(self, name: str) -> Node:
        if name not in _MATRICES and name not in _ROWS:
            raise ParseError(f"environment {name}")
        if name in _ROWS and name != "cases":
            self.drop_alignment()
        rows: list[tuple[Node, ...]] = []
        while self.peek().kind != "end":
            cells = []
            while self.peek().kind not in ("row", "end", "eof"):
                if self.peek().kind == "text" and self.peek().value in _CONDITIONS:
                    self.next()
                elif not self.accept("&"):
                    cells.append(self.deeper(self.items))
            if cells:
                rows.append(tuple(cells))
            if self.peek().kind == "eof":
                raise ParseError(f"\\end{{{name}}} is missing")
            if self.peek().kind == "row":
                self.next()
        self.next()
        if name in _ROWS:  # of cases, a row with a condition is a pair
            items = (row[0] if len(row) == 1 else nodes.Sequence("tuple", row) for row in rows)
            return nodes.Sequence("list", tuple(items), "and")
        if not rows or len({len(row) for row in rows}) != 1:
            raise ParseError("a matrix needs rows of one length")
        matrix = nodes.Matrix(tuple(rows))
        return nodes.Apply("det", (matrix,)) if name == "vmatrix" else matrix

    def drop_alignment(self) -> None:
        """`x &= 3` is `x = 3`, up to the end of the environment."""
        end = next((i for i in range(self.position, len(self.tokens)) if self.tokens[i].kind == "end"), self.position)
        inside = [token for token in self.tokens[self.position : end] if token.value != "&"]
        self.tokens[self.position : end] = inside


def _bracketed(opener: str, inner: Node, closer: str) -> Node:
    """`(a)` groups, `(a, b)` is a pair, `[a, b)` an interval, `[a, b, c]` a tuple."""
    items = inner.items if isinstance(inner, nodes.Sequence) and inner.kind == "list" else (inner,)
    if len(items) == 1 and opener + closer not in ("()", "[]", "<()>"):
        raise ParseError("unbalanced brackets")
    if len(items) == 1 or (isinstance(inner, nodes.Sequence) and inner.joint in ("and", "or")):
        return inner
    if len(items) == 2 and ("[" in opener or "]" in closer):
        return nodes.Interval(items[0], items[1], opener == "[", closer == "]")
    flat = [
        part
        for item in items
        for part in (item.items if isinstance(item, nodes.Sequence) and item.kind == "list" else (item,))
    ]
    return nodes.Sequence("tuple", tuple(flat))
