"""What counts as the same answer where convention, not mathematics, decides."""

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings of equivalence; recorded in every output that rests on them.

    Each setting changes the canonical key of a single answer, never a comparison of two, so equivalence stays
    an equivalence relation under every policy.

    Attributes:
        percent: `50%` is the number 50 ("number"), the number 0.5 ("fraction"), or neither ("distinct").
        units: a unit after a number is dropped ("ignore") or is part of the answer ("keep").
        list_order: whether `1, 2` and `2, 1` are the same bare list ("ignore") or not ("keep").
        interval_or_tuple: `(1, 2)` is both the pair and the open interval ("either"), or only one of them.
        significant_digits: round every number to so many significant digits first; None compares exactly.
    """

    percent: Literal["number", "fraction", "distinct"] = "number"
    units: Literal["ignore", "keep"] = "ignore"
    list_order: Literal["ignore", "keep"] = "ignore"
    interval_or_tuple: Literal["either", "interval", "tuple"] = "either"
    significant_digits: int | None = None

    def as_dict(self) -> dict[str, str | int | None]:
        """The settings as plain JSON values."""
        return asdict(self)
