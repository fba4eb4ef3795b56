import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.formats import json_values
from reasoning.formats.json_values import JsonValues

TEXT = st.text(alphabet='ab{}[]",\\\n é', max_size=8)
OBJECT = st.dictionaries(TEXT, TEXT | st.lists(TEXT, max_size=2) | st.dictionaries(TEXT, TEXT, max_size=2), max_size=3)


def values_of(text: str, *, max_bytes: int = 1 << 20) -> list[tuple[int, Any]]:
    values = JsonValues(io.BytesIO(text.encode()), max_bytes=max_bytes)
    return [(line, json.loads(value)) for line, value in values]


@pytest.fixture(params=[1, 7, 1 << 16])
def _chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "CHUNK_BYTES", request.param)


@settings(max_examples=100, deadline=None)
@given(
    objects=st.lists(OBJECT, max_size=5),
    indent=st.sampled_from([None, 2]),
    chunk=st.sampled_from([1, 5, 1 << 16]),
)
def test_cuts_where_json_does(objects: list[Any], indent: int | None, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "CHUNK_BYTES", chunk)
        array = values_of(json.dumps(objects, indent=indent, ensure_ascii=False))
        run = values_of("\n".join(json.dumps(value, indent=indent) for value in objects))
    assert [value for _, value in array] == [value for _, value in run] == objects


@pytest.mark.usefixtures("_chunks")
def test_lines_count_from_one() -> None:
    assert values_of('[\n{"a": "x\\ny"},\n\n{"b":\n1}, {"c": 2}]\n') == [
        (2, {"a": "x\ny"}),
        (4, {"b": 1}),
        (5, {"c": 2}),
    ]


@pytest.mark.usefixtures("_chunks")
@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('[{"a": 1},\n{"b": "x', "whole JSON object, found the end of the file", 2),
        ('[{"a": 1}\n', r"expected \] at the end of the array", 2),
        ('[{"a": 1},\n7]', "expected a JSON object, found '7", 2),
        ('{"a": 1}\n]', "expected a JSON object, found ']'", 2),
        ('[{"a": 1}]\nx', "expected a JSON object, found 'x'", 2),
        ('[{"a": "' + "x" * 200 + '"}]', "at most 100 bytes", 1),
    ],
)
def test_says_what_breaks_it(text: str, message: str, line: int) -> None:
    values = JsonValues(io.BytesIO(text.encode()), max_bytes=100)
    with pytest.raises(ValueError, match=message):
        list(values)
    assert values.line == line


def test_nesting_costs_no_stack() -> None:
    ((_, value),) = JsonValues(io.BytesIO(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), max_bytes=1 << 20)
    assert len(value) == 200_006
