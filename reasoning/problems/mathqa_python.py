"""MathQA with programs: without questions that differ only in numbers, and split by what is left of them.

Source: MathQA-Python-Filtered, arXiv:2205.14318, section 4.1: training and development questions are merged, of each
template one is kept, and templates, not questions, are split.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from reasoning.formats.importer import present
from reasoning.problems.conversion import Conversion, NoProgramError, check_program, held_out
from reasoning.problems.manifest import normalized
from reasoning.problems.mathqa_formulas import program_of_formula
from reasoning.problems.rows import ProblemRow
from reasoning.problems.sets import Fields, ProblemSet, Record, written

VALIDATION_SHARE = 0.1  # of the templates; the paper has 0.7K of 7.5K

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|\.\d+")
_OPTION = re.compile(r"([a-e]) ?\) ?(.*?)(?= ?, ?[a-e] ?\)|$)", re.DOTALL)
_VALUE = re.compile(r"-?(?:\d+(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+)(?: ?/ ?\d+)?")


def mathqa_python(
    rows: Iterable[ProblemRow], *, seed: int = 0, split: str | None = None, counts: Conversion | None = None
) -> Iterator[ProblemRow]:
    """The rows of MathQA with programs, one a template, split anew by template.

    A row without a program is left out, one of the test set not: it is neither merged nor compared with others.
    All rows are read before the first is given.

    Args:
        rows: as MATHQA gives them; of train, validation or no split are merged.
        seed: of the templates that are held out.
        split: train, validation or test; None for all.
        counts: filled while rows are consumed.
    """
    counts = Conversion() if counts is None else counts
    keyed = [(row, template_of(row.problem)) for row in rows]
    validation = held_out((key for row, key in keyed if row.split != "test"), seed=seed, share=VALIDATION_SHARE)
    seen: set[str] = set()
    for row, key in keyed:
        of = "test" if row.split == "test" else "validation" if key in validation else "train"
        if split not in (None, of):
            continue
        if of != "test" and key in seen:
            counts.num_duplicates += 1
            continue
        counts.num_problems += 1
        fields: dict[str, Any] = {"split": of, "template": key}
        try:
            fields["program"] = check_program(_program(row), row.expected_answer)
            counts.num_programs += 1
        except NoProgramError as reason:
            counts.reasons[str(reason)] += 1
            if of != "test":
                continue
        seen.add(key)
        kept = {name: value for name, value in row.model_dump(exclude_unset=True).items() if name != "linear_formula"}
        yield ProblemRow.model_validate({**kept, **fields})


def template_of(problem: str) -> str:
    """The question without its numbers, its case, spaces and final stop.

    Numbers in words stay, so "two trains" and "three trains" are two templates.
    """
    return _NUMBER.sub("#", normalized(problem))


def _program(row: ProblemRow) -> str:
    if row.program is not None:
        return row.program
    return program_of_formula(str((row.model_extra or {}).get("linear_formula") or ""), row.problem)


def _is_mathqa(record: Record) -> bool:
    return {"text", "code", "answer"} <= record.keys() or {"Problem", "options", "correct"} <= record.keys()


def _fields(record: Record) -> Fields:
    """A record of MathQA (`Problem`, `options`, `correct`, `linear_formula`) or MathQA-Python (`text`, `code`)."""
    if "text" in record:
        return {
            "problem": record["text"],
            "expected_answer": written(record.get("answer")),
            **present(program=record.get("code"), id=written(record.get("task_id"))),
        }
    if "Problem" not in record:
        raise ValueError(
            f"expected MathQA's `Problem` or MathQA-Python's `text`, found {', '.join(record) or 'nothing'}"
        )
    options = record.get("options")
    answers = dict(_OPTION.findall(options)) if isinstance(options, str) else {}
    found = _VALUE.search(answers.get(str(record.get("correct")), ""))
    return {
        "problem": record["Problem"],
        "expected_answer": None if found is None else found[0].replace(",", "").replace(" ", ""),
        **present(solution=record.get("Rationale"), linear_formula=record.get("linear_formula")),
    }


MATHQA = ProblemSet(
    "mathqa",
    "Problem, options, correct, linear_formula; or text, code, answer",
    None,
    (None,),
    _is_mathqa,
    _fields,
)
