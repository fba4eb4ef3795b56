import json
from pathlib import Path

import pytest

from reasoning.errors import RowError
from reasoning.formats import read_rows
from reasoning.formats.parse import shown, shown_keys


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, None, "b"]}, '{"a": [1, null, "b"]}'),
        ("é 答案", '"é 答案"'),
        ("\x1b[31mred", '"\\u001b[31mred"'),
        ("a\nb", '"a\\nb"'),
        ("\x7f\x9b", '"\\u007f\\u009b"'),
        ("\u202e\u2066\u2028\u200b", '"\\u202e\\u2066\\u2028\\u200b"'),
        ("\ud800\U000e0001", '"\\ud800\\U000e0001"'),
        ("x" * 58, '"' + "x" * 58 + '"'),
        ("x" * 59, '"' + "x" * 56 + "..."),
        ("\u202e" * 100, '"' + "\\u202e" * 9 + "\\u..."),
        ({(1, 2): 3}, "dict"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


def test_shown_keys_are_few_and_short() -> None:
    assert shown_keys({"id": 1, "a\n# Forged": 2}) == "id, a\\u000a# Forged"
    assert shown_keys({"y" * 100: 1}) == "y" * 57 + "..."
    assert shown_keys({str(key): 0 for key in range(1000)}) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... and 990 more"
    assert shown_keys({}) == ""


@pytest.mark.parametrize("record", [{}, {"id": "p"}, {"id": "p", "sample": "x"}, {"samples": [{}]}])
def test_a_message_is_one_short_printable_line(record: dict[str, object], tmp_path: Path) -> None:
    """Whatever the record is called in: unknown keys, a missing field, a wrong type, a sample without a text."""
    hostile: dict[str, object] = {f"\x1b[31m{number}\nquorum: \u202e{'k' * 100}": "\x9b" for number in range(1000)}
    if record == {"samples": [{}]}:
        record = {"question": "q", "samples": [hostile]}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**record, **hostile}) + "\n")
    with pytest.raises(RowError, match="expected") as caught:
        list(read_rows([path]))
    assert caught.value.problem.isprintable()
    assert len(caught.value.problem) < 1200
