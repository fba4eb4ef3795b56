"""Which words behind a number are a unit."""

_UNITS = frozenset(
    "mm cm dm km nm ft in yd mi mg kg gm lb lbs oz ml cl dl hr hrs min sec ms mph kph rpm pm am hz kw mw kj cal km mol "
    "pa kpa atm usd eur gbp rs cu sq Hz kW kJ kN mL dL kHz MHz MW GW kWh Pa kPa kV mA pts pt deg rad cc ha".split()
)
_LETTERS = frozenset("mgsLhNJWKVA")  # `5 m`, apart from the number and at the end of the answer
_VARIABLES = frozenset("abcdfhkmnpqrstuvwxyz")
CURRENCIES = {"$": "dollar", "euro": "euro", "pounds": "pound", "yen": "yen", "rupee": "rupee"}
SCALES = {
    "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
# Words behind a number that say more than what was counted or measured
MEANINGFUL = frozenset(
    "less more than increase decrease increased decreased profit loss gain north south east west above below left "
    "right ago later before after over under out to from if not no remainder".split()
)
CURRENCY_CODES = frozenset("USD EUR GBP JPY CNY INR CAD AUD CHF RMB RS".split())


def is_unit(word: str, *, spaced: bool) -> bool:
    """Whether a word behind a number is a unit rather than a product of variables.

    `5 cm`, `5 apples` and `5apples` carry units; `2ab`, `2xyz` and `3 xy` are products.
    """
    if word in _UNITS or (len(word) > 2 and word.lower() in _UNITS):
        return True
    if len(word) <= 3 and set(word) <= _VARIABLES:
        return spaced and len(word) == 3 and bool(set(word) & set("aeiou")) and not set(word) <= set("abc")
    return len(word) > 2 and not (word.isupper() and len(word) <= 3)


def is_unit_letter(letter: str) -> bool:
    """Whether one letter that stands apart behind a number at the end of an answer is a unit."""
    return letter in _LETTERS


def singular(unit: str) -> str:
    """`Dollars` and `dollar` are one unit."""
    unit = " ".join(unit.casefold().split())
    return unit[:-1] if len(unit) > 3 and unit.endswith("s") and not unit.endswith("ss") else unit
