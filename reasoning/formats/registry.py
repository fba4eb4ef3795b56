"""The importers, in the order in which detection asks them: specific ones first, plain lists last.

To add one, write its file like the others and name it here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning.errors import InputError, RowError
from reasoning.formats.canonical import CANONICAL
from reasoning.formats.dart_math import DART_MATH
from reasoning.formats.importer import Importer
from reasoning.formats.large_language_monkeys import LARGE_LANGUAGE_MONKEYS
from reasoning.formats.lists import LISTS
from reasoning.formats.lm_eval import LM_EVAL
from reasoning.formats.nemo_skills import NEMO_SKILLS
from reasoning.formats.openr import OPENR
from reasoning.formats.parse import shown_keys
from reasoning.formats.prm800k import PRM800K
from reasoning.formats.qwen_math import QWEN_MATH
from reasoning.formats.rlhflow import RLHFLOW
from reasoning.formats.search_and_learn import SEARCH_AND_LEARN
from reasoning.formats.tracecodegen import TRACECODEGEN

IMPORTERS: dict[str, Importer[Any]] = {
    importer.name: importer
    for importer in (
        CANONICAL,
        LM_EVAL,
        SEARCH_AND_LEARN,
        OPENR,
        QWEN_MATH,
        RLHFLOW,
        TRACECODEGEN,
        LARGE_LANGUAGE_MONKEYS,
        DART_MATH,
        PRM800K,
        NEMO_SKILLS,
        LISTS,
    )
}


def named(name: str) -> Importer[Any]:
    if name not in IMPORTERS:
        raise InputError(f"expected one of {', '.join(IMPORTERS)} as importer, found {name!r}")
    return IMPORTERS[name]


def detect(record: Mapping[str, Any], path: Path, line: int) -> Importer[Any]:
    """The importer that knows this record.

    Raises:
        RowError: none does.
    """
    for importer in IMPORTERS.values():
        if importer.matches(record):
            return importer
    keys = f"the keys {shown_keys(record)}" if record else "no keys"
    raise RowError(
        path,
        line,
        f"expected rows of a known tool, found an object with {keys}; name the tool with --from "
        f"({', '.join(IMPORTERS)}), or give each row at least id, sample and generation",
    )
