"""Sampling in bulk: problems in, a canonical row a sample out; killed, it goes on where it was."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from reasoning.answers import Grade, extract_answer, grade
from reasoning.bulk import Backend, Batch, chunk_of, here, make_rows
from reasoning.engines import Completion, Request, Sampler, SamplingParams
from reasoning.errors import InputError, QuorumError, Unavailable
from reasoning.formats import Row
from reasoning.formats.shards import ShardedFile, Shards
from reasoning.problems import ProblemRow
from reasoning.prompts import solution_prompt
from reasoning.seeds import sample_seed

PROBLEMS_PER_CALL = 32


class Stop(Protocol):
    """Ends the sampling of a problem early. Its text says all that decides it; it must survive pickling."""

    def __call__(self, answers: Sequence[str | None]) -> int:
        """How many more samples to draw, given the answers so far by sample; None is no answer, or a failed sample."""
        ...


@dataclass(frozen=True, kw_only=True)
class SamplingPlan:
    """What to draw of each problem.

    Attributes:
        num_samples: per problem, the greedy one not counted; at most so many with `stop`.
        params: how tokens are drawn.
        seed: of the run; see `sample_seed`.
        greedy: also take one sample at temperature 0, as the last one of each problem. A report keeps it apart from
            the votes and takes it for Pass@1.
        examples: (problem, solution) pairs put before each problem.
        keep_fields: fields of the problem rows that their sample rows repeat; None repeats all.
        problems_per_call: problems given to the engine, and rows kept, at a time.
        stop: ends the sampling of a problem before `num_samples`; samples are then drawn in rounds.
    """

    num_samples: int
    params: SamplingParams
    seed: int = 0
    greedy: bool = False
    examples: tuple[tuple[str, str], ...] = ()
    keep_fields: tuple[str, ...] | None = None
    problems_per_call: int = PROBLEMS_PER_CALL
    stop: Stop | None = None

    @property
    def rows_per_problem(self) -> int:
        return self.num_samples + self.greedy


@dataclass(slots=True)
class Tally:
    """What the rows of a run are, greedy samples included.

    Attributes:
        failed: rows that the engine could not sample.
        unanswered: rows without an answer, failed ones included.
        graded: rows with an expected answer.
        correct: rows whose answer is the expected one.
    """

    problems: int = 0
    rows: int = 0
    failed: int = 0
    unanswered: int = 0
    graded: int = 0
    correct: int = 0

    def add(self, row: Row) -> None:
        self.problems += row.sample == 0
        self.rows += 1
        self.failed += row.finish_reason == "error"
        self.unanswered += row.predicted_answer is None
        self.graded += row.symbolic_correct is not None
        self.correct += row.symbolic_correct is True


@dataclass(frozen=True, slots=True)
class SampleBatch:
    """The rows of one batch of problems, as work for any process.

    Attributes:
        sampler: the generator; must survive pickling where other processes are to use it.
        plan: what to draw.
        told: of every completion as it comes; None where other processes draw.
    """

    sampler: Sampler
    plan: SamplingPlan
    told: Callable[[Completion], None] | None = None

    def __call__(self, problems: Sequence[ProblemRow]) -> list[Row]:
        return [row for rows in sample_rows(self.sampler, problems, self.plan, on_completion=self.told) for row in rows]


def sample_file(
    sampler: Sampler,
    problems: Sequence[ProblemRow],
    output: Path,
    *,
    plan: SamplingPlan,
    settings: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    backend: Backend = here,
    chunk: tuple[int, int] | None = None,
    on_resume: Callable[[int], None] | None = None,
    on_completion: Callable[[Completion], None] | None = None,
    on_batch: Callable[[Sequence[Row]], None] | None = None,
) -> Tally | None:
    """Sample every problem into a file, whose rows come by problem, then by sample.

    A batch of problems is on the disk when it is drawn. Killed and called again, it draws the batches that were cut off
    and those that are missing, and ends with the bytes of a run that was not interrupted, whatever the backend.

    Args:
        sampler: the generator; see `SampleBatch`.
        problems: with ids of their own.
        output: `.jsonl`, `.jsonl.gz` or `.parquet`.
        plan: what to draw.
        settings: what else decides the rows, as a digest of the weights; a resume with another one is refused.
        overwrite: start again, whatever is there.
        backend: where batches are drawn.
        chunk: (number, number of chunks): draw this part of the batches only. The files of all chunks, one behind the
            other, are the file of a run without chunks.
        on_resume: told once how many rows were there.
        on_completion: told of every completion as it comes; for `here` only.
        on_batch: told the rows of every batch that is done.

    Returns:
        The tally of the whole file; None where it was complete already.

    Raises:
        InputError: nothing to sample, a plan that makes no sense, or a file made with other settings.
        QuorumError: see `sample_rows` and `make_rows`.
    """
    _check(problems, plan)
    all_settings = {"model": sampler.name, **(settings or {}), **_settings(problems, plan)}
    if chunk is not None:
        all_settings["chunk"] = f"{chunk[0]} of {chunk[1]}"
    with ShardedFile(output, all_settings, overwrite=overwrite) as file:
        if file.is_complete:
            return None
        tally = Tally()
        batches = chunk_of(_batches(problems, plan, file.shards), chunk)
        draw = SampleBatch(sampler, plan, on_completion)
        for row in make_rows(file, batches, draw, backend=backend, on_resume=on_resume, on_batch=on_batch):
            tally.add(row)
    return tally


def _batches(problems: Sequence[ProblemRow], plan: SamplingPlan, shards: Shards) -> list[Batch[ProblemRow]]:
    batches = []
    for start in range(0, len(problems), plan.problems_per_call):
        items = problems[start : start + plan.problems_per_call]
        keys = [(problem.id, sample) for problem in items for sample in range(plan.rows_per_problem)]
        batches.append(Batch(shards.name(keys), len(keys) if plan.stop is None else None, items))
    return batches


def sample_rows(
    sampler: Sampler,
    problems: Sequence[ProblemRow],
    plan: SamplingPlan,
    *,
    on_completion: Callable[[Completion], None] | None = None,
) -> Iterator[list[Row]]:
    """The rows of `plan.problems_per_call` problems at a time, by problem, then by sample.

    Raises:
        QuorumError: the engine failed on every sample of several problems, or left samples out. One problem alone may
            fail, as when it is too long.
    """
    for start in range(0, len(problems), plan.problems_per_call):
        batch = problems[start : start + plan.problems_per_call]
        rows: dict[tuple[int, int], Row] = {}
        samples = _next_samples(plan, rows, range(len(batch)))
        while samples:
            rows |= _drawn(sampler, batch, plan, plan.params, samples=samples, told=on_completion)
            _check_drawn(sampler, batch, rows)
            samples = {} if plan.stop is None else _next_samples(plan, rows, samples)
        if plan.greedy:
            params = replace(plan.params, temperature=0.0)
            last = dict.fromkeys(range(len(batch)), range(plan.num_samples, plan.rows_per_problem))
            rows |= _drawn(sampler, batch, plan, params, samples=last, told=on_completion)
        yield [rows[key] for key in sorted(rows)]


def _next_samples(plan: SamplingPlan, rows: Mapping[tuple[int, int], Row], problems: Iterable[int]) -> dict[int, range]:
    """The samples of the next round of each of some problems; a problem that is done is left out."""
    if plan.stop is None:
        return dict.fromkeys(problems, range(plan.num_samples))
    found = {}
    for problem in problems:
        answers: list[str | None] = []
        while (row := rows.get((problem, len(answers)))) is not None:
            answers.append(None if row.finish_reason == "error" else row.predicted_answer)
        more = min(plan.stop(answers), plan.num_samples - len(answers))
        if more > 0:
            found[problem] = range(len(answers), len(answers) + more)
    return found


def _drawn(
    sampler: Sampler,
    problems: Sequence[ProblemRow],
    plan: SamplingPlan,
    params: SamplingParams,
    *,
    samples: Mapping[int, range],
    told: Callable[[Completion], None] | None,
) -> dict[tuple[int, int], Row]:
    """The rows of some samples of some of the problems, by (index of the problem, sample)."""
    indices = list(samples)
    requests = [
        Request(
            solution_prompt(problems[index].problem, examples=plan.examples),
            tuple(sample_seed(plan.seed, problems[index].id, sample) for sample in samples[index]),
        )
        for index in indices
    ]
    completions: list[Completion] = []
    try:
        for completion in sampler.sample(requests, params):
            completions.append(completion)
            if told is not None:
                told(completion)
    except Unavailable as error:
        error.has_answered |= bool(completions)
        raise
    num_asked = sum(map(len, samples.values()))
    if len(completions) < num_asked:
        raise QuorumError(
            f"{sampler.name}: expected {num_asked:,} completions, found {len(completions):,}; run it again"
        )
    rows = {}
    for completion in completions:
        index = indices[completion.request]
        problem, sample = problems[index], samples[index][completion.sample]
        provenance = {
            "model": sampler.name,
            "seed": requests[completion.request].seeds[completion.sample],
            "temperature": float(params.temperature),
        }
        if plan.stop is not None:
            provenance["stop"] = f"{plan.stop}, at most {plan.num_samples}"
        fields = {**_kept(problem, plan.keep_fields), **provenance}
        rows[index, sample] = _row(problem, completion, sample=sample, fields=fields)
    return rows


def _check_drawn(sampler: Sampler, problems: Sequence[ProblemRow], rows: Mapping[tuple[int, int], Row]) -> None:
    """Refuse a batch of several problems whose every sample so far failed: one problem alone may be too long."""
    if len(problems) == 1 or any(row.finish_reason != "error" for row in rows.values()):
        return
    first = (rows[min(rows)].model_extra or {}).get("error")
    raise QuorumError(
        f"{sampler.name}: expected completions, found that all {len(rows):,} of a batch failed, the first with: "
        f"{first}; run the same command again to go on from there"
    )


def _row(problem: ProblemRow, completion: Completion, *, sample: int, fields: Mapping[str, Any]) -> Row:
    # A text that was cut has no concluding sentence, so only a marked answer counts there.
    answer = extract_answer(completion.text, last_number=completion.finish_reason == "stop")
    expected = problem.expected_answer
    row = {
        "id": problem.id,
        "sample": sample,
        "problem": problem.problem,
        "expected_answer": expected,
        "generation": completion.text,
        "predicted_answer": answer,
        "symbolic_correct": None if expected is None else grade(candidate=answer, expected=expected) is Grade.EQUAL,
        "num_generated_tokens": completion.num_tokens,
        "finish_reason": completion.finish_reason,
        **fields,
    }
    return Row.model_validate(row if completion.error is None else {**row, "error": completion.error})


def _kept(problem: ProblemRow, keep_fields: tuple[str, ...] | None) -> dict[str, Any]:
    """The fields of a problem row that its sample rows repeat and that mean nothing else there."""
    return {
        name: value
        for name, value in problem.model_dump(exclude_unset=True).items()
        if name not in Row.model_fields and (keep_fields is None or name in keep_fields)
    }


def _check(problems: Sequence[ProblemRow], plan: SamplingPlan) -> None:
    if not problems:
        raise InputError("expected at least one problem, found none; check the file")
    if plan.num_samples < 1 or plan.problems_per_call < 1:
        raise InputError("expected at least one sample a problem and one problem a call")
    if plan.params.temperature == 0 and plan.rows_per_problem > 1:
        raise InputError(
            f"expected a temperature above 0, found 0, at which all {plan.rows_per_problem} samples are the same; "
            "use --n 1 without --greedy, or another temperature"
        )


def _settings(problems: Sequence[ProblemRow], plan: SamplingPlan) -> dict[str, Any]:
    """All that decides the rows, as JSON values; long ones as digests."""
    return {
        "problems": f"{len(problems)} with SHA-256 {_digest(problem.to_json() for problem in problems)}",
        "num_samples": plan.num_samples,
        **asdict(plan.params),
        "seed": plan.seed,
        "greedy": plan.greedy,
        "examples": _digest(json.dumps(pair) for pair in plan.examples) if plan.examples else None,
        "keep_fields": plan.keep_fields,
        "problems_per_call": plan.problems_per_call,  # another batch may round otherwise, and draw another token
        **({} if plan.stop is None else {"stop": str(plan.stop)}),
    }


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()
