"""The grammar of arithmetic: sums, products, powers, and what stands behind a factor."""

from flint import fmpq

from reasoning.answers import nodes
from reasoning.answers.atoms import Atoms
from reasoning.answers.lexer import Token
from reasoning.answers.literals import based
from reasoning.answers.nodes import Node
from reasoning.answers.refusals import ParseError
from reasoning.answers.units import CURRENCIES, MEANINGFUL, SCALES, is_unit, is_unit_letter


class Arithmetic(Atoms):
    """Operators, side-by-side factors, exponents, subscripts and units."""

    def sum(self) -> Node:
        if self.at("pm", "mp"):
            upper = self.next().value == "pm"
            left: Node = nodes.PlusMinus(None, self.product(), upper)
        else:
            left = self.product()
        terms = [left]
        while self.at("+", "-", "pm", "mp"):
            operator = self.next().value
            right = self.product()
            if operator in ("pm", "mp"):
                self.link()
                terms = [nodes.PlusMinus(_total(terms), right, operator == "pm")]
            else:
                terms.append(right if operator == "+" else nodes.Negative(right))
        return _total(terms)

    def product(self) -> Node:
        left = self.signed()
        while True:
            if self.at("*", "/"):
                operator = self.next().value
                left = nodes.Binary(operator, left, self.signed())  # type: ignore[arg-type]
            elif self.accept("%"):
                left = nodes.Quantity(left, "%")
            elif (scale := self.scale_word(left)) is not None:
                left = nodes.Binary("*", left, scale)
            elif unit := self.unit(left):
                left = nodes.Quantity(left, unit)
            elif self.starts_factor():
                left = self.juxtapose(left)
            else:
                return left
            self.link()

    def signed(self) -> Node:
        if self.accept("-"):
            return nodes.Negative(self.deeper(self.signed))
        if self.accept("+"):
            return self.deeper(self.signed)
        return self.power()

    def juxtapose(self, left: Node) -> Node:
        """Two factors side by side: a mixed number when an integer stands before a proper fraction, else a product."""
        if isinstance(left, nodes.Quantity) and self.peek().kind == "num":
            raise ParseError("a compound quantity")  # 5 feet 6 inches
        in_brackets = self.at("(", "[")
        right = self.power()
        if any(isinstance(factor, nodes.Text) and not factor.content.isupper() for factor in (left, right)):
            raise ParseError("words are no factor")  # 1 to 3
        if in_brackets:
            return nodes.Binary("*", left, right)  # 2(1/2) is 1, not 2.5
        whole = left.operand if isinstance(left, nodes.Negative) else left
        if isinstance(whole, nodes.Number) and isinstance(right, nodes.Number) and self.peek().value != "frac":
            if not self.accept("/"):
                raise ParseError("two numbers side by side")
            right = nodes.Binary("/", right, self.power())
        if _is_integer(whole) and isinstance(right, nodes.Degree) and _is_proper_fraction(right.operand):
            return nodes.Degree(nodes.Binary("+", whole, right.operand))
        if _is_integer(whole) and _is_proper_fraction(right):
            mixed = nodes.Binary("+", whole, right)
            return nodes.Negative(mixed) if whole is not left else mixed
        if (
            isinstance(left, nodes.Binary)
            and left.operator == "*"
            and _is_integer(left.right)
            and _is_proper_fraction(right)
        ):
            return nodes.Binary("*", left.left, nodes.Binary("+", left.right, right))
        return nodes.Binary("*", left, right)

    def power(self) -> Node:
        base = self.postfix(self.deeper(self.atom))
        while self.accept("^"):
            self.link()
            if self.accept("circ", "degree"):
                base = nodes.Degree(base)
            elif self.at("{") and self.peek(1).value in ("circ", "degree", "'") and self.peek(2).value == "}":
                base = nodes.Degree(base) if self.peek(1).value != "'" else _prime(base)
                self.position += 3
            else:
                base = self.raised(base, self.deeper(self.exponent))
        return base

    def raised(self, base: Node, exponent: Node) -> Node:
        """A power; `f^{-1}(x)` is the inverse function's value."""
        is_inverse = exponent == nodes.Negative(nodes.Number(fmpq(1)))
        if is_inverse and isinstance(base, nodes.Symbol) and base.name in nodes.FUNCTION_LETTERS and self.at("("):
            return self.call(base.name + "^-1")
        return nodes.Binary("^", base, exponent)

    def exponent(self) -> Node:
        """What stands behind `^`; `2^3^2` is 2^9."""
        if self.accept("-"):
            return nodes.Negative(self.deeper(self.exponent))
        if self.accept("+"):
            return self.deeper(self.exponent)
        base = self.postfix(self.argument(whole_number=True)) if self.at("(") else self.argument(whole_number=True)
        return nodes.Binary("^", base, self.deeper(self.exponent)) if self.accept("^") else base

    def postfix(self, node: Node) -> Node:
        while True:
            if self.at("!"):
                self.next()
                self.link()
                if self.at("!"):
                    raise ParseError("a double factorial")
                node = nodes.Apply("factorial", (node,))
            elif self.at("'") and isinstance(node, nodes.Symbol | nodes.Call):
                self.next()
                node = _prime(node)
            elif self.at("_"):
                self.next()
                node = self.subscripted(node)
            elif self.accept("degree"):
                node = nodes.Degree(node)
            else:
                return node

    def subscripted(self, node: Node) -> Node:
        if self.peek().kind == "text" or (
            self.at("{") and self.peek(1).kind in ("text", "word") and self.peek(2).value == "}"
        ):
            braced = self.accept("{")
            name = self.next().value
            self.position += braced
            return nodes.Subscript(_name(node), nodes.Text(name))
        index = self.argument(whole_number=True)
        if (
            isinstance(node, nodes.Number)
            and _is_integer(node)
            and isinstance(index, nodes.Number)
            and _is_integer(index)
        ):
            return based(str(node.value), int(index.value.p))  # (1011)_2
        return nodes.Subscript(_name(node), index)

    # units

    def scale_word(self, value: Node) -> Node | None:
        """`million` behind a number, consumed; what follows it in the same words stays."""
        token = self.peek()
        if token.kind not in ("word", "text") or not _is_numeric(value):
            return None
        word, _, rest = token.value.partition(" ")
        if word.casefold() not in SCALES:
            return None
        self.tokens[self.position] = Token("text", rest, True)
        self.position += not rest
        return nodes.Number(fmpq(SCALES[word.casefold()]))

    def unit(self, value: Node) -> str | None:
        """The unit that follows a numeric value, consumed; None when what follows is no unit."""
        token = self.peek()
        if token.kind == "cmd" and token.value in CURRENCIES:
            self.next()
            return CURRENCIES[token.value]
        return self.unit_words() if self.starts_unit(value) else None

    def starts_unit(self, value: Node) -> bool:
        token = self.peek()
        match token.kind:
            case "text":
                return _is_numeric(value) or len(token.value) > 1
            case "word":
                return _is_numeric(value) and is_unit(token.value, spaced=token.spaced)
            case "cmd":
                return token.value == "pmod"
            case "sym" if isinstance(value, nodes.Degree):
                return token.value in "CFK"
            case "sym":
                ends = self.peek(1).value in ("", "/", "^")
                return token.spaced and is_unit_letter(token.value) and _is_numeric(value) and ends
            case _:
                return False

    def unit_words(self) -> str:
        words: list[str] = []
        while True:
            token = self.peek()
            if token.kind in ("text", "word", "sym", "fn") or (token.kind == "cmd" and token.value == "pmod"):
                words.append(self.next().value)
            elif words and self.at("^") and self.peek(1).kind in ("num", "op"):
                self.next()
                negative = self.accept("{") and self.accept("-")
                words.append(("^-" if negative else "^") + self.next().value)
                self.accept("}")
            elif words and self.at("/", "*") and self.peek(1).kind in ("text", "word", "sym"):
                words.append(self.next().value)
            elif words and words[-1] == "pmod" and self.accept("{"):
                words.append(self.next().value)
                self.expect("}")
            else:
                break
        if any(word.casefold() in MEANINGFUL for word in " ".join(words).split()):
            raise ParseError("words that are more than a unit")  # 20% increase, 3 km north
        return " ".join(words)


def _total(terms: list[Node]) -> Node:
    """The sum of the terms as a balanced tree, so that a thousand terms nest ten deep."""
    if len(terms) == 1:
        return terms[0]
    middle = (len(terms) + 1) // 2
    left, right = _total(terms[:middle]), _total(terms[middle:])
    if len(terms) == 2 and isinstance(right, nodes.Negative):
        return nodes.Binary("-", left, right.operand)
    return nodes.Binary("+", left, right)


def _is_integer(node: Node) -> bool:
    return isinstance(node, nodes.Number) and node.value.q == 1 and not node.digits


def _is_proper_fraction(node: Node) -> bool:
    return (
        isinstance(node, nodes.Binary) and node.operator == "/" and _is_integer(node.left) and _is_integer(node.right)
        and 0 < node.left.value.p < node.right.value.p  # type: ignore[union-attr]
    )  # fmt: skip


def _is_numeric(node: Node) -> bool:
    """Whether a unit may follow: numbers and constants only."""
    match node:
        case nodes.Number():
            return True
        case nodes.Symbol(name=name):
            return name == "pi"
        case nodes.Negative(operand=inner) | nodes.Degree(operand=inner) | nodes.Group(content=inner):
            return _is_numeric(inner)
        case nodes.Quantity():
            return True
        case nodes.Binary(left=left, right=right):
            return _is_numeric(left) and _is_numeric(right)
        case nodes.Apply(arguments=arguments):
            return all(map(_is_numeric, arguments))
        case _:
            return False


def _prime(node: Node) -> Node:
    if isinstance(node, nodes.Call):
        return nodes.Call(node.name + "'", node.arguments)
    return nodes.Symbol(_name(node) + "'")


def _name(node: Node) -> str:
    if isinstance(node, nodes.Symbol):
        return node.name
    if isinstance(node, nodes.Subscript) and isinstance(node.index, nodes.Number):
        return f"{node.name}_{node.index.value}"
    raise ParseError("only a letter takes a subscript")
