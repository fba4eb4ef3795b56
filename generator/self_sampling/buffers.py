"""The buffers of all problems: what samples add to them, and the file that they are kept in."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from generator.self_sampling.buffer import OUTCOMES, Buffer, Outcome
from generator.self_sampling.problems import TrainingProblem
from generator.self_sampling.reading import READERS
from generator.self_sampling.recipe import Kind
from reasoning.errors import RowError
from reasoning.formats import read_rows
from reasoning.formats.parse import parse_object
from reasoning.formats.sources import raw_records
from reasoning.formats.write import atomic_file, write_lines


class Buffers:
    """A buffer a problem, with the outcomes of the problem's samples so far.

    Args:
        problems: with ids of their own.
        kind: what a solution is.
        with_partial: whether partially correct solutions are looked for.
    """

    def __init__(self, problems: Sequence[TrainingProblem], *, kind: Kind, with_partial: bool) -> None:
        self._read = READERS[kind]
        self._problems = {problem.id: problem for problem in problems}
        self._with_partial = with_partial
        self._buffers = {problem.id: self._new(problem) for problem in problems}
        self._outcomes: dict[str, Counter[Outcome]] = {problem.id: Counter() for problem in problems}

    def __getitem__(self, problem_id: str) -> Buffer:
        return self._buffers[problem_id]

    def __len__(self) -> int:
        return len(self._buffers)

    @property
    def num_correct(self) -> int:
        """Fully correct solutions of all problems, references among them."""
        return sum(len(buffer.correct) for buffer in self._buffers.values())

    @property
    def num_partial(self) -> int:
        """Partially correct solutions of all problems, the empty ones not among them."""
        return sum(len(buffer.partial) for buffer in self._buffers.values())

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many samples had each outcome so far."""
        return {name: sum(counts[name] for counts in self._outcomes.values()) for name in OUTCOMES}

    def add(self, texts: Iterable[tuple[str, str]]) -> list[Outcome]:
        """Add sampled texts to their problems' buffers, in order.

        Args:
            texts: (problem id, text).
        """
        ids, solutions = [], []
        for problem_id, text in texts:
            ids.append(problem_id)
            solutions.append(text)
        samples = self._read(solutions, [self._problems[problem_id].expected for problem_id in ids])
        outcomes = []
        for problem_id, sample in zip(ids, samples, strict=True):
            outcomes.append(self._buffers[problem_id].add(sample))
            self._outcomes[problem_id][outcomes[-1]] += 1
        return outcomes

    def add_file(self, path: Path) -> int:
        """Add the solutions of an earlier run's buffers, of TraceCodegen's, or of any samples; return how many are new.

        All are run and judged again. Rows of problems that are not here are passed over. A partially correct solution
        may be known only by another one that comes later, so the file is read until nothing is new.

        Raises:
            InputError: the file cannot be read.
        """
        texts = [(row.id, row.generation) for row in read_rows([path]) if row.id in self._problems]
        before = self.num_correct + self.num_partial
        known = Counter[Outcome]()
        while "new_correct" in known or "new_partial" in known or not known:
            known = Counter(self.add(texts)) or Counter({"wrong": 1})
        self._outcomes = {problem_id: Counter() for problem_id in self._problems}  # they are not this run's samples
        return self.num_correct + self.num_partial - before

    def write(self, path: Path) -> None:
        """Write one JSON object a problem, in TraceCodegen's names where it has some.

        The reference comes first, the empty solution is the first of the partially correct ones.
        """
        with atomic_file(path) as file:
            write_lines((json.dumps(record, ensure_ascii=False) for record in self._records()), file)

    def read(self, paths: Iterable[Path]) -> None:
        """Put what `write` wrote in place of what is here; records of other processes' problems are passed over.

        Raises:
            RowError: a solution does not come to what it came to when it was written.
        """
        records = [
            (record, path, line) for path in paths for line, raw in raw_records(path)
            if (record := parse_object(raw, path, line))["task_id"] in self._problems
        ]  # fmt: skip
        texts = [text for record, _, _ in records for text in _texts(record)]
        expected = [self._problems[r["task_id"]].expected for r, _, _ in records for _ in _texts(r)]
        samples = iter(self._read(texts, expected))
        for record, path, line in records:
            problem_id = record["task_id"]
            buffer = self._new(self._problems[problem_id])
            _, *correct = (next(samples) for _ in record["saved_fcp_programs"])
            for sample in correct:
                if not sample.is_correct:
                    raise RowError(path, line, "expected correct solutions, found others; start again with --overwrite")
                buffer.keep_correct(sample.solution)
            for _ in _partial(record):
                buffer.keep_partial(next(samples).solution)
            self._buffers[problem_id] = buffer
            self._outcomes[problem_id] = Counter(record["outcomes"])

    def _new(self, problem: TrainingProblem) -> Buffer:
        judge = partial(self._is_correct, problem.expected)
        return Buffer(problem.reference, is_correct=judge, with_partial=self._with_partial)

    def _is_correct(self, expected: str, text: str) -> bool:
        return self._read([text], [expected])[0].is_correct

    def _records(self) -> Iterator[dict[str, Any]]:
        for problem_id, problem in self._problems.items():
            buffer = self._buffers[problem_id]
            yield {
                "task_id": problem_id,
                "metadata": {"task_id": problem_id, "text": problem.text, "answer": problem.expected},
                "saved_fcp_programs": [solution.text for solution in buffer.correct],
                "saved_pcp_programs": [solution.text for solution in buffer.beginnings],
                "outcomes": {name: self._outcomes[problem_id][name] for name in OUTCOMES},
            }


def _texts(record: dict[str, Any]) -> list[str]:
    return [*record["saved_fcp_programs"], *_partial(record)]


def _partial(record: dict[str, Any]) -> list[str]:
    """The partially correct solutions but the empty one."""
    return [text for text in record["saved_pcp_programs"] if text]


def merge_files(paths: Iterable[Path], output: Path, *, problems: Sequence[TrainingProblem]) -> None:
    """Put the files of all processes into one, in the order of the problems."""
    records = {
        record["task_id"]: record
        for path in paths
        for line, raw in raw_records(path)
        if (record := parse_object(raw, path, line))
    }
    with atomic_file(output) as file:
        write_lines((json.dumps(records[problem.id], ensure_ascii=False) for problem in problems), file)
