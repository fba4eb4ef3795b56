import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from reasoning.errors import InputError, RowError
from reasoning.formats import ReadCounts, ReadOptions, read_rows
from reasoning.formats.options import StepScore

SKIP = ReadOptions(skip_bad_rows=True)


def write(path: Path, records: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def canonical(sample: int, **fields: object) -> dict[str, object]:
    return {"id": "a", "sample": sample, **fields}


def solved(problem: str, **fields: object) -> dict[str, object]:
    return {"problem": problem, "generation": f"{problem} is easy", "expected_answer": "1", **fields}


class TestKeys:
    def test_an_equal_row_is_the_same_row(self, tmp_path: Path) -> None:
        row, counts = canonical(0, generation="x", reward_model_score=math.nan), ReadCounts()
        reordered = dict(reversed(row.items()))
        write(tmp_path / "a.jsonl", [row, canonical(1)])
        write(tmp_path / "b.jsonl", [reordered])
        assert len(list(read_rows([tmp_path], counts=counts))) == 2
        assert (counts.num_rows, counts.num_duplicates, counts.num_nan_scores) == (2, 1, 1)

    @pytest.mark.parametrize("other", [{"generation": "y"}, {"predicted_answer": None}, {"unknown": 1}])
    def test_another_row_with_the_key_names_both_places(self, other: dict[str, object], tmp_path: Path) -> None:
        first = write(tmp_path / "a.jsonl", [canonical(5), canonical(0)])
        second = write(tmp_path / "b.jsonl", [canonical(1), canonical(0, **other), canonical(2)])
        with pytest.raises(RowError, match=f'problem "a", sample 0, found another at {first}:2') as caught:
            list(read_rows([first, second]))
        assert (caught.value.path, caught.value.line) == (second, 2)
        counts = ReadCounts()
        rows = list(read_rows([first, second], options=SKIP, counts=counts))
        assert [row.sample for row in rows] == [5, 0, 1, 2]
        assert counts.num_bad_rows == 1

    def test_a_path_given_twice_is_read_once(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [{"query": "q", "resp": "r"}])
        assert len(list(read_rows([path, tmp_path, path]))) == 1


class TestSeedFiles:
    def test_come_problem_by_problem_in_the_order_of_seeds(self, tmp_path: Path) -> None:
        for seed in (10, 2):
            write(tmp_path / f"output-rs{seed}.jsonl", [solved("p", seed=seed), solved("q", seed=seed)])
        rows = list(read_rows([tmp_path]))
        assert [(row.problem, row.sample, row.seed) for row in rows] == [
            ("p", 2, 2), ("p", 10, 10), ("q", 2, 2), ("q", 10, 10),
        ]  # fmt: skip
        assert rows[0].id == rows[1].id != rows[2].id

    def test_the_greedy_run_is_the_last_sample(self, tmp_path: Path) -> None:
        for name in ("output.jsonl", "output-rs0.jsonl", "output-rs1.jsonl"):
            write(tmp_path / name, [solved("p", generation=name)])
        rows = list(read_rows([tmp_path]))
        assert [(row.sample, row.temperature) for row in rows] == [(0, None), (1, None), (2, 0.0)]
        assert rows[-1].generation == "output.jsonl"

    @pytest.mark.parametrize("other", [solved("other"), solved("q", id="7")])
    def test_other_problems_name_both_files_and_the_line(self, other: dict[str, object], tmp_path: Path) -> None:
        first = write(tmp_path / "output-rs0.jsonl", [solved("p"), solved("q")])
        second = write(tmp_path / "output-rs1.jsonl", [solved("p"), other])
        with pytest.raises(RowError, match=f'the problem of {first}:2, "q", found') as caught:
            list(read_rows([tmp_path]))
        assert (caught.value.path, caught.value.line) == (second, 2)
        counts = ReadCounts()
        assert len(list(read_rows([tmp_path], options=SKIP, counts=counts))) == 3
        assert counts.num_bad_rows == 1

    def test_a_shorter_file_is_named(self, tmp_path: Path) -> None:
        first = write(tmp_path / "output-rs0.jsonl", [solved("p"), solved("q"), solved("r")])
        second = write(tmp_path / "output-rs1.jsonl", [solved("p")])
        message = f"as many problems as in {first}, found the end after 1 while that one goes on at line 2"
        with pytest.raises(RowError, match=message) as caught:
            list(read_rows([tmp_path]))
        assert (caught.value.path, caught.value.line) == (second, 2)
        counts = ReadCounts()
        rows = list(read_rows([tmp_path], options=SKIP, counts=counts))
        assert [(row.problem, row.sample) for row in rows] == [("p", 0), ("p", 1), ("q", 0), ("r", 0)]
        assert counts.num_bad_rows == 1

    def test_a_bad_line_costs_its_sample_only(self, tmp_path: Path) -> None:
        write(tmp_path / "output-rs0.jsonl", [solved("p"), {"problem": "q"}, solved("r")])
        write(tmp_path / "output-rs1.jsonl", [solved("p"), solved("q"), solved("r")])
        rows = list(read_rows([tmp_path], options=SKIP))
        assert [(row.problem, row.sample) for row in rows] == [
            ("p", 0), ("p", 1), ("q", 1), ("r", 0), ("r", 1),
        ]  # fmt: skip

    def test_one_seed_alone(self, tmp_path: Path) -> None:
        path = write(tmp_path / "output-rs3.jsonl", [solved("p")])
        assert [row.sample for row in read_rows([path])] == [3]

    def test_two_problems_with_one_text_are_two(self, tmp_path: Path) -> None:
        for seed in (0, 1):
            write(tmp_path / f"output-rs{seed}.jsonl", [solved("p"), solved("p", generation="again")])
        first, second = list(read_rows([tmp_path]))[::2]
        assert second.id == f"{first.id}-2"

    def test_runs_in_two_folders_are_two_groups(self, tmp_path: Path) -> None:
        write(tmp_path / "x" / "output-rs0.jsonl", [solved("p")])
        write(tmp_path / "y" / "output-rs1.jsonl", [solved("p"), solved("q")])
        assert len(list(read_rows([tmp_path / "x", tmp_path / "y"]))) == 3

    def test_canonical_rows_may_have_seeds_in_their_names(self, tmp_path: Path) -> None:
        write(tmp_path / "output-rs0.jsonl", [canonical(0), canonical(1)])
        write(tmp_path / "output-rs1.jsonl", [canonical(2)])
        assert [row.sample for row in read_rows([tmp_path])] == [0, 1, 2]


class TestScores:
    STEPS: ClassVar = {"question": "q", "answer": "1", "samples": [{"text": "x", "score": [0.5, 0.25, 0.75]}]}

    @pytest.mark.parametrize(("how", "expected"), [("last", 0.75), ("min", 0.25), ("prod", 0.09375)])
    def test_step_scores(self, how: StepScore, expected: float, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [self.STEPS])
        (row,) = read_rows([path], options=ReadOptions(step_score=how))
        assert row.reward_model_score == expected

    def logits(self, path: Path) -> Path:
        return write(path, [{"question": "q", "samples": list("abc"), "scores": [-1.0, 0.0, 3.0]}])

    def test_logits_are_refused(self, tmp_path: Path) -> None:
        path = self.logits(tmp_path / "a.jsonl")
        with pytest.raises(RowError, match=r"a.jsonl:1: expected scores in \[0, 1\], found -1.0; .*sigmoid"):
            list(read_rows([path]))

    def test_sigmoid(self, tmp_path: Path) -> None:
        rows = read_rows([self.logits(tmp_path / "a.jsonl")], options=ReadOptions(score_transform="sigmoid"))
        assert [row.reward_model_score for row in rows] == pytest.approx([0.26894, 0.5, 0.95257], abs=1e-5)

    def test_minmax_has_one_scale_for_all_files(self, tmp_path: Path) -> None:
        self.logits(tmp_path / "a.jsonl")
        write(
            tmp_path / "b.jsonl",
            [canonical(0, reward_model_score=7.0), canonical(1, reward_model_score=math.nan)],
        )
        counts = ReadCounts()
        rows = read_rows([tmp_path], options=ReadOptions(score_transform="minmax"), counts=counts)
        scores = [row.reward_model_score for row in rows]
        assert scores[:4] == [0.0, 0.125, 0.5, 1.0]
        assert (counts.num_rows, counts.num_nan_scores) == (5, 1)

    def test_minmax_cannot_read_a_pipe(self) -> None:
        with pytest.raises(InputError, match="reads its input twice"):
            read_rows([Path("-")], options=ReadOptions(score_transform="minmax"))

    def test_a_transform_applies_to_canonical_rows(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", [canonical(0, reward_model_score=0), canonical(1)])
        first, second = read_rows([path], options=ReadOptions(score_transform="sigmoid"))
        assert first.reward_model_score == 0.5
        assert "reward_model_score" not in second.model_fields_set


def test_a_record_with_one_bad_sample_gives_no_row(tmp_path: Path) -> None:
    bad = {"question": "q", "samples": ["a", {"text": "b", "score": 7}]}
    path, counts = write(tmp_path / "a.jsonl", [bad, {"question": "r", "samples": ["c"]}]), ReadCounts()
    assert [row.generation for row in read_rows([path], options=SKIP, counts=counts)] == ["c"]
    assert counts.num_bad_rows == 1


def test_unknown_fields_with_the_names_of_methods(tmp_path: Path) -> None:
    fields = {"key": 1, "copy": 2, "model_config": 3, "to_json": None, "model_x": [4]}
    (row,) = read_rows([write(tmp_path / "a.jsonl", [canonical(0, **fields)])])
    assert row.key == ("a", 0)
    assert json.loads(row.to_json()) == canonical(0, **fields)


@pytest.mark.skipif("QUORUM_TEST_DATA" not in os.environ, reason="QUORUM_TEST_DATA is not set")
def test_real_samples() -> None:
    files = sorted((Path(os.environ["QUORUM_TEST_DATA"]) / "samples").glob("*.jsonl.gz"))
    assert files
    for file in files:
        counts = ReadCounts()
        rows = list(read_rows([file], counts=counts))
        assert len({row.key for row in rows}) == len(rows) == counts.num_rows > 1000
        assert counts.num_bad_rows == counts.num_duplicates == 0
        assert all(row.problem and row.expected_answer and not row.is_extracted for row in rows)
