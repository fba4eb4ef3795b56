"""A run read from a report's folder, checked as far as a comparison uses it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from reasoning.errors import InputError, RowError
from reasoning.formats.parse import first_fault, shown
from reasoning.formats.sources import MAX_RECORD_BYTES
from reasoning.types import Problem
from rerank.folder import PER_PROBLEM, REPORT
from rerank.naming import STEMS, title
from rerank.runs import MetricKey, Run

PER_PROBLEM_FIELDS = frozenset({"id", "values", "clusters", "selections"})


def _known(name: str) -> str:
    if name not in STEMS:
        raise ValueError(f"expected one of {', '.join(STEMS)}")
    return name


class _Record(BaseModel):
    """What a report writes has more fields than are read here."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _Key(_Record):
    name: Annotated[str, AfterValidator(_known)]
    n: int = Field(ge=1)
    k: int | None = Field(ge=1)

    @property
    def key(self) -> MetricKey:
        return self.name, self.n, self.k


class _Value(_Key):
    value: float = Field(ge=0, le=1)


class _Metric(_Key):
    estimator: str
    standard_error: float = Field(ge=0, allow_inf_nan=False)


class _Line(_Record):
    id: str = Field(min_length=1)
    problem: str
    expected_answer: str | None
    values: list[_Value]


class _Curve(_Record):
    points: list[_Metric]


class _Source(_Record):
    files: list[dict[str, str | int | None]] = []


class _Settings(_Record):
    """Those in which two runs must not differ; see GRADE_SETTINGS."""

    policy: dict[str, Any] | None = None
    extraction: dict[str, Any] | None = None


class _Report(_Record):
    settings: _Settings
    warnings: list[str]
    source: _Source
    metrics: list[_Metric]
    curves: list[_Curve]


def report_file(path: Path) -> Path | None:
    """The per_problem.jsonl that a path means: a report's folder, or such a file; None if it is neither."""
    if path.is_dir():
        inside = path / PER_PROBLEM
        return inside if inside.is_file() else None
    if not path.is_file() or path.suffix != ".jsonl":
        return None
    with path.open("rb") as file:
        first = file.readline(MAX_RECORD_BYTES)
    try:
        record = from_json(first)
    except ValueError:
        return None
    return path if isinstance(record, dict) and record.keys() >= PER_PROBLEM_FIELDS else None


def reported_run(name: str, path: Path) -> Run:
    """A run from a report's per_problem.jsonl; the rest comes from the report.json beside it.

    Raises:
        RowError: a line is not what a report writes, or a second one of a problem.
        InputError: the file is empty, or its report.json cannot be read.
    """
    problems: dict[str, Problem] = {}
    values: dict[str, dict[MetricKey, float]] = {}
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                line = _Line.model_validate_json(raw)
                found = _by_metric(line.values)
            except ValueError as error:
                fault = first_fault(error) if isinstance(error, ValidationError) else error
                problem = f"expected a line of per_problem.jsonl, found a bad one: {fault}; write the report again"
                raise RowError(path, number, problem) from error
            if line.id in problems:
                problem = (
                    f"expected one line per problem, found a second one of {shown(line.id)}; write the report again"
                )
                raise RowError(path, number, problem)
            problems[line.id] = Problem(line.id, line.problem, line.expected_answer)
            values[line.id] = found
    if not problems:
        raise InputError(f"{path}: expected at least one problem, found an empty file; write the report again")
    return _with_report(Run(name, problems, None, values, {}), path.with_name(REPORT))


def _by_metric(values: Sequence[_Value]) -> dict[MetricKey, float]:
    found: dict[MetricKey, float] = {}
    for value in values:
        if found.setdefault(value.key, value.value) != value.value:
            raise ValueError(f"expected one value of {title(*value.key)}, found two")
    return found


def _with_report(run: Run, path: Path) -> Run:
    """The run with what its report.json says of it; as it is where there is none."""
    if not path.is_file():
        return run
    try:
        report = _Report.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path}: expected a report, found a bad one: {first_fault(error)}; write it again") from error
    metrics = [*report.metrics, *(point for curve in report.curves for point in curve.points)]
    return replace(
        run,
        settings={name: value for name, value in report.settings if value is not None},
        warnings=tuple(report.warnings),
        files=tuple(report.source.files),
        # The metrics come last: Pass@1 there may be the greedy samples', in the curve it is the mean.
        estimators={m.key: (m.estimator, m.standard_error) for m in reversed(metrics)},
    )
