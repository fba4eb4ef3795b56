"""What an evaluator learns from: each problem's distinct candidates, graded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reasoning.answers import Grade, extract_answer, grade
from reasoning.errors import InputError, RowError
from reasoning.formats import Row, read_rows
from reasoning.formats.parse import parse_object, shown, shown_keys
from reasoning.formats.sources import data_files, raw_records
from reasoning.problems import check_disjoint, problem_hash, read_manifest


@dataclass(frozen=True, slots=True)
class Sampled:
    """A distinct candidate of a problem.

    Attributes:
        text: the solution.
        is_correct: by its final answer.
        count: samples that have this text.
        steps: whether all is right up to the end of each line that is not blank; None where nobody said.
    """

    text: str
    is_correct: bool
    count: int = 1
    steps: tuple[bool, ...] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A problem with its distinct candidates, in the order in which they first came."""

    id: str
    problem: str
    candidates: tuple[Sampled, ...]

    @property
    def is_mixed(self) -> bool:
        """Whether there are correct and incorrect candidates: only such a problem teaches to tell its own apart."""
        return len({candidate.is_correct for candidate in self.candidates}) == 2


@dataclass(frozen=True, slots=True)
class Balance:
    """What the training data is made of.

    Attributes:
        num_problems: with at least one candidate.
        num_mixed: with correct and incorrect ones.
        num_samples: rows.
        num_distinct: candidates that differ in their text, within each problem.
        num_correct: of the samples.
        num_distinct_correct: of the distinct candidates.
    """

    num_problems: int
    num_mixed: int
    num_samples: int
    num_distinct: int
    num_correct: int
    num_distinct_correct: int


def read_groups(paths: Sequence[Path]) -> list[Group]:
    """Read graded samples of any known tool, or rows of {prompt, completion, label} or {prompt, chosen, rejected}.

    A sample is correct if its row says so (`symbolic_correct`); else its answer is graded against the expected one. A
    sample that failed (`finish_reason` "error") is left out. Problems are in the order of the files.

    Raises:
        InputError: no rows, a sample that cannot be graded, or one text of a problem graded in two ways.
    """
    candidates: dict[str, tuple[str, dict[str, Sampled]]] = {}
    for path in data_files(list(paths)):
        labelled = _labelled(path) if _is_labelled(path) else _graded(path)
        for id_, problem, sampled in labelled:
            known_problem, known = candidates.setdefault(id_, (problem, {}))
            if known_problem != problem:
                raise InputError(f"{path}: expected one text for problem {shown(id_)}, found two; give each its own id")
            before = known.get(sampled.text)
            if before is not None and before.is_correct != sampled.is_correct:
                raise InputError(
                    f"{path}: expected one grading for one text, found two for a solution of {shown(id_)}: "
                    f"{shown(sampled.text)}; grade the samples again"
                )
            known[sampled.text] = sampled if before is None else replace(before, count=before.count + sampled.count)
    if not candidates:
        raise InputError(f"{paths[0]}: expected at least one graded sample, found none")
    return [Group(id_, problem, tuple(texts.values())) for id_, (problem, texts) in candidates.items()]


def balance_of(groups: Iterable[Group]) -> Balance:
    """Count classes."""
    groups = list(groups)
    candidates = [candidate for group in groups for candidate in group.candidates]
    return Balance(
        num_problems=len(groups),
        num_mixed=sum(group.is_mixed for group in groups),
        num_samples=sum(c.count for c in candidates),
        num_distinct=len(candidates),
        num_correct=sum(c.count for c in candidates if c.is_correct),
        num_distinct_correct=sum(c.is_correct for c in candidates),
    )


def check_apart(training: Iterable[Group], validation: Iterable[Group], *, name: str) -> None:
    """Refuse to validate on problems that are trained on.

    Raises:
        InputError: a problem is in both.
    """
    check_disjoint(
        training=_manifest(training), testing=_manifest(validation), training_name=name, testing_name="validation"
    )


def refuse_leaks(groups: Iterable[Group], paths: Sequence[Path], *, name: str) -> None:
    """Refuse to train on problems that are to be tested on.

    Args:
        groups: of the training data.
        paths: files of problems, or of their hashes.
        name: what a message calls the training data.

    Raises:
        InputError: a problem is in one of the files.
    """
    training = _manifest(groups)
    for path in paths:
        check_disjoint(training=training, testing=read_manifest(path), training_name=name, testing_name=str(path))


def _manifest(groups: Iterable[Group]) -> dict[str, str]:
    return {problem_hash(group.problem): group.id for group in groups}


def _graded(path: Path) -> Iterator[tuple[str, str, Sampled]]:
    for row in read_rows([path]):
        if row.finish_reason != "error":
            sampled = Sampled(row.generation, is_correct(row), steps=_steps(row, path))
            yield row.id, row.problem, sampled


def is_correct(row: Row) -> bool:
    """Whether a sample is correct: as its row says, or by grading its answer.

    Raises:
        InputError: the row has neither a grading nor an expected answer.
    """
    if row.symbolic_correct is not None:
        return row.symbolic_correct
    if row.expected_answer is None:
        raise InputError(
            f"expected symbolic_correct or expected_answer in every row, found neither in ({shown(row.id)}, "
            f"{row.sample}); add one of them"
        )
    answer = row.predicted_answer if row.is_extracted else extract_answer(row.generation)
    return grade(candidate=answer, expected=row.expected_answer) is Grade.EQUAL


def _steps(row: Row, path: Path) -> tuple[bool, ...] | None:
    steps = (row.model_extra or {}).get("step_correct")
    if steps is None:
        return None
    num_lines = sum(bool(line.strip()) for line in row.generation.splitlines())
    if not isinstance(steps, list) or not all(isinstance(step, bool) for step in steps) or len(steps) != num_lines:
        raise InputError(
            f"{path}: expected in step_correct true or false for each of the {num_lines} lines of ({shown(row.id)}, "
            f"{row.sample}), found {shown(steps)}; correct the row or leave the field out"
        )
    return tuple(steps)


def _is_labelled(path: Path) -> bool:
    """Whether a file holds prompts with labelled completions, not samples."""
    first = next(raw_records(path), None)
    return first is not None and "prompt" in parse_object(first[1], path, first[0])


def _labelled(path: Path) -> Iterator[tuple[str, str, Sampled]]:
    for line, raw in raw_records(path):
        record = parse_object(raw, path, line)
        prompt = _text(record, "prompt", path, line)
        if "completion" in record:
            label = record.get("label")
            if not isinstance(label, bool) and label not in (0, 1):
                raise RowError(path, line, f"expected `label` to be true, false, 1 or 0, found {shown(label)}")
            yield problem_hash(prompt), prompt, Sampled(_text(record, "completion", path, line), bool(label))
        else:
            for name in ("chosen", "rejected"):
                yield problem_hash(prompt), prompt, Sampled(_text(record, name, path, line), name == "chosen")


def _text(record: dict[str, Any], name: str, path: Path, line: int) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        found = shown(value) if name in record else f"only {shown_keys(record) or 'an empty object'}"
        raise RowError(path, line, f"expected the field `{name}` with a text, found {found}")
    return value
