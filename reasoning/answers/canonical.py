"""An answer's text to its canonical key."""

import re
from dataclasses import dataclass
from functools import lru_cache

from flint import fmpq

from reasoning.answers.cleaning import clean
from reasoning.answers.dates import moment_key
from reasoning.answers.keys import node_key, text_key
from reasoning.answers.literals import decimal
from reasoning.answers.parser import parse
from reasoning.answers.policy import Policy
from reasoning.answers.refusals import LexError, ParseError, TooLarge, Unevaluable
from reasoning.answers.rounding import ball_key

MAX_PARSED = 4_000  # characters; longer answers are numbers or their own text

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?(?:[0-9]{1,10}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})")
_LONG_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_FRACTION = re.compile(r"(-?)(?:\\[dtc]?frac\{(-?[0-9]{1,18})\}\{([0-9]{1,18})\}|([0-9]{1,18})/([0-9]{1,18}))")
_CHOICE = re.compile(r"(?:(?:option|choice|answer)\s*:?\s*\(?([A-Ha-h])\)?|([A-Ha-h])\)):?", re.IGNORECASE)
_WRAPPED = re.compile(r"\\(?:text|textbf|textit|mbox|textrm|textnormal)\s*\{([^{}]*)\}")
_BASED = re.compile(r"\(?([0-9A-Z]{1,200})\)?_\{?(1[1-9]|2[0-9]|3[0-6])\}?")
_PHRASES = {
    "all real numbers": r"\mathbb{R}",
    "all reals": r"\mathbb{R}",
    "the set of all real numbers": r"\mathbb{R}",
    "empty set": r"\emptyset",
    "the empty set": r"\emptyset",
}
_LABELLED = re.compile(r"(?:\\text(?:bf)?\{\s*)?\(([A-J])\)\s*\}?(?:\\ |\\quad|~|\s)\s*(?=[^\s+\-*/=<>,;)^_])")
_FONT = re.compile(
    r"\\(?:text|textbf|textit|textrm|mbox|mathrm|mathbf|mathit|operatorname|left|right|emph)\b|[{}]|\\[ ,;:!]|~"
)
_WORD = re.compile(
    r"(?<![\\A-Za-z])(?!(?:frac|sqrt|left|right|cdot|sin|cos|tan|cot|sec|csc|log|exp|max|min|gcd|lcm|theta|alpha|beta)\b)[A-Za-z]{3,}"
)


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical form of one answer.

    Attributes:
        key: equal keys mean equal answers.
        decided: False when the answer is mathematics that was not understood; its key is then its own text, and
            only a computer algebra system can say more.
        hopeless: undecided because its value is too large to compute, by whatever means.
    """

    key: str
    decided: bool
    hopeless: bool = False


def canonical(text: str, policy: Policy) -> Canonical:
    """The canonical form of an answer's text; a function of that text and the policy alone."""
    if _INTEGER.fullmatch(text) and policy.significant_digits is None:
        return Canonical(str(int(text)), True)
    return _canonical(text, policy) if len(text) <= MAX_PARSED else _canonical_of_long(text, policy)


@lru_cache(maxsize=16_384)
def _canonical(text: str, policy: Policy) -> Canonical:
    cleaned = clean(text)
    if wrapped := _WRAPPED.fullmatch(cleaned):
        cleaned = clean(wrapped[1])
    simple = _simple_number(cleaned) if policy.significant_digits is None else None
    if simple is not None:
        return Canonical(simple, True)
    cleaned = _PHRASES.get(cleaned.casefold(), cleaned)
    if (surface := _surface_key(cleaned)) is not None:
        return Canonical(surface, True)
    if cleaned.startswith(("(", "\\text")):
        cleaned = _LABELLED.sub("", cleaned, count=1)
    try:
        return Canonical(node_key(parse(cleaned), policy), True)
    except TooLarge:
        return Canonical(_own_text(cleaned), False, hopeless=True)
    except (ParseError, LexError, Unevaluable):
        return _as_words(cleaned)


def _surface_key(cleaned: str) -> str | None:
    """The key of answers that are no formula: `C)`, `FF_{16}`, `5 May 2020`, `3:30 pm`; None for everything else."""
    if not cleaned[:1].isalnum() and cleaned[:1] != "(":
        return None
    if choice := _CHOICE.fullmatch(cleaned):
        return f"letter:{(choice[1] or choice[2]).upper()}"
    if "_" in cleaned and (number := _BASED.fullmatch(cleaned)) is not None and not number[1].isdigit():
        digits, base = number[1], int(number[2])
        return str(int(digits, base)) if _is_in_base(digits, base) else None
    return moment_key(cleaned)


def _is_in_base(digits: str, base: int) -> bool:
    return all(int(digit, 36) < base for digit in digits)


def _simple_number(cleaned: str) -> str | None:
    """The key of integers, short decimals and fractions in their commonest spellings, without the parser."""
    if _DECIMAL.fullmatch(cleaned):
        return str(decimal(cleaned.lstrip("+")).value)
    if fraction := _FRACTION.fullmatch(cleaned):
        numerator, denominator = int(fraction[2] or fraction[4]), int(fraction[3] or fraction[5])
        if denominator:
            return str(fmpq(-numerator if fraction[1] else numerator, denominator))
    return None


def _as_words(cleaned: str) -> Canonical:
    """An answer outside the grammar: words are decided by their text, mathematics is not."""
    if _WORD.search(_FONT.sub(" ", cleaned)) and "\\int" not in cleaned:
        return Canonical(text_key(_FONT.sub(" ", cleaned)), True)
    return Canonical(_own_text(cleaned), False)


def _canonical_of_long(text: str, policy: Policy) -> Canonical:
    """Digits of any length are a number; any other long answer is its own text."""
    cleaned = clean(text)
    digits = cleaned.replace(",", "")
    if _LONG_NUMBER.fullmatch(digits) and policy.significant_digits is None:
        return Canonical(ball_key(decimal(digits).value), True)
    return Canonical(_own_text(cleaned), False, hopeless=True)


def _own_text(cleaned: str) -> str:
    return "own:" + " ".join(cleaned.split())
