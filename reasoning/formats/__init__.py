"""The canonical row, and one importer a file for what other tools write."""

from reasoning.formats.options import ReadCounts, ReadOptions
from reasoning.formats.read import read_rows
from reasoning.formats.rows import Row
from reasoning.formats.write import write_rows

__all__ = ["ReadCounts", "ReadOptions", "Row", "read_rows", "write_rows"]
