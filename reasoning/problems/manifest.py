"""Which problems a file holds, by the hash of their text; and the guard against testing on what was trained on."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from reasoning.errors import InputError, RowError
from reasoning.formats.parse import parse_object
from reasoning.formats.sources import raw_records
from reasoning.formats.write import atomic_file, write_lines
from reasoning.problems.read import read_problems
from reasoning.problems.rows import ProblemRow
from reasoning.types import Problem

Manifest = Mapping[str, str]  # hash of a problem -> its id

MAX_EXAMPLES = 3
_SIGNS = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-"})
_SPACE = re.compile(r"\s+")
_END = " .?!:"


def normalized(text: str) -> str:
    """A problem's text without what copying changes: case, white space, typographic signs, the final stop.

    Numbers and words stay, so "3 apples" and "4 apples" are two problems.
    """
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).casefold()
    return _SPACE.sub(" ", text).strip(_END)


def problem_hash(text: str) -> str:
    """32 hexadecimal digits: the same for the same normalized text, on any machine."""
    return hashlib.blake2b(normalized(text).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def manifest_of(problems: Iterable[ProblemRow | Problem]) -> dict[str, str]:
    """The manifest of some problems; of two with one hash, the first gives the id."""
    manifest: dict[str, str] = {}
    for problem in problems:
        text = problem.problem if isinstance(problem, ProblemRow) else problem.text
        manifest.setdefault(problem_hash(text), problem.id)
    return manifest


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write one `{"hash": ..., "id": ...}` a line, sorted by hash."""
    lines = (json.dumps({"hash": key, "id": manifest[key]}, ensure_ascii=False) for key in sorted(manifest))
    with atomic_file(path) as file:
        write_lines(lines, file)


def read_manifest(path: Path) -> dict[str, str]:
    """The manifest in a file, or of the problems in a file of problems.

    Raises:
        InputError: the file cannot be read.
        RowError: a row is neither of a manifest nor a problem.
    """
    first = next(iter(raw_records(path)), None)
    if first is None or "hash" not in parse_object(first[1], path, first[0]):
        return manifest_of(read_problems([path]))
    manifest = {}
    for line, raw in raw_records(path):
        record = parse_object(raw, path, line)
        key, problem_id = record.get("hash"), record.get("id")
        if not isinstance(key, str) or not isinstance(problem_id, str):
            found = ", ".join(record) or "an empty object"
            raise RowError(path, line, f"expected `hash` and `id` as text, found {found}; write the manifest again")
        manifest[key] = problem_id
    return manifest


def check_disjoint(*, training: Manifest, testing: Manifest, training_name: str, testing_name: str) -> None:
    """Refuse a training set that holds a problem of the test set.

    Args:
        training, testing: manifests.
        training_name, testing_name: what the message calls them, as their files.

    Raises:
        InputError: they overlap. It says by how many problems and names some of them.
    """
    small, large = sorted((training, testing), key=len)
    both = [key for key in small if key in large]
    if not both:
        return
    examples = ", ".join(f"{training[key]} is {testing[key]}" for key in both[:MAX_EXAMPLES])
    more = ", ..." if len(both) > MAX_EXAMPLES else ""
    raise InputError(
        f"expected no problem of {testing_name} in {training_name}, found {len(both):,} ({examples}{more}); "
        f"take them out of {training_name}, or test on other problems"
    )
