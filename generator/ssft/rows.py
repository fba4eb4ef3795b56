"""Training rows: what a file's rows give the model to read and to learn."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.ssft.recipe import SourceSection
from reasoning.errors import InputError, RowError
from reasoning.formats.parse import parse_object, shown_keys
from reasoning.formats.sources import data_files, raw_records
from reasoning.prompts import solution_prompt, verdict_prefix

# prompt and completion under the names that other tools give them, the first that fits
PAIRS = (
    ("problem", "solution"),  # Quorum's problem rows, MATH
    ("query", "response"),  # MetaMath, DART-Math
    ("problem", "generation"),  # sample rows
    ("instruction", "output"),
    ("question", "answer"),  # GSM8K
)


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A text to learn and what comes before it.

    Attributes:
        place: `file:line`, for messages.
        problem: the question, where the row has one.
        prompt: what comes before the completion in plain text; None where that is a chat of more than a question.
        turns: (role, text) of what comes before the completion in a chat template.
        completion: the text to learn.
    """

    place: str
    problem: str | None
    prompt: str | None
    turns: tuple[tuple[str, str], ...]
    completion: str


def read_training_rows(source: SourceSection) -> Iterator[TrainingRow]:
    """The rows of a source, in the order of its files.

    Raises:
        InputError: no such file, or a row that is not a row to train on, with its line.
    """
    rows = (
        _row(parse_object(raw, path, line), source, path, line)
        for path in data_files([source.path])
        for line, raw in raw_records(path)
    )
    return itertools.islice(rows, source.limit)


def _row(record: dict[str, Any], source: SourceSection, path: Path, line: int) -> TrainingRow:
    place, fields = f"{path}:{line}", source.fields
    if fields is None and "messages" in record:
        return _chat(_messages(record["messages"], path, line), place)
    if fields is None and "prompt" in record and "completion" in record:
        prompt, completion = (_text(record, name, path, line) for name in ("prompt", "completion"))
        return TrainingRow(place, None, prompt, (("user", prompt),), completion)
    problem, solution = (_text(record, name, path, line) for name in _names(record, fields, path, line))
    if source.prompt == "verdict":
        prompt = verdict_prefix(problem).rstrip(" ")  # most tokenizers put the space into the solution's first token
        return TrainingRow(place, problem, prompt, (("user", prompt),), f" {solution}")
    prompt = solution_prompt(problem)  # also in a chat, since that is what samplers send
    return TrainingRow(place, problem, prompt, (("user", prompt),), solution)


def _names(record: dict[str, Any], fields: Mapping[str, str] | None, path: Path, line: int) -> tuple[str, str]:
    """What the record calls problem and solution."""
    if fields is not None:
        if set(fields) != {"problem", "solution"}:
            raise InputError(f"data.fields: expected `problem` and `solution`, found {', '.join(fields) or 'neither'}")
        return fields["problem"], fields["solution"]
    for problem, solution in PAIRS:
        if problem in record and solution in record:
            return problem, solution
    known = ", ".join(" and ".join(pair) for pair in (*PAIRS, ("prompt", "completion")))
    found = shown_keys(record) or "an empty object"
    raise RowError(path, line, f"expected {known}, or messages; found {found}; name them in the source's `fields`")


def _chat(turns: list[tuple[str, str]], place: str) -> TrainingRow:
    """A question and its answer is also a problem; a longer chat is only a chat."""
    *before, (_, completion) = turns
    problem = before[0][1] if len(before) == 1 else None
    prompt = None if problem is None else solution_prompt(problem)
    return TrainingRow(place, problem, prompt, tuple(before), completion)


def _text(record: dict[str, Any], name: str, path: Path, line: int) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RowError(path, line, f"expected text in `{name}`, found {shown_keys(record)}; correct or remove the row")
    return value


def _messages(messages: object, path: Path, line: int) -> list[tuple[str, str]]:
    """The turns; the last one is the assistant's."""
    turns = []
    for message in messages if isinstance(messages, list) else []:
        if not (isinstance(message, dict) and isinstance(message.get("content"), str) and "role" in message):
            raise RowError(path, line, "`messages`: expected objects with `role` and `content` as text")
        turns.append((str(message["role"]), message["content"]))
    if len(turns) < 2 or turns[-1][0] != "assistant":
        raise RowError(path, line, "`messages`: expected at least two, the last one the assistant's; correct the row")
    return turns
