"""Parquet: canonical rows in columns, and any tool's records back out, a few hundred at a time."""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from reasoning.errors import InputError, RowError
from reasoning.formats.rows import Row

REST = "_rest"  # the column with JSON of what the others cannot hold
READ_ROWS = 256
GROUP_ROWS = 4096


def read_parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (row number from 1, record).

    Raises:
        RowError: no Parquet file, or a broken one.
    """
    from pyarrow import ArrowInvalid, parquet

    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=READ_ROWS):
                for record in batch.to_pylist():
                    number += 1
                    yield number, _fields(record) if REST in record else record
    except (ArrowInvalid, OSError) as error:
        problem = f"expected an intact Parquet file, found: {error}; write it again"
        raise RowError(path, number + 1, problem) from error


def write_parquet(rows: Iterable[Row], file: BinaryIO) -> int:
    """Write a column per canonical field, null where a row has none, and REST; return the number of rows.

    Parquet knows no difference between null and absent, and no fields of some rows only. Explicit nulls and
    unknown fields therefore stand in REST, so that reading gives the same rows.
    """
    import pyarrow as pa
    from pyarrow import parquet

    types = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}
    schema = pa.schema([(name, types[kind]) for name, kind in _column_types().items()])
    number, source = 0, iter(rows)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(itertools.islice(source, GROUP_ROWS)):
            number += len(group)
            try:
                writer.write_table(pa.Table.from_pylist([_columns(row) for row in group], schema=schema))
            except (pa.ArrowInvalid, OverflowError) as error:
                raise InputError(f"expected whole numbers below 2**63 for Parquet: {error}; write .jsonl") from error
    return number


def _column_types() -> dict[str, type]:
    types = {
        **dict.fromkeys(("sample", "num_generated_tokens", "seed"), int),
        **dict.fromkeys(("reward_model_score", "temperature"), float),
        "symbolic_correct": bool,
    }
    return {name: types.get(name, str) for name in (*Row.model_fields, REST)}


def _columns(row: Row) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in Row.model_fields if name in row.model_fields_set}
    rest = {name: None for name, value in values.items() if value is None}
    rest.update(row.model_extra or {})
    return {**values, REST: json.dumps(rest) if rest else None}


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in record.items() if value is not None and name != REST}
    return fields | (json.loads(record[REST]) if record[REST] else {})
