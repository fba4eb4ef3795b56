"""Sampling in bulk with a scripted model: what rows hold, how a killed run goes on, what is refused."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from generator.sampling import SamplingPlan, Tally, sample_file, sample_rows
from reasoning.engines import Completion, Request, SamplingParams
from reasoning.errors import InputError, QuorumError, Unavailable
from reasoning.formats import Row, read_rows
from reasoning.problems import ProblemRow
from rerank.grading import grade_rows

PARAMS = SamplingParams(temperature=0.6, top_p=0.95, max_tokens=64)
PLAN = SamplingPlan(num_samples=4, params=PARAMS, seed=7, problems_per_call=2)


def problem(number: int, **fields: Any) -> ProblemRow:
    return ProblemRow(id=f"p{number}", problem=f"What is {number}?", expected_answer=str(number), **fields)


PROBLEMS = [problem(i, template="t", solution="s") for i in range(5)]


@dataclass
class Seeded:
    """What it says is a function of prompt, seed and temperature; completions come in reverse."""

    fails: float = 0.0
    calls: list[tuple[Sequence[Request], SamplingParams]] = field(default_factory=list)
    name: str = "seeded"

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        self.calls.append((requests, params))
        for i, request in reversed(list(enumerate(requests))):
            for j, seed in enumerate(request.seeds):
                random = Random(f"{request.prompt} {seed if params.temperature else 0}")
                if random.random() < self.fails:
                    yield Completion(i, j, "", 0, 9, "error", "time-out")
                else:
                    yield Completion(i, j, f"so\n#### {random.randrange(5)}", 3, 9, "stop")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@dataclass(frozen=True)
class Always:
    """Asks for two samples at a time until there is an answer 4."""

    def __call__(self, answers: Sequence[str | None]) -> int:
        return 0 if "4" in answers else 2


@dataclass(frozen=True)
class UntilAnswered:
    """Asks for two samples at a time until there is any answer."""

    def __call__(self, answers: Sequence[str | None]) -> int:
        return 0 if any(answers) else 2


class TestStopping:
    PLAN = replace(PLAN, num_samples=9, stop=Always(), greedy=True)

    def test_rows_are_the_first_of_those_without_a_rule(self) -> None:
        rows = [row for batch in sample_rows(Seeded(), PROBLEMS, self.PLAN) for row in batch]
        whole = [row for batch in sample_rows(Seeded(), PROBLEMS, replace(self.PLAN, stop=None)) for row in batch]
        by_key = {row.key: json.loads(row.to_json()) for row in whole}
        assert all(
            {**by_key[row.key], "stop": str(Always()) + ", at most 9"} == json.loads(row.to_json()) for row in rows
        )
        stopped_early = 0
        for problem in PROBLEMS:
            drawn = [row for row in rows if row.id == problem.id]
            answers = [row.predicted_answer for row in drawn[:-1]]
            assert [row.sample for row in drawn] == [*range(len(answers)), 9]
            assert drawn[-1].model_dump()["temperature"] == 0.0
            assert len(answers) == 9 or ("4" in answers[-2:] and "4" not in answers[:-2])
            stopped_early += len(answers) < 9
        assert stopped_early

    def test_a_run_goes_on_and_tells_what_it_drew(self, tmp_path: Path) -> None:
        output = tmp_path / "rows.jsonl"
        tally = sample_file(Seeded(), PROBLEMS, output, plan=self.PLAN)
        assert tally is not None
        assert (tally.problems, tally.rows) == (5, len(lines(output)))
        assert sample_file(Seeded(), PROBLEMS, output, plan=self.PLAN) is None
        with pytest.raises(InputError, match="stop"):
            sample_file(Seeded(), PROBLEMS, output, plan=replace(self.PLAN, stop=None))

    def test_a_rule_cannot_ask_for_more_than_there_may_be(self) -> None:
        plan = replace(PLAN, num_samples=3, stop=lambda answers: 100)
        rows = [row for batch in sample_rows(Seeded(), PROBLEMS, plan) for row in batch]
        assert len(rows) == 15


class TestRows:
    def test_by_problem_then_sample_with_all_that_made_them(self) -> None:
        rows = [row for batch in sample_rows(Seeded(), PROBLEMS, PLAN) for row in batch]
        assert [row.key for row in rows] == [(f"p{i}", j) for i in range(5) for j in range(4)]
        row = json.loads(rows[5].to_json())
        seed, generation = row.pop("seed"), row.pop("generation")
        assert isinstance(seed, int)
        assert row == {
            "id": "p1",
            "sample": 1,
            "problem": "What is 1?",
            "expected_answer": "1",
            "predicted_answer": generation[-1],
            "symbolic_correct": generation[-1] == "1",
            "num_generated_tokens": 3,
            "finish_reason": "stop",
            "model": "seeded",
            "temperature": 0.6,
            "template": "t",
            "solution": "s",
        }

    def test_every_sample_has_its_own_seed_whatever_the_batch(self) -> None:
        one, all_ = replace(PLAN, problems_per_call=1), replace(PLAN, problems_per_call=99)
        by_one = [row for batch in sample_rows(Seeded(), PROBLEMS, one) for row in batch]
        assert by_one == [row for batch in sample_rows(Seeded(), PROBLEMS, all_) for row in batch]
        assert len({row.seed for row in by_one}) == 20
        other = [row for batch in sample_rows(Seeded(), PROBLEMS, replace(PLAN, seed=8)) for row in batch]
        assert not {row.seed for row in by_one} & {row.seed for row in other}

    def test_engines_get_whole_batches(self) -> None:
        engine = Seeded()
        list(sample_rows(engine, PROBLEMS, PLAN))
        assert [len(requests) for requests, _ in engine.calls] == [2, 2, 1]
        assert {params for _, params in engine.calls} == {PARAMS}

    def test_a_problem_without_an_expected_answer_is_not_graded(self) -> None:
        ((row, *_),) = sample_rows(Seeded(), [ProblemRow(id="p", problem="Why?")], PLAN)
        assert (row.expected_answer, row.symbolic_correct) == (None, None)

    def test_a_failed_sample_is_a_row_that_says_so(self) -> None:
        rows = [row for batch in sample_rows(Seeded(fails=0.5), PROBLEMS, PLAN) for row in batch]
        failed = [row for row in rows if row.finish_reason == "error"]
        assert 0 < len(failed) < len(rows) == 20
        assert {(row.generation, row.predicted_answer, row.symbolic_correct) for row in failed} == {("", None, False)}
        assert {(row.model_extra or {})["error"] for row in failed} == {"time-out"}

    @pytest.mark.parametrize(
        ("keep", "kept"),
        [(None, {"solution", "template", "mine"}), (("mine",), {"mine"}), ((), set()), (("seed", "nothing"), set())],
    )
    def test_fields_of_the_problem(self, keep: tuple[str, ...] | None, kept: set[str]) -> None:
        """What a row calls by the same name is its own."""
        given = problem(1, solution="s", template="t", mine=[1], seed="theirs", model="theirs")
        ((row, *_),) = sample_rows(Seeded(), [given], replace(PLAN, keep_fields=keep))
        assert set(row.model_extra or {}) == kept
        assert (row.model, type(row.seed)) == ("seeded", int)

    def test_examples_come_first(self) -> None:
        engine = Seeded()
        list(sample_rows(engine, PROBLEMS[:1], replace(PLAN, examples=(("1 + 1?", "#### 2"),))))
        ((request,), _) = engine.calls[0]
        assert request.prompt == "Problem: 1 + 1?\nSolution:\n#### 2\n\nProblem: What is 0?\nSolution:\n"


class TestGreedy:
    PLAN = replace(PLAN, greedy=True)

    def test_is_the_last_sample_of_each_problem(self) -> None:
        rows = [row for batch in sample_rows(Seeded(), PROBLEMS, self.PLAN) for row in batch]
        assert [row.sample for row in rows] == [0, 1, 2, 3, 4] * 5
        assert {row.temperature for row in rows if row.sample == 4} == {0.0}
        assert {row.temperature for row in rows if row.sample < 4} == {0.6}

    def test_a_report_keeps_it_apart(self) -> None:
        rows = [row for batch in sample_rows(Seeded(), PROBLEMS, self.PLAN) for row in batch]
        graded = grade_rows(rows, workers=1)
        assert None not in graded.greedy
        assert {len(p.candidates) for p in graded.problems} == {4}


class TestFile:
    @pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.parquet"])
    def test_can_be_read_and_leaves_no_part(self, name: str, tmp_path: Path) -> None:
        tally = sample_file(Seeded(fails=0.2), PROBLEMS, tmp_path / name, plan=PLAN)
        rows = list(read_rows([tmp_path / name]))
        assert [row.key for row in rows] == [(f"p{i}", j) for i in range(5) for j in range(4)]
        assert tally == Tally(
            problems=5,
            rows=20,
            failed=sum(row.finish_reason == "error" for row in rows),
            unanswered=sum(row.predicted_answer is None for row in rows),
            graded=20,
            correct=sum(row.symbolic_correct is True for row in rows),
        )
        assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.settings"}

    def test_a_complete_file_is_left_alone(self, tmp_path: Path) -> None:
        output, engine = tmp_path / "rows.jsonl", Seeded()
        sample_file(engine, PROBLEMS, output, plan=PLAN)
        before, num_calls = output.read_bytes(), len(engine.calls)
        assert sample_file(engine, PROBLEMS, output, plan=PLAN) is None
        assert (output.read_bytes(), len(engine.calls)) == (before, num_calls)

    def test_overwrite_samples_again(self, tmp_path: Path) -> None:
        output = tmp_path / "rows.jsonl"
        sample_file(Seeded(), PROBLEMS, output, plan=PLAN)
        sample_file(Seeded(), PROBLEMS, output, plan=replace(PLAN, num_samples=1), overwrite=True)
        assert [row["sample"] for row in lines(output)] == [0] * 5
        assert sample_file(Seeded(), PROBLEMS, output, plan=replace(PLAN, num_samples=1)) is None

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"plan": replace(PLAN, num_samples=5)}, "num_samples 4 (now 5)"),
            ({"plan": replace(PLAN, seed=8)}, "seed 7 (now 8)"),
            ({"plan": replace(PLAN, params=replace(PARAMS, top_p=1.0))}, "top_p 0.95 (now 1.0)"),
            ({"plan": replace(PLAN, greedy=True)}, "greedy false (now true)"),
            ({"plan": replace(PLAN, keep_fields=())}, "keep_fields null (now [])"),
            ({"plan": replace(PLAN, examples=(("a", "b"),))}, "examples null (now "),
            ({"problems": PROBLEMS[:4]}, 'problems "5 with SHA-256'),
            ({"problems": [problem(9), *PROBLEMS[1:]]}, 'problems "5 with SHA-256'),
            ({"sampler": Seeded(name="other")}, 'model "seeded" (now "other")'),
            ({"settings": {"weights": "b"}}, 'weights "a" (now "b")'),
        ],
    )
    @pytest.mark.parametrize("complete", [True, False])
    def test_other_settings_are_refused(
        self, change: dict[str, Any], said: str, complete: bool, tmp_path: Path
    ) -> None:
        output = tmp_path / "rows.jsonl"
        call: dict[str, Any] = {"sampler": Seeded(), "problems": PROBLEMS, "plan": PLAN, "settings": {"weights": "a"}}
        if complete:
            sample_file(output=output, **call)
        else:
            with pytest.raises(Interrupted):
                sample_file(output=output, on_completion=interrupt_after(3), **call)
        with pytest.raises(InputError, match="expected rows of the same settings") as error:
            sample_file(output=output, **{**call, **change})
        assert said in str(error.value)
        assert str(error.value).endswith("give the old settings, another -o, or --overwrite to start again")

    def test_a_file_of_unknown_settings_is_refused(self, tmp_path: Path) -> None:
        output = tmp_path / "rows.jsonl"
        output.write_text("mine\n")
        with pytest.raises(InputError, match="found one of unknown settings"):
            sample_file(Seeded(), PROBLEMS, output, plan=PLAN)
        assert output.read_text() == "mine\n"

    def test_an_older_file_stays_until_the_new_one_is_whole(self, tmp_path: Path) -> None:
        output = tmp_path / "rows.jsonl"
        sample_file(Seeded(), PROBLEMS, output, plan=PLAN)
        before = output.read_bytes()
        plan = replace(PLAN, seed=8)
        with pytest.raises(QuorumError, match=r"all 8 of a batch failed, the first with: time-out; run the same"):
            sample_file(Seeded(fails=1.0), PROBLEMS, output, plan=plan, overwrite=True)
        assert output.read_bytes() == before
        with pytest.raises(InputError, match=r"seed 8 \(now 7\)"):  # it is no longer what a run of PLAN left
            sample_file(Seeded(), PROBLEMS, output, plan=PLAN)
        sample_file(Seeded(), PROBLEMS, output, plan=plan)
        assert len(lines(output)) == 20
        assert output.read_bytes() != before

    @pytest.mark.parametrize(
        ("problems", "plan", "said"),
        [
            ([], PLAN, "at least one problem, found none"),
            (PROBLEMS, replace(PLAN, num_samples=0), "at least one sample"),
            (PROBLEMS, replace(PLAN, params=replace(PARAMS, temperature=0.0)), "all 4 samples are the same"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, problems: list[ProblemRow], plan: SamplingPlan, said: str, tmp_path: Path
    ) -> None:
        with pytest.raises(InputError, match=said):
            sample_file(Seeded(), problems, tmp_path / "rows.jsonl", plan=plan)
        assert list(tmp_path.iterdir()) == []

    def test_another_suffix_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"expected a name ending in \.jsonl"):
            sample_file(Seeded(), PROBLEMS, tmp_path / "rows.csv", plan=PLAN)

    def test_one_problem_that_fails_alone_is_kept(self, tmp_path: Path) -> None:
        """As one that is longer than the context: run again, it would fail again."""
        tally = sample_file(Seeded(fails=1.0), PROBLEMS[:1], tmp_path / "rows.jsonl", plan=PLAN)
        assert tally == Tally(problems=1, rows=4, failed=4, unanswered=4, graded=4)

    def test_a_problem_that_fails_alone_in_a_later_round_is_kept(self, tmp_path: Path) -> None:
        """The others are decided then, so no other problem is drawn with it."""

        class TooLong(Seeded):
            def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
                for done in super().sample(requests, params):
                    is_long = "What is 1?" in requests[done.request].prompt
                    yield replace(done, text="", finish_reason="error", error="too long") if is_long else done

        plan = replace(PLAN, num_samples=8, stop=UntilAnswered(), problems_per_call=5)
        tally = sample_file(TooLong(), PROBLEMS, tmp_path / "rows.jsonl", plan=plan)
        assert tally is not None
        assert (tally.problems, tally.rows, tally.failed) == (5, 4 * 2 + 8, 8)

    def test_an_engine_that_answered_and_went_away_says_so(self) -> None:
        class Leaving(Seeded):
            def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
                yield from list(super().sample(requests, params))[: len(self.calls) - 1]
                raise Unavailable("gone")

        sampler = Leaving()
        for has_answered in (False, True):
            with pytest.raises(Unavailable) as caught:
                list(sample_rows(sampler, PROBLEMS, PLAN))
            assert caught.value.has_answered is has_answered

    def test_an_engine_that_leaves_samples_out_is_noticed(self, tmp_path: Path) -> None:
        class Lossy(Seeded):
            def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
                yield from list(super().sample(requests, params))[1:]

        with pytest.raises(QuorumError, match="expected 8 completions, found 7"):
            sample_file(Lossy(), PROBLEMS, tmp_path / "rows.jsonl", plan=PLAN)


class Interrupted(Exception):
    pass


def interrupt_after(number: int) -> Any:
    """A listener that stops the run at one completion."""
    count = iter(range(number))

    def listen(_: Completion) -> None:
        if next(count, None) is None:
            raise Interrupted

    return listen


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
@pytest.mark.parametrize("at", [0, 3, 8, 11, 19])
def test_an_interrupted_run_goes_on_to_the_same_bytes(at: int, name: str, tmp_path: Path) -> None:
    """Whatever is no whole batch is drawn again."""
    sample_file(Seeded(), PROBLEMS, tmp_path / "whole" / name, plan=PLAN)
    output = tmp_path / name
    with pytest.raises(Interrupted):
        sample_file(Seeded(), PROBLEMS, output, plan=PLAN, on_completion=interrupt_after(at))
    (tmp_path / f"{name}.part" / ".0.jsonl.x.part").write_text('{"id": "p')  # of a shard that was being written
    resumed: list[int] = []
    engine = Seeded()
    sample_file(engine, PROBLEMS, output, plan=PLAN, on_resume=resumed.append)
    assert resumed == [at // 8 * 8]
    assert sum(len(requests) for requests, _ in engine.calls) == 5 - at // 8 * 2
    assert output.read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("kept", [0, 1, -1])
def test_a_shard_that_is_not_whole_is_made_again(kept: int, tmp_path: Path) -> None:
    """As a copy of the folder may leave it; nothing here writes one."""
    sample_file(Seeded(), PROBLEMS, tmp_path / "whole" / "rows.jsonl", plan=PLAN)
    with pytest.raises(Interrupted):
        sample_file(Seeded(), PROBLEMS, tmp_path / "rows.jsonl", plan=PLAN, on_completion=interrupt_after(16))
    shard, _ = (tmp_path / "rows.jsonl.part").glob("*.jsonl")
    lines = shard.read_bytes().splitlines(keepends=True)
    shard.write_bytes(b"".join(lines[:-1]) + lines[-1][:kept])
    resumed: list[int] = []
    sample_file(Seeded(), PROBLEMS, tmp_path / "rows.jsonl", plan=PLAN, on_resume=resumed.append)
    assert resumed == [8]
    assert (tmp_path / "rows.jsonl").read_bytes() == (tmp_path / "whole" / "rows.jsonl").read_bytes()


@pytest.mark.parametrize("call", ["rename", "rmtree"])
def test_cut_off_when_all_rows_are_there(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the output's getting its name and the shards' going away."""
    output = tmp_path / "rows.jsonl"
    sample_file(Seeded(), PROBLEMS, tmp_path / "whole" / "rows.jsonl", plan=PLAN)
    with monkeypatch.context() as patch:
        interrupted = interrupt_after(1 if call == "rmtree" else 0)  # the first one only clears what was left before
        patch.setattr(*((os, call) if call == "rename" else (shutil, call)), lambda *_, **__: interrupted(None))
        with pytest.raises(Interrupted):
            sample_file(Seeded(), PROBLEMS, output, plan=PLAN)
    engine = Seeded()
    sample_file(engine, PROBLEMS, output, plan=PLAN)
    assert (engine.calls, output.read_bytes()) == ([], (tmp_path / "whole" / "rows.jsonl").read_bytes())
    assert {path.name for path in tmp_path.iterdir()} == {"whole", "rows.jsonl", "rows.jsonl.settings"}


@pytest.mark.parametrize("left", [[], [".lock"], [".lock", "0123.jsonl"]])
def test_starting_again_cut_off_at_once_leaves_the_output_and_its_settings(left: list[str], tmp_path: Path) -> None:
    """Where the folder has no manifest yet, or no more."""
    output, other = tmp_path / "rows.jsonl", replace(PLAN, seed=8)
    sample_file(Seeded(), PROBLEMS, output, plan=PLAN)
    before = output.read_bytes()
    (tmp_path / "rows.jsonl.part").mkdir()
    for name in left:
        (tmp_path / "rows.jsonl.part" / name).touch()
    with pytest.raises(InputError, match=r"expected rows of the same settings, found seed 7 \(now 8\)"):
        sample_file(Seeded(), PROBLEMS, output, plan=other)
    assert output.read_bytes() == before
    assert sample_file(Seeded(), PROBLEMS, output, plan=PLAN) is None
    assert {path.name for path in tmp_path.iterdir()} == {"rows.jsonl", "rows.jsonl.settings"}
    (tmp_path / "rows.jsonl.part").mkdir()
    assert sample_file(Seeded(), PROBLEMS, output, plan=other, overwrite=True) is not None
    assert output.read_bytes() != before


ENDING = """
import os, sys
from pathlib import Path
from tests.unit.generator.test_sampling import PLAN, PROBLEMS, Seeded, sample_file
output, replace = Path(sys.argv[1]), os.replace
os.replace = lambda source, target: os._exit(9) if target == output else replace(source, target)
sample_file(Seeded(), PROBLEMS, output, plan=PLAN)
"""


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.parquet"])
def test_killed_before_the_output_gets_its_name_it_leaves_nothing_for_good(name: str, tmp_path: Path) -> None:
    output = tmp_path / name
    command = [sys.executable, "-c", ENDING, str(output)]
    for _ in range(2):  # the second run does not add to what the first one left
        assert subprocess.run(command, cwd=Path(__file__).parents[3]).returncode == 9
        assert [path.name for path in tmp_path.iterdir()] == [f"{name}.part"]
        assert len(list((tmp_path / f"{name}.part").glob(".*.part"))) == 1
    sample_file(Seeded(), PROBLEMS, output, plan=PLAN)
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.settings"}


def test_chunks_one_behind_the_other_are_the_whole(tmp_path: Path) -> None:
    sample_file(Seeded(), PROBLEMS, tmp_path / "rows.jsonl", plan=PLAN)
    for i in range(2):  # of three batches
        sample_file(Seeded(), PROBLEMS, tmp_path / f"{i}.jsonl", plan=PLAN, chunk=(i, 2))
    parts = [(tmp_path / f"{i}.jsonl").read_bytes() for i in range(2)]
    assert b"".join(parts) == (tmp_path / "rows.jsonl").read_bytes()
    with pytest.raises(InputError, match=r'chunk "1 of 2" \(now "0 of 3"\)'):
        sample_file(Seeded(), PROBLEMS, tmp_path / "1.jsonl", plan=PLAN, chunk=(0, 3))
    with pytest.raises(InputError, match="as many chunks as batches, which are 3, found 4"):
        sample_file(Seeded(), PROBLEMS, tmp_path / "3.jsonl", plan=PLAN, chunk=(3, 4))


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_sampling import PLAN, PROBLEMS, Seeded
from generator.sampling import sample_file

count = 0
def kill(_):
    global count
    count += 1
    if count == {at}:
        os.kill(os.getpid(), signal.SIGKILL)

sample_file(Seeded(), PROBLEMS, Path({output!r}), plan=PLAN, on_completion=kill)
"""


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_killed_again_and_again(name: str, tmp_path: Path) -> None:
    """kill -9 in every batch: each run keeps what the ones before it finished."""
    sample_file(Seeded(), PROBLEMS, tmp_path / "whole" / name, plan=PLAN)
    output = tmp_path / name
    program = KILLED.format(folder=str(Path(__file__).parent), at=12, output=str(output))
    codes = [subprocess.run([sys.executable, "-c", program]).returncode for _ in range(3)]
    assert codes == [-9, -9, 0]
    assert output.read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    output = tmp_path / "rows.jsonl"

    def start_another(_: Completion) -> None:
        sample_file(Seeded(), PROBLEMS, output, plan=PLAN)

    with pytest.raises(InputError, match="found another process that does"):
        sample_file(Seeded(), PROBLEMS, output, plan=PLAN, on_completion=start_another)


def test_the_same_rows_are_the_same_bytes_in_gzip(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        sample_file(Seeded(), PROBLEMS, tmp_path / name, plan=PLAN)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    first = gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()).splitlines()[0]
    assert Row.model_validate_json(first).key == ("p0", 0)
