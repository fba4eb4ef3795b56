"""The public problem sets: how to know a record of theirs, and how it becomes a problem row."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reasoning.answers import extract_answer
from reasoning.answers.boxes import find_boxes
from reasoning.formats.importer import present, reference_answer
from reasoning.formats.lists import EXPECTED, IDENTIFIER, PROBLEM
from reasoning.formats.parse import shown

Record = Mapping[str, Any]
Fields = dict[str, Any]  # of a problem row, not validated yet

_CALCULATOR = re.compile(r"<<[^<>]*>>")


@dataclass(frozen=True)
class ProblemSet:
    """One problem set.

    Attributes:
        name: as in `quorum data NAME`.
        description: its records, for help.
        hub: its name for the `datasets` library; None where it has none.
        configs: the parts that are loaded from there, in this order; None is the only one.
        matches: whether a record is one of this set, from its keys.
        fields: of the row of a record. A ValueError says what was expected and found.
    """

    name: str
    description: str
    hub: str | None
    configs: tuple[str | None, ...]
    matches: Callable[[Record], bool]
    fields: Callable[[Record], Fields]


def _gsm8k(record: Record) -> Fields:
    """GSM8K: `answer` is the solution, with calculator annotations (kept), and ends in `#### 18`.

    The number of steps is that of the annotations; a solution without any has an unknown number.
    """
    question, solution = _text(record, "question"), _text(record, "answer")
    head, marker, answer = solution.rpartition("####")
    if not marker or not answer.strip():
        raise ValueError(f"`answer`: expected a last line `#### 18`, found {shown(solution[-40:])}")
    fields = present(
        problem=question,
        expected_answer=answer.strip().replace(",", ""),
        solution=solution,
        num_steps=len(_CALCULATOR.findall(head)) or None,
    )
    return _with_rest(fields, record, used={"question", "answer"})


def _math(record: Record) -> Fields:
    r"""MATH: the answer is in the last `\boxed{}` of `solution`, whatever a remark behind it says.

    Two boxes joined by "and" or "or" are one answer of two parts. `level` and `type` are kept.
    """
    problem, solution = _text(record, "problem"), _text(record, "solution")
    boxes = find_boxes(solution)
    answer = extract_answer(solution[boxes[-1].start : boxes[-1].end], last_number=False) if boxes else None
    if answer is None:
        raise ValueError(f"`solution`: expected an answer in \\boxed{{}}, found none in {shown(solution[-60:])}")
    return _with_rest({"problem": problem, "expected_answer": answer, "solution": solution}, record)


def _svamp(record: Record) -> Fields:
    """SVAMP: the story in `Body`, the question in `Question`; a few bodies lack their final stop."""
    body, question = _text(record, "Body").strip(), _text(record, "Question").strip()
    stop = "" if body.endswith((".", "?", "!", ",")) or question[:1].islower() else "."
    fields = {
        "problem": f"{body}{stop} {question}",
        "expected_answer": written(record.get("Answer")),
        **present(id=written(record.get("ID"))),
    }
    return _with_rest(fields, record, used={"Body", "Question", "Answer", "ID", "question_concat"})


def _any(record: Record) -> Fields:
    """Any record with a question and an answer under one of their usual names (`reasoning/formats/lists.py`)."""
    names = {"problem": PROBLEM, "expected_answer": EXPECTED, "id": IDENTIFIER}
    found = {ours: [name for name in theirs if record.get(name) is not None] for ours, theirs in names.items()}
    if not found["problem"]:
        fields = ", ".join(record) or "an empty object"
        raise ValueError(
            f"expected a question under one of {', '.join(PROBLEM)}; found {fields}; name it with --field problem=NAME"
        )
    return mapped(record, {ours: theirs[0] for ours, theirs in found.items() if theirs})


def mapped(record: Record, mapping: Mapping[str, str]) -> Fields:
    """The row of a record whose fields have other names: `mapping` is ours -> theirs.

    What is not mapped is kept under its own name. An expected answer that is a whole solution (`... #### 18`, a box)
    becomes its answer, and the solution too where that is not mapped.
    """
    fields: Fields = {}
    for ours, theirs in mapping.items():
        if theirs not in record:
            raise ValueError(f"expected the field `{theirs}`, found only {', '.join(record) or 'an empty object'}")
        value = record[theirs]
        fields[ours] = value if ours == "num_steps" else written(value)
    reference = fields.get("expected_answer")
    if isinstance(reference, str):
        answer = reference_answer(reference)
        if answer != reference:
            fields = {"solution": reference, **fields}
        fields["expected_answer"] = answer
    return _with_rest(fields, record, used=set(mapping.values()))


def written(value: object) -> object:
    """A number as text (145.0 is `145`); anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected text in `{name}`, found {shown(value)} among the fields {', '.join(record)}")
    return value


def _with_rest(fields: Fields, record: Record, used: set[str] | None = None) -> Fields:
    rest = {name: value for name, value in record.items() if name not in fields and name not in (used or set())}
    if not isinstance(rest.get("id", ""), str):
        rest["id"] = written(rest["id"])
    return {**fields, **rest}


GSM8K = ProblemSet(
    "gsm8k",
    "question, answer ending in `#### 18`",
    "openai/gsm8k",
    ("main",),
    lambda record: "question" in record and isinstance(record.get("answer"), str) and "####" in record["answer"],
    _gsm8k,
)
MATH = ProblemSet(
    "math",
    "problem, solution with its answer in \\boxed{}, level, type",
    "EleutherAI/hendrycks_math",
    (
        "algebra",
        "counting_and_probability",
        "geometry",
        "intermediate_algebra",
        "number_theory",
        "prealgebra",
        "precalculus",
    ),
    lambda record: {"problem", "solution"} <= record.keys() and not record.keys() & set(EXPECTED),
    _math,
)
SVAMP = ProblemSet(
    "svamp",
    "Body, Question, Answer",
    "ChilleD/SVAMP",
    (None,),
    lambda record: {"Body", "Question", "Answer"} <= record.keys(),
    _svamp,
)
ANY = ProblemSet("any", "a question and an answer under their usual names", None, (None,), lambda record: True, _any)

SETS = {problem_set.name: problem_set for problem_set in (GSM8K, MATH, SVAMP)}


def detect(record: Record) -> ProblemSet:
    """The set that a record is of; ANY where it is none of the known ones."""
    return next((problem_set for problem_set in SETS.values() if problem_set.matches(record)), ANY)
