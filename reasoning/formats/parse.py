"""From raw records to objects, with messages that say what was expected, what was found and what to do."""

import itertools
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from reasoning.errors import RowError
from reasoning.formats.sources import Raw

_UNION_MEMBER = re.compile(r"str|int|float|bool|[A-Z]\w*|[a-z-]+\[.*", re.DOTALL)
_MOST_KEYS = 10
_LONGEST = 60  # characters of a value or key in a message
REMEDY = "correct the row, or pass --skip-bad-rows to go on without it"
FORMATS = "JSON Lines, JSON arrays, YAML (by its suffix) or Parquet, the first three also in gzip"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def parse_object(raw: Raw, path: Path, line: int) -> dict[str, Any]:
    """The object of a raw record.

    Raises:
        RowError: no JSON, no object, not UTF-8, nested deeper than about 200 levels, or cut off.
    """
    if isinstance(raw, RowError):
        raise raw
    if isinstance(raw, dict):
        return raw
    try:
        value = from_json(raw)
    except ValueError as error:
        raise json_error(raw, path, line, str(error)) from error
    if not isinstance(value, dict):
        raise RowError(path, line, f"expected a JSON object, found {shown(value)}; {REMEDY}")
    return value


def json_error(raw: bytes, path: Path, line: int, message: str) -> RowError:
    """Why these bytes are no JSON. `message` is the parser's.

    A first line that no object opens is told from a bad row: CSV, an image or a program is no format read here.
    """
    if line == 1 and not raw.lstrip().startswith((b"{", *_UTF_16)):
        found = shown(raw[:_LONGEST].decode(errors="replace").strip())
        return RowError(path, line, f"expected {FORMATS}, found {found}; convert the file, or {REMEDY}")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        found = f"byte 0x{raw[error.start]:02x} at column {error.start + 1}"
        return RowError(path, line, f"expected UTF-8, found {found}; convert the file, for example with iconv")
    if "EOF while parsing" in message:
        problem = f"expected a whole JSON object, found one cut off after {len(raw.rstrip())} bytes"
        return RowError(path, line, f"{problem}; the writer was interrupted: {REMEDY}")
    return RowError(path, line, f"expected JSON, found {message.replace(' at line 1 column', ' at column')}; {REMEDY}")


def field_error(error: ValidationError, path: Path, line: int) -> RowError:
    """The first thing wrong with an object's fields, and the remedy."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        raw = first["input"]
        return json_error(raw if isinstance(raw, bytes) else raw.encode(), path, line, str(first["ctx"]["error"]))
    return RowError(path, line, f"{first_fault(error)}; {REMEDY}")


def first_fault(error: ValidationError) -> str:
    """The first thing wrong with an object's fields, as "expected ..., found ..."."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return f"expected JSON, found {first['ctx']['error']}"
    place = _place(first["loc"])
    if first["type"] == "missing":
        found = first["input"]
        keys = shown_keys(found) or "an empty object" if isinstance(found, dict) else shown(found)
        return f"expected the field `{place}`, found only {keys}"
    expected = first["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    subject = f"`{place}`: {expected}" if place else expected
    return f"{subject}; found {shown(first['input'])}"


def _place(location: tuple[int | str, ...]) -> str:
    """`samples[3].score`: without the parts by which pydantic tells the members of a union apart."""
    parts = (part for part in location if isinstance(part, int) or not _UNION_MEMBER.fullmatch(part))
    return "".join(f"[{part}]" if isinstance(part, int) else f".{_plain(part)}" for part in parts).lstrip(".")


def shown(value: object) -> str:
    """A short form of a value, as JSON writes it, in one line of at most 60 printable characters."""
    try:
        text = json.dumps(value[:60] if isinstance(value, str) else value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return _plain(text)


def shown_keys(record: Collection[object]) -> str:
    """The first keys of a record: `id, text, ... and 12 more`; empty for none."""
    names = [_plain(str(key)) for key in itertools.islice(record, _MOST_KEYS)]
    more = len(record) - len(names)
    return ", ".join(names) + (f", ... and {more:,} more" if more else "")


def _plain(text: str) -> str:
    """A text cut to 60 characters, with what would act on a terminal or forge a line written as an escape.

    Not printable are controls, line separators, lone surrogates, and marks that turn the direction of writing.
    """
    text = "".join(c if c.isprintable() else _escape(c) for c in text[:_LONGEST]) + text[_LONGEST:][:1]
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
