"""Write, then read, is the identity, for every row and every format."""

import math
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.formats import ReadCounts, Row, read_rows, write_rows

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBER | TEXT,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXT, values, max_size=3),
    max_leaves=6,
)
WHOLE = st.integers(0, 2**63 - 1)
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "problem": TEXT,
    "expected_answer": st.none() | TEXT,
    "generation": TEXT,
    "predicted_answer": st.none() | TEXT,
    "symbolic_correct": st.none() | st.booleans(),
    "reward_model_score": st.none() | st.floats(0, 1) | st.just(math.nan),
    "num_generated_tokens": st.none() | WHOLE,
    "finish_reason": st.none() | TEXT,
    "model": st.none() | TEXT,
    "seed": st.none() | WHOLE,
    "temperature": st.none() | NUMBER,
}
UNKNOWN = st.dictionaries(TEXT.filter(lambda name: name not in Row.model_fields), JSON, max_size=3)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    known = draw(st.fixed_dictionaries({"id": TEXT.filter(bool), "sample": WHOLE}, optional=OPTIONAL))
    return Row.model_validate({**draw(UNKNOWN), **known})


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@settings(max_examples=60, deadline=None)
@given(written=st.lists(rows(), min_size=1, max_size=8, unique_by=lambda row: row.key))
def test_write_then_read_is_identity(suffix: str, written: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows{suffix}"
        assert write_rows(written, path) == len(written)
        counts = ReadCounts()
        read = list(read_rows([path], counts=counts))
    assert [row.to_json() for row in read] == [row.to_json() for row in written]
    assert counts.num_nan_scores == sum(row.has_nan_score for row in written)


@settings(max_examples=60, deadline=None)
@given(row=rows())
def test_a_line_is_the_same_object_again(row: Row) -> None:
    again = Row.model_validate_json(row.to_json())
    assert again.model_fields_set == row.model_fields_set
    assert again.to_json() == row.to_json()


def test_absent_null_and_nan_are_three_things(tmp_path: Path) -> None:
    lines = [
        '{"id":"a","sample":0}',
        '{"id":"a","sample":1,"predicted_answer":null,"reward_model_score":null}',
        '{"id":"a","sample":2,"reward_model_score":NaN}',
    ]
    for suffix in (".jsonl", ".parquet"):
        path = tmp_path / f"rows{suffix}"
        write_rows([Row.model_validate_json(line) for line in lines], path)
        read = list(read_rows([path]))
        assert [row.to_json() for row in read] == lines
        assert [row.is_extracted for row in read] == [False, True, False]
        assert [row.has_nan_score for row in read] == [False, False, True]
