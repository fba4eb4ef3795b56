"""Why an answer has no key: the outcomes that are not values.

Refusal
├── LexError       a character or a form that no answer has
├── ParseError     not an answer in the grammar
├── Unevaluable    no value that can be compared exactly
│   └── TooLarge   a value, but not worth computing here or anywhere
└── Inaccurate     the working precision does not certify the value; a higher one may
"""


class Refusal(ValueError):
    """No canonical key can be given."""


class LexError(Refusal):
    """The text has a character or a form that no answer in mathematics has."""


class ParseError(Refusal):
    """The text is not an answer in the grammar."""


class Unevaluable(Refusal):
    """The expression has no value, or none that can be compared exactly."""


class TooLarge(Unevaluable):
    """The value exists but is not worth computing, here or in a computer algebra system."""


class Inaccurate(Refusal):
    """The working precision does not certify the value."""
