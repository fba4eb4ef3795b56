"""What an importer is: how to know a tool's records, and how one becomes canonical rows."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from reasoning.answers import extract_answer
from reasoning.formats.scores import Scores

Fields = dict[str, Any]  # of a canonical row, not validated yet
Place = tuple[Path, int]  # file and line


class Record(BaseModel):
    """What every tool's record shares: JSON's own types without conversion, unknown fields within reach."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, protected_namespaces=())

    def kept(self, *names: str) -> Fields:
        """Those of the unknown fields that are there and not null, for the row to keep."""
        extra = self.model_extra or {}
        return {name: extra[name] for name in names if extra.get(name) is not None}


RecordT = TypeVar("RecordT", bound=Record)


def _answer_text(value: object) -> object:
    """Numbers become their text, an empty text no answer; anything else stays, to be refused."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else value


Answer = Annotated[str | None, BeforeValidator(_answer_text)]
Identifier = Annotated[str | None, BeforeValidator(_answer_text)]
Steps = list[float | None]  # a score a step; null where the scorer failed
Correct = bool | int


@dataclass
class Numbering:
    """Names problems and counts samples where a tool does not.

    Attributes:
        problems: of one file or one group of seed files: hash -> (number of the record, how often until
            then).
        samples: of all files: problem id -> samples so far. One integer a problem.
    """

    problems: dict[str, tuple[int, int]] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Origin:
    """Where a record comes from, and what importers need beyond the record.

    Attributes:
        path, line: of the record, from 1.
        number: of the record in its file, from 0; seed files share it.
        scores: turns the tool's scores into P(correct).
    """

    path: Path
    line: int
    number: int
    scores: Scores
    numbering: Numbering

    def problem_id(self, given: str | None, text: str) -> str:
        """The id of a record's problem: the tool's, else 12 hexadecimal digits of the text's SHA-256.

        The second record of a file with the same text is another problem and ends in `-2`. A record with
        neither id nor text is named by its file and line.
        """
        if given is not None:
            return given
        if not text:
            return f"{self.path.name}-{self.line}"
        name = text_id(text)
        last, count = self.numbering.problems.get(name, (-1, 0))
        if last != self.number:
            count += 1
            self.numbering.problems[name] = (self.number, count)
        return name if count == 1 else f"{name}-{count}"

    def next_sample(self, problem_id: str) -> int:
        """The sample index of a row in a file that gives none: how many the problem has had, in any file."""
        sample = self.numbering.samples.get(problem_id, 0)
        self.numbering.samples[problem_id] = sample + 1
        return sample


def text_id(text: str) -> str:
    """An id made of a problem's text: the same for the same text, in any file, on any machine."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Importer(Generic[RecordT]):
    """One tool's format.

    Attributes:
        name: as in `--from`.
        source: the tool and its files, for the documentation.
        record: the pydantic model of a record; it says what is wrong with a bad one.
        matches: whether an object is one of this tool's records, from its keys and little else.
        rows: the canonical rows of a record. A ValueError says what was expected and found.
    """

    name: str
    source: str
    record: type[RecordT]
    matches: Callable[[Mapping[str, Any]], bool]
    rows: Callable[[RecordT, Origin], Iterable[Fields]]

    def convert(self, record: Mapping[str, Any], origin: Origin) -> Iterator[Fields]:
        """Raises ValueError, pydantic's ValidationError among them."""
        yield from self.rows(self.record.model_validate(record), origin)


def reference_answer(text: str | None) -> str | None:
    """The final answer of a reference, also of a whole solution (`... #### 18`, `\\boxed{18}`)."""
    if text is None or not ("####" in text or "\\boxed" in text or "\\fbox" in text):
        return text
    return extract_answer(text) or text


def present(**values: object) -> Fields:
    """The fields that have a value."""
    return {name: value for name, value in values.items() if value is not None}


def item(values: list[Any] | None, index: int, length: int) -> Any:
    """The value that belongs to sample `index`.

    None where the tool wrote no such list, or an empty one.

    Raises:
        ValueError: the list does not have one value a sample.
    """
    if not values:
        return None
    if len(values) != length:
        raise ValueError(f"expected one value a sample ({length}) in each list, found a list of {len(values)}")
    return values[index]
