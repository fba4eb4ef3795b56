"""A program's answer as the text that a sample row has, and that is graded."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from reasoning.programs.states import SIGNIFICANT_DIGITS

_CONTEXT = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN)


def answer_text(answer: int | float) -> str:
    """The number in plain decimals: an int in full, a float in as many significant digits as states have.

    So 0.1 + 0.2 is `0.3`, as on paper; 100.0 is `100`; 1e21 has its zeros.

    Args:
        answer: finite, as `Execution.answer`.
    """
    if isinstance(answer, int):
        return str(answer)
    text = format(_CONTEXT.create_decimal(Decimal(answer)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
