"""The buffers of all problems: what samples add, files, and TraceCodegen's files."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.self_sampling.buffers import Buffers, merge_files
from generator.self_sampling.problems import TrainingProblem, load_training_problems, owner
from reasoning.errors import InputError, RowError
from reasoning.formats import read_rows
from reasoning.problems import ProblemRow
from tests.sums import TWO, sums, two_problems, unused_recipe, write_problems

SAMPLES = [
    ("p", "n1=3\nn0=2\nanswer=n0+n1"),
    ("q", "a=12\nanswer=a"),
    ("p", "a=3\nb=2\nanswer=b-a"),
    ("q", "answer=13"),
    ("q", "1/0"),
]


def filled(of: list[TrainingProblem]) -> Buffers:
    buffers = Buffers(of, kind="programs", with_partial=True)
    assert buffers.add(SAMPLES) == ["new_correct", "new_correct", "new_partial", "wrong", "failed"]
    return buffers


def content(buffers: Buffers) -> dict[str, Any]:
    return {name: (buffers[name].solutions, buffers[name].states) for name in ("p", "q")}


def test_outcomes_are_counted(tmp_path: Path) -> None:
    buffers = filled(two_problems(tmp_path))
    assert {name: count for name, count in buffers.outcomes.items() if count} == {
        "new_correct": 2,
        "new_partial": 1,
        "wrong": 1,
        "failed": 1,
    }
    assert (buffers.num_correct, buffers.num_partial, len(buffers)) == (4, 1, 2)


def test_written_and_read_they_are_the_same(tmp_path: Path) -> None:
    of = two_problems(tmp_path)
    buffers = filled(of)
    buffers.write(tmp_path / "buffers.jsonl")
    again = Buffers(of, kind="programs", with_partial=True)
    again.read([tmp_path / "buffers.jsonl"])
    assert content(again) == content(buffers)
    assert again.outcomes == buffers.outcomes
    again.write(tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "buffers.jsonl").read_bytes()
    more = ("p", "a=3\nb=2\nanswer=a+b")  # it goes on from the partial one, which is known, and pruned
    assert again.add([more]) == buffers.add([more]) == ["new_correct"]
    assert again.num_partial == buffers.num_partial == 0


def test_the_file_is_one_that_other_commands_read(tmp_path: Path) -> None:
    filled(two_problems(tmp_path)).write(tmp_path / "buffers.jsonl")
    rows = list(read_rows([tmp_path / "buffers.jsonl"]))
    assert [(row.id, row.generation) for row in rows if row.symbolic_correct] == [
        ("p", "n0=2\nn1=3\nanswer=n0+n1"),
        SAMPLES[0],
        ("q", "n0=4\nanswer=n0*3"),
        SAMPLES[1],
    ]


def test_a_file_with_a_wrong_solution_is_refused(tmp_path: Path) -> None:
    of = two_problems(tmp_path)
    path = tmp_path / "buffers.jsonl"
    filled(of).write(path)
    path.write_text(path.read_text().replace("a=12", "a=11"))
    with pytest.raises(RowError, match=r"buffers\.jsonl:2: expected correct solutions, found others"):
        Buffers(of, kind="programs", with_partial=True).read([path])


def test_an_earlier_runs_buffers_are_a_start(tmp_path: Path) -> None:
    of = two_problems(tmp_path)
    filled(of).write(tmp_path / "buffers.jsonl")
    fresh = Buffers(of, kind="programs", with_partial=True)
    assert fresh.add_file(tmp_path / "buffers.jsonl") == 3
    assert content(fresh) == content(filled(of))
    assert sum(fresh.outcomes.values()) == 0


@pytest.mark.parametrize("correct", ["saved_fcp_programs", "saved_programs"])
def test_buffers_of_tracecodegen_are_a_start(correct: str, tmp_path: Path) -> None:
    """As its validation_epoch_end writes them; a wrong program among them is not believed."""
    path = tmp_path / "buffer_step_100_rank_0.jsonl"
    record = {"task_id": "p", correct: [SAMPLES[0][1], "answer=6"], "saved_pcp_programs": ["", "a=3\nb=2"]}
    path.write_text(json.dumps(record) + "\n" + json.dumps({**record, "task_id": "elsewhere"}) + "\n")
    buffers = Buffers(two_problems(tmp_path), kind="programs", with_partial=True)
    assert buffers.add_file(path) == 2
    assert [solution.text for solution in buffers["p"].correct] == [str(TWO[0].program), SAMPLES[0][1]]
    assert [solution.text for solution in buffers["p"].partial] == ["a=3\nb=2"]


def test_a_solution_that_a_later_one_makes_known_is_found(tmp_path: Path) -> None:
    path = tmp_path / "buffer_step_1_rank_0.jsonl"
    path.write_text(json.dumps({"task_id": "p", "saved_fcp_programs": [], "saved_pcp_programs": ["x=3", "a=3\nb=2"]}))
    buffers = Buffers(two_problems(tmp_path), kind="programs", with_partial=True)
    assert buffers.add_file(path) == 2
    assert {solution.text for solution in buffers["p"].partial} == {"x=3", "a=3\nb=2"}


def test_files_of_all_processes_become_one(tmp_path: Path) -> None:
    of = two_problems(tmp_path)
    whole = filled(of)
    whole.write(tmp_path / "whole.jsonl")
    for i, problem in enumerate(reversed(of)):
        part = Buffers([problem], kind="programs", with_partial=True)
        part.add([sample for sample in SAMPLES if sample[0] == problem.id])
        part.write(tmp_path / f"{i}-buffers.jsonl")
    merge_files(sorted(tmp_path.glob("*-buffers.jsonl")), tmp_path / "merged.jsonl", problems=of)
    assert (tmp_path / "merged.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_words_are_right_by_their_answer_and_known_by_their_lines(tmp_path: Path) -> None:
    buffers = Buffers(two_problems(tmp_path, "words"), kind="words", with_partial=False)
    texts = ["3 + 2 = 5", "2 + 3 =  5.", "The answer is 5", "2 + 3 = 6", "First,\n2 + 3 = 5", "The answer is 5.0"]
    outcomes = buffers.add([("p", text) for text in texts])
    assert outcomes == ["new_correct", "known_correct", "new_correct", "wrong", "longer", "new_correct"]


def test_references_that_do_not_come_to_the_answer_are_left_out(tmp_path: Path) -> None:
    bad = ProblemRow(id="bad", problem="?", expected_answer="4", program="answer=5")
    path = write_problems(tmp_path / "problems.jsonl", [bad, *TWO, ProblemRow(id="no", problem="!")])
    found = load_training_problems(unused_recipe(path), apart_from=[])
    assert [problem.id for problem in found] == ["p", "q"]
    write_problems(path, [bad])
    with pytest.raises(InputError, match="a `program` that comes to it, found none among 1"):
        load_training_problems(unused_recipe(path), apart_from=[])


def test_a_problem_of_the_evaluation_is_refused(tmp_path: Path) -> None:
    path = write_problems(tmp_path / "problems.jsonl", TWO)
    other = ProblemRow(id="test-1", problem=TWO[1].problem.upper())
    with pytest.raises(InputError, match="found test-1 as q"):
        load_training_problems(unused_recipe(path), apart_from=[other])


def test_every_problem_has_one_process() -> None:
    owners = [owner(row.id, 3) for row in sums(60)]
    assert set(owners) == {0, 1, 2}
    assert owners == [owner(row.id, 3) for row in sums(60)]
    assert owner("anything", 1) == 0
