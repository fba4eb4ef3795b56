"""The grammar of atoms: numbers, letters, words, functions and commands with their arguments."""

from abc import abstractmethod

from flint import fmpq

from reasoning.answers import nodes
from reasoning.answers.brackets import OPENERS, Brackets
from reasoning.answers.lexer import Token
from reasoning.answers.literals import based, decimal, ellipsis, repeating
from reasoning.answers.nodes import Node
from reasoning.answers.refusals import ParseError
from reasoning.answers.trees import ungroup
from reasoning.answers.units import CURRENCIES, CURRENCY_CODES

_NOT_ALGEBRA = frozenset(
    "int iint iiint oint lim limsup liminf sup inf forall exists partial nabla bmod mod atop dagger".split()
)
_REFUSED = frozenset(
    "subset subseteq supset supseteq subsetneq nsubseteq propto gg ll prec succ preceq succeq leftarrow Leftarrow "
    "longrightarrow parallel nparallel perp oplus otimes odot star bullet vdash models asymp nmid neg lnot".split()
)
_SHORT_WORDS = frozenset("no is it to of in if on up so at by as he we us do go my am an ok".split())
_INVERSE = {
    "sin": "asin",
    "cos": "acos",
    "tan": "atan",
    "cot": "acot",
    "sec": "asec",
    "csc": "acsc",
    "sinh": "asinh",
    "cosh": "acosh",
    "tanh": "atanh",
}
_CONSTANTS = frozenset(("pi", "infty", "e", "i", "I"))


class Atoms(Brackets):
    """What cannot be split at an operator."""

    @abstractmethod
    def product(self) -> Node: ...

    @abstractmethod
    def signed(self) -> Node: ...

    @abstractmethod
    def power(self) -> Node: ...

    @abstractmethod
    def exponent(self) -> Node: ...

    def starts_factor(self) -> bool:
        token = self.peek()
        if token.kind == "op":
            return token.value in OPENERS or (token.value == "|" and not self.open_bars)
        return token.kind in ("num", "sym", "fn", "word", "cmd", "text", "begin") and token.value not in (
            "choose",
            "over",
        )

    def atom(self) -> Node:
        token = self.next()
        if token.kind == "num":
            return self.number(token.value)
        if token.kind == "sym":
            return self.symbol(token)
        if token.kind == "fn":
            return self.function(token.value)
        if token.kind in ("word", "text"):
            return self.words(token)
        if token.kind == "begin":
            return self.environment(token.value)
        if token.kind == "cmd":
            return self.command(token)
        return self.bracket(token)

    def number(self, literal: str) -> Node:
        if self.at("..."):
            self.next()
            return ellipsis(literal)
        if self.at("_"):
            return self.number_in_base(literal)
        if self.peek().kind == "cmd" and self.peek().value in ("overline", "bar", "dot") and "." in literal:
            self.next()
            return repeating(literal, self.digits())
        if "." in literal and self.at("(") and not self.peek().spaced and self.peek(2).value == ")":
            self.next()
            return repeating(literal, self.digits())
        return decimal(literal)

    def number_in_base(self, literal: str) -> Node:
        """`1011_2`, `0.11_{2}`."""
        self.next()
        base = ungroup(self.argument(whole_number=True))
        if not isinstance(base, nodes.Number) or base.value.q != 1 or base.digits:
            raise ParseError("a base must be an integer")
        return based(literal, int(base.value.p))

    def digits(self) -> str:
        self.accept("{")
        token = self.next()
        self.accept("}", ")")
        return token.value

    def symbol(self, token: Token) -> Node:
        if token.value == "emptyset":
            return nodes.Sequence("set", ())
        name = token.value
        while self.at("'"):
            name += self.next().value
        if name in _CONSTANTS or self.peek().spaced:
            return nodes.Symbol(name)
        if self.at("("):
            return self.call(name)
        if self.peek().kind == "num" and self.peek().value.isdigit():  # x1 is a name, not x times 1
            return nodes.Subscript(name, decimal(self.next().value))
        return nodes.Symbol(name)

    def call(self, name: str) -> Node:
        start = self.position
        inner = self.deeper(self.bracket, self.next())
        if isinstance(inner, nodes.Interval):
            self.position = start
            return nodes.Symbol(name)
        arguments = inner.items if isinstance(inner, nodes.Sequence) else (inner,)
        call = nodes.Call(name, arguments)
        if nodes.is_product(call) and self.at("^", "!", "_"):  # x(x+1)^2
            self.position = start
            return nodes.Symbol(name)
        return call

    def words(self, token: Token) -> Node:
        """A product of letters where words look like one (`ab`, `BO`, `xyz`), else text up to the next operator."""
        if token.kind == "word" and _is_product_of_letters(token.value):
            letters = [Token("sym", letter) for letter in token.value[1:]]
            self.tokens[self.position : self.position] = letters
            return self.symbol(Token("sym", token.value[0]))
        if token.value.upper() in CURRENCY_CODES and self.starts_factor():
            return nodes.Quantity(self.deeper(self.signed), token.value)
        content = [token.value]
        while self.peek().kind in ("word", "text") or (self.peek().kind == "sym" and self.peek().spaced):
            content.append(self.next().value)
        return nodes.Text(" ".join(content))

    def function(self, name: str) -> Node:
        if name in ("sqrt", "cbrt", "frac"):
            return self.command(Token("cmd", name))
        base = power = None
        if self.accept("_"):
            base = self.argument(whole_number=True)
        if self.accept("^"):
            power = self.exponent()
        if base is None and self.accept("_"):
            base = self.argument(whole_number=True)
        arguments = self.function_arguments()
        if base is not None:
            arguments = (*arguments, base)
        if isinstance(power, nodes.Negative) and power.operand == nodes.Number(fmpq(1)) and name in _INVERSE:
            name, power = _INVERSE[name], None
        applied = nodes.Apply(name, arguments)
        return applied if power is None else nodes.Binary("^", applied, power)

    def function_arguments(self) -> tuple[Node, ...]:
        """`(x, y)`, `{x}`, or the factors that follow: `\\sin 2x\\cos y` applies sin to 2x."""
        if self.at("(", "{", "[", r"\{"):
            inner = ungroup(self.deeper(self.bracket, self.next()))
            if isinstance(inner, nodes.Interval):
                return (inner.low, inner.high)
            return inner.items if isinstance(inner, nodes.Sequence) else (inner,)
        if self.at("-"):
            return (self.deeper(self.signed),)
        argument = self.power()
        while self.starts_factor() and (self.peek().kind in ("num", "sym") or self.peek().value == "pi"):
            self.link()
            argument = nodes.Binary("*", argument, self.power())
        return (argument,)

    def command(self, token: Token) -> Node:
        name = token.value
        if name == "frac":
            return nodes.Binary("/", self.argument(), self.argument())
        if name == "sqrt":
            index = self.deeper(self.bracket, self.next()) if self.at("[") else None
            radicand = self.argument(whole_number=True)
            return nodes.Apply("sqrt", (radicand,)) if index is None else nodes.Apply("root", (radicand, index))
        if name == "cbrt":
            return nodes.Apply("root", (self.argument(whole_number=True), nodes.Number(fmpq(3))))
        if name == "binom":
            return nodes.Apply("binom", (self.argument(), self.argument()))
        if name in ("sum", "prod"):
            return self.big_operator(name)
        if name in ("overline", "bar", "angle", "triangle", "widetilde", "tilde", "overarc"):
            return nodes.Call(f"\\{name}", self.function_arguments())
        if name in CURRENCIES:
            return nodes.Quantity(self.deeper(self.product), CURRENCIES[name])
        if name in _NOT_ALGEBRA or name in _REFUSED or name in ("begin", "end"):
            raise ParseError(f"\\{name} is not algebra")
        return nodes.Symbol(f"\\{name}")

    def big_operator(self, name: str) -> Node:
        self.expect("_")
        lower = ungroup(self.argument())
        self.expect("^")
        upper = self.exponent()
        if not (isinstance(lower, nodes.Relation) and isinstance(lower.operands[0], nodes.Symbol)):
            raise ParseError("a sum needs an index with a lower bound")
        body = self.deeper(self.product)
        return nodes.BigOperator(name, lower.operands[0].name, lower.operands[1], upper, body)  # type: ignore[arg-type]

    def argument(self, *, whole_number: bool = False) -> Node:
        """The argument of a command: a group, or the next token; of a number its first digit unless `whole_number`."""
        token = self.peek()
        if token.kind == "num" and not whole_number and len(token.value) > 1:
            self.tokens[self.position] = Token("num", token.value[1:])
            return decimal(token.value[0])
        if token.kind == "word":
            self.tokens[self.position] = Token("sym" if len(token.value) == 2 else "word", token.value[1:])
            return nodes.Symbol(token.value[0])
        if token.kind == "sym" and token.value != "emptyset":
            self.next()
            return nodes.Symbol(token.value)
        if token.kind == "num":
            self.next()
            return decimal(token.value)
        return ungroup(self.deeper(self.atom))


def _is_product_of_letters(word: str) -> bool:
    """`ab`, `xyz`, `GMm`; but `AB`, `ABC` and `IV` are names, and `no`, `dx` and longer words are words."""
    if len(word) == 2:
        return word.islower() and word not in _SHORT_WORDS and word[0] != "d"
    is_mixed = len(word) <= 4 and not (word.islower() or word.isupper() or word.istitle())
    return set(word) <= set("xyz") or word == "abc" or is_mixed
