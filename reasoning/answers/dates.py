"""Dates and times of day."""

import math
import re

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_DATES = tuple(
    re.compile(_WEEKDAY + pattern, re.IGNORECASE)
    for pattern in (
        rf"{_MONTH}\s+{_DAY}(?:\s*,?\s*{_YEAR})?",
        rf"(?:the\s+)?{_DAY}\s+(?:of\s+)?{_MONTH}(?:\s*,?\s*{_YEAR})?",
        r"(?P<year>\d{4})[-/](?P<number>\d{1,2})[-/](?P<day>\d{1,2})",
    )
)
_TIME_OR_DAY = re.compile(r"\d{1,4}\s*[-/:a-zA-Z.]")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(a\.?m\.?|p\.?m\.?|noon|midnight)?", re.IGNORECASE)


def moment_key(text: str) -> str | None:
    """The key of a date or a time of day; None for everything else.

    `May 5, 2020`, `5 May 2020` and `2020-05-05` are one date; `5/6/2020` could be two and is left alone. `3:30 pm` is
    15:30. Without am or pm, `7:32` is as well the ratio of 7 to 32 and stays one; `2:30` is no ratio in lowest terms,
    so it is a time.
    """
    if len(text) > 40 or not (text[:1].isalpha() or _TIME_OR_DAY.match(text)):
        return None
    text = text.replace("\\text", "").replace("{", "").replace("}", "").replace("\\", "").strip()
    for pattern in _DATES:
        if date := pattern.fullmatch(text):
            return _date_key(date)
    time = _TIME.fullmatch(text)
    return _time_key(time) if time else None


def _date_key(date: re.Match[str]) -> str | None:
    parts = date.groupdict()
    name = parts.get("month")
    month = int(parts["number"]) if name is None else _month(name)
    day = int(parts["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"date:{parts['year'] or '----'}-{month:02}-{day:02}"


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, start=1) if month.startswith(name.lower()[:3]))


def _time_key(time: re.Match[str]) -> str | None:
    hour, minute, second = int(time[1]), int(time[2] or 0), int(time[3] or 0)
    half = (time[4] or "").lower().replace(".", "")
    if minute > 59 or second > 59 or hour > 24:
        return None
    if not half:
        if time[2] is None or (time[3] is None and math.gcd(hour, minute) == 1):
            return None
    elif hour > 12:
        return None
    elif half in ("am", "midnight"):
        hour %= 12
    elif half in ("pm", "noon"):
        hour = hour % 12 + 12
    return f"time:{hour:02}:{minute:02}:{second:02}" + ("" if half else "?")
