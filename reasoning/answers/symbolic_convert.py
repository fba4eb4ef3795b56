"""Math-Verify's syntax tree to sympy, refusing what its converter would drop or guess. Only in the worker.

Left alone, that converter takes `1011_2` for 1011, `2(3)` for 5, `30^\\circ` for 30, a limit for one-sided,
the derivative dy/dx for 0, `\\sin x / 2` for sin(x/2), and reads numbers by `sympy.Number(str)`, which rounds
decimals and evaluates what it is given. Here numbers are read by `Fraction`, and the rest is refused.
"""

import re
from fractions import Fraction
from typing import Any

import sympy
from latex2sympy2_extended.latex2sympy2 import ConversionConfig, _Latex2Sympy

MAX_EXPONENT = 1000  # of scientific notation: 1E999999999 is a short text and a long number

_FACTORS = sympy.Expr | sympy.MatrixBase | sympy.MatrixExpr
_INVERTIBLE = ("\\sin", "\\cos", "\\tan", "\\csc", "\\sec", "\\cot")


class UndecidableError(Exception):
    """The text does not say one thing that the computer algebra system can be trusted with."""


class StrictConverter(_Latex2Sympy):  # type: ignore[misc]
    """Converts one expression; every override narrows what the parent accepts.

    Args:
        imaginary_i: whether `i` is the imaginary unit rather than a variable.
    """

    def __init__(self, *, imaginary_i: bool) -> None:
        super().__init__(config=ConversionConfig(lowercase_symbols=False))
        self.imaginary_i = imaginary_i
        self.bound: set[Any] = set()

    def parse(self, text: str) -> Any:
        parser = self.create_parser(text)
        tree = parser.expr()
        if parser.getCurrentToken().type != -1:  # the rule alone is content with a prefix of the text
            raise UndecidableError("something follows the expression")
        expression = self.convert_expr(tree)
        if expression.free_symbols & self.bound:  # \lim_{x \to 0} 1 + x: where does the limit end?
            raise UndecidableError("a variable both bound and free")
        return expression

    def parse_number(self, text: str) -> Any:
        exponent = text.upper().partition("E")[2]
        if exponent and abs(int(exponent)) > MAX_EXPONENT:
            raise UndecidableError("an exponent out of range")
        value = Fraction(text)
        return sympy.Rational(value.numerator, value.denominator)

    def convert_atom(self, atom: Any) -> Any:
        if atom.number_subexpr() and atom.number_subexpr().subexpr():
            raise UndecidableError("a number with a subscript")
        return super().convert_atom(atom)

    def convert_atom_expr(self, atom_expr: Any) -> Any:
        if atom_expr.getText()[0] == "I":  # the parent's imaginary unit
            raise UndecidableError("a capital I")
        value = super().convert_atom_expr(atom_expr)
        return value.xreplace({sympy.Symbol("i"): sympy.I}) if self.imaginary_i else value

    def convert_exp(self, exp: Any) -> Any:
        if exp.CARET() and exp.subexpr():
            raise UndecidableError("a subscript after a power")
        return super().convert_exp(exp)

    def convert_mp(self, mp: Any) -> Any:
        if mp.DIV() and _num_factors(mp.getChild(2)) > 1:
            raise UndecidableError("a product after a slash")
        return super().convert_mp(mp)

    def convert_postfix(self, postfix: Any) -> Any:
        if any(not op.BANG() for op in postfix.postfix_op()):
            raise UndecidableError("evaluated at, transposed, or in degrees")
        return super().convert_postfix(postfix)

    def convert_postfix_list(self, arr: Any, i: int = 0) -> Any:
        """Factors side by side; `2\\frac{1}{3}` is a mixed number, `\\frac{d}{dx}` a derivative."""
        texts = [postfix.getText() for postfix in arr[i:]]
        if len(texts) > 1 and texts[0].isdigit() and re.fullmatch(r"\\frac\{\d+\}\{\d+\}", texts[1]):
            if len(texts) > 2:
                raise UndecidableError("a mixed number in a product")
            return self.parse_number(texts[0]) + self.convert_postfix(arr[i + 1])
        parts = [self.convert_postfix(postfix) for postfix in arr[i:]]
        if isinstance(parts[0], list) and len(parts) > 1:
            return _derivative(self._product(parts[1:]), parts[0][0])
        return self._product(parts)

    def _product(self, parts: list[Any]) -> Any:
        if not all(isinstance(part, _FACTORS) for part in parts):
            raise UndecidableError("not a product of expressions")
        product = parts[0]
        for part in parts[1:]:
            has_matrix = getattr(product, "is_Matrix", False) or getattr(part, "is_Matrix", False)
            product = self.mat_mul_flat(product, part) if has_matrix else self.mul_flat(product, part)
        return product

    def convert_frac(self, frac: Any) -> Any:
        if re.fullmatch(r"d\\?[a-zA-Z]+", frac.lower.getText()) and frac.upper.getText() != "d":
            raise UndecidableError("a quotient of differentials")
        return super().convert_frac(frac)

    def convert_func(self, func: Any) -> Any:
        if func.atom_expr_no_supexpr():
            raise UndecidableError("an unknown function")
        if func.func_normal_single_arg() or func.func_normal_multi_arg():
            _check_function(func)
        if func.FUNC_SQRT() and func.root:
            return _root(self.convert_expr(func.base), self.convert_expr(func.root))
        return super().convert_func(func)

    def handle_integral(self, func: Any) -> Any:
        if not func.subexpr():
            raise UndecidableError("an antiderivative is known up to a constant only")
        if not func.DIFFERENTIAL():
            inner = self.convert_add(func.additive()) if func.additive() else self.convert_frac(func.frac())
            _check_differential(inner)
        integral = super().handle_integral(func)
        self.bound.update(integral.variables)
        return integral

    def handle_sum_or_prod(self, func: Any, name: str) -> Any:
        result = super().handle_sum_or_prod(func, name)
        index, low, high = result.limits[0]
        if not index.is_Symbol or (high - low).doit().is_negative:  # sympy sums backwards; usage sums nothing
            raise UndecidableError("an empty range, or an index that is no variable")
        if any(b.is_number and not b.is_infinite and not b.is_integer for b in (low.doit(), high.doit())):
            raise UndecidableError("a bound that is no integer")
        self.bound.add(index)
        return result

    def handle_limit(self, func: Any) -> Any:
        content, variable, point, _ = super().handle_limit(func).args
        self.bound.add(variable)
        side = func.limit_sub()
        return sympy.Limit(content, variable, point, "-" if side.SUB() else "+" if side.ADD() else "+-")

    def handle_gcd_lcm(self, f: str, args: Any) -> Any:
        if not all(arg.is_Integer for arg in args):  # the parent rounds them
            raise UndecidableError("a common divisor of what is no integer")
        return (sympy.gcd if f == "gcd" else sympy.lcm)(list(args))


def _num_factors(operand: Any) -> int:
    """How many factors stand side by side in an operand of `*` or `/`; 0 when it holds an operator itself."""
    unary = operand.unary() if hasattr(operand, "unary") else operand.unary_nofunc()
    while unary is not None and (unary.ADD() or unary.SUB()):
        unary = unary.unary() if hasattr(unary, "unary") else unary.unary_nofunc()
    return 0 if unary is None else unary.getChildCount()


def _check_function(func: Any) -> None:
    single = func.func_normal_single_arg()
    name = (single or func.func_normal_multi_arg()).start.text
    if bool(func.subexpr()) != (name == "\\log"):  # the base of \log varies from book to book
        raise UndecidableError("a subscript where none belongs, or a logarithm to no base")
    if func.supexpr():
        power = func.supexpr().getText()
        if not (re.fullmatch(r"\^\{?[1-9]\d*\}?", power) or (power == "^{-1}" and name in _INVERTIBLE)):
            raise UndecidableError("an unusual power of a function's name")
    if not single and not func.func_multi_arg():
        raise UndecidableError("several arguments without brackets")
    if single and func.func_single_arg_noparens():
        _check_bare_argument(func.func_single_arg_noparens().mp_nofunc())


def _check_bare_argument(argument: Any) -> None:
    """`\\sin 2x` has one reading; `\\sin x \\cdot y`, `\\sin x / 2` and `\\sin{x} y` have two."""
    num_factors = _num_factors(argument)
    plain = re.sub(r"\\frac\{\w+\}\{\w+\}|\^\{\w+\}|\\sqrt\{\w+\}", "", argument.getText())
    if num_factors == 0 or (num_factors > 1 and re.search(r"[({\[]", plain)):
        raise UndecidableError("an argument without brackets that may end earlier")


def _root(base: Any, degree: Any) -> Any:
    """The real root of a negative number is not the principal one, which sympy means."""
    if degree != 2 and not (base.is_number and base.is_nonnegative):
        raise UndecidableError("a root of what may be negative")
    return sympy.Pow(base, 1 / degree, evaluate=False)


def _derivative(expression: Any, variable: Any) -> Any:
    if expression.free_symbols and variable not in expression.free_symbols:
        raise UndecidableError("the derivative of what may depend on the variable")
    return sympy.Derivative(expression, variable)


def _check_differential(integrand: Any) -> None:
    """The d of the variable must be one factor of the whole integrand: neither `x dx + 1` nor no d at all."""
    found = [s for s in integrand.atoms(sympy.Symbol) if len(s.name) > 1 and s.name[0] == "d" and s.name[1] != "_"]
    if len(found) != 1 or (integrand / found[0]).expand().has(found[0]):
        raise UndecidableError("an integral without its variable")
