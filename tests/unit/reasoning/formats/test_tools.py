"""What is particular to single importers."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from reasoning.errors import RowError
from reasoning.formats import ReadCounts, ReadOptions, Row, read_rows


def rows_of(folder: Path, *records: dict[str, Any], options: ReadOptions = ReadOptions()) -> list[Row]:  # noqa: B008
    path = folder / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return list(read_rows([path], options=options))


def scores_of(rows: list[Row]) -> list[float | None]:
    return [row.reward_model_score for row in rows]


class TestNemoSkills:
    def test_keeps_its_fields_and_reads_the_older_name_of_a_grade(self, tmp_path: Path) -> None:
        record = {
            "question": "q",
            "generation": "g",
            "expected_answer": 18,
            "is_correct": True,
            "judgement": "Yes",
        }
        (row,) = rows_of(tmp_path, record)
        assert (row.problem, row.expected_answer, row.symbolic_correct, row.sample) == ("q", "18", True, 0)
        assert row.model_extra == {"judgement": "Yes"}
        assert not row.is_extracted

    def test_an_empty_prediction_is_none(self, tmp_path: Path) -> None:
        (row,) = rows_of(tmp_path, {"problem": "q", "generation": "g", "predicted_answer": ""})
        assert row.is_extracted
        assert row.predicted_answer is None


class TestLmEval:
    RECORD: ClassVar = {
        "doc_id": 3,
        "doc": {"question": "q"},
        "target": "18",
        "resps": [["a", "b"]],
        "filter": "strict",
    }

    def test_a_line_per_filter_is_one_row(self, tmp_path: Path) -> None:
        path, counts = tmp_path / "samples_gsm8k_2024-11-07T15-09-08.1.jsonl", ReadCounts()
        other = {**self.RECORD, "filter": "flexible", "exact_match": 0.0, "filtered_resps": ["[invalid]"]}
        path.write_text(json.dumps(self.RECORD) + "\n" + json.dumps(other) + "\n")
        rows = list(read_rows([path], counts=counts))
        assert [(row.id, row.sample, row.generation) for row in rows] == [
            ("gsm8k-3", 0, "a"),
            ("gsm8k-3", 1, "b"),
        ]
        assert (counts.num_rows, counts.num_duplicates) == (2, 2)

    def test_log_likelihoods_are_no_samples(self, tmp_path: Path) -> None:
        with pytest.raises(RowError, match=r"`resps\[0\]\[0\]`: expected a valid string; found \[-1.5, false\]"):
            rows_of(tmp_path, {**self.RECORD, "resps": [[[-1.5, False]]]})


class TestSearchAndLearn:
    RECORD: ClassVar = {
        "problem": "q",
        "completions": ["a", "b"],
        "scores": [[0.9, 0.5], [0.2, 0.4]],
        "agg_scores": [0.5, 0.4],
    }

    def test_agg_scores_are_the_last(self, tmp_path: Path) -> None:
        assert scores_of(rows_of(tmp_path, {**self.RECORD, "agg_scores": [0.6, 0.7]})) == [0.6, 0.7]
        assert scores_of(rows_of(tmp_path, self.RECORD, options=ReadOptions(step_score="min"))) == [0.5, 0.2]

    def test_lists_of_other_lengths_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RowError, match=r"one value a sample \(2\) in each list, found a list of 1"):
            rows_of(tmp_path, {**self.RECORD, "agg_scores": [0.5]})


class TestOpenr:
    def test_the_value_of_a_single_output_is_a_placeholder(self, tmp_path: Path) -> None:
        record = {"question": "q", "groundtruth": "1", "output": [{"path_idx": 0, "text": "a", "value": [0]}]}
        assert scores_of(rows_of(tmp_path, record)) == [None]


class TestQwenMath:
    def test_logits_of_its_reward_model(self, tmp_path: Path) -> None:
        record = {
            "idx": 4,
            "question": "q",
            "gt": "1",
            "code": ["a", "b"],
            "pred": ["1", ""],
            "pred_score": [[0.0], [-9.5]],
        }
        with pytest.raises(RowError, match=r"found -9\.5; .*sigmoid"):
            rows_of(tmp_path, record)
        rows = rows_of(tmp_path, record, options=ReadOptions(score_transform="sigmoid"))
        assert [(row.id, row.predicted_answer) for row in rows] == [("4", "1"), ("4", None)]
        assert scores_of(rows) == pytest.approx([0.5, 7.48e-5], abs=1e-6)


class TestRlhflow:
    def test_labels_and_step_tags(self, tmp_path: Path) -> None:
        record = {"prompt": "q", "answers": ["x ки\ny ки", "z"], "labels": [1, 0], "step_scores": [[0.5]]}
        rows = rows_of(tmp_path, record)
        assert [(row.generation, row.symbolic_correct) for row in rows] == [("x\ny", True), ("z", False)]
        assert scores_of(rows) == [0.5, None]


class TestTraceCodegen:
    def test_a_buffer(self, tmp_path: Path) -> None:
        record = {"task_id": 3, "saved_fcp_programs": ["answer=1"], "saved_pcp_programs": ["", "n0=1"]}
        rows = rows_of(tmp_path, record)
        assert [(row.id, row.sample, row.generation, row.symbolic_correct) for row in rows] == [
            ("3", 0, "answer=1", True),
            ("3", 1, "n0=1", None),
        ]
        assert rows[1].model_extra == {"language": "python", "partial": True}

    def test_one_program(self, tmp_path: Path) -> None:
        record = {"generated_program": "answer=1", "metadata": {"task_id": "t", "text": "q", "answer": 1.5}}
        (row,) = rows_of(tmp_path, record)
        assert (row.id, row.problem, row.expected_answer, row.generation) == ("t", "q", "1.5", "answer=1")


class TestRowsPerResponse:
    def test_samples_are_numbered_over_files(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            lines = [json.dumps({"query": query, "resp": "the same"}) for query in ("p", "q")]
            (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
        rows = list(read_rows([tmp_path]))
        assert [row.sample for row in rows] == [0, 0, 1, 1]
        assert not rows[0].is_extracted

    def test_prm800k_takes_the_outcome_score_first(self, tmp_path: Path) -> None:
        both = {"problem": "q", "given_answer": "7", "is_correct": True, "orm_score": 0.25, "prm_score": 0.5}
        process = {"problem": "q", "answer": "8", "is_correct": False, "prm_score": 0.5, "steps": ["x", "y"]}
        first, second = rows_of(tmp_path, both, process)
        assert (first.predicted_answer, first.reward_model_score, first.sample) == ("7", 0.25, 0)
        assert (second.generation, second.reward_model_score, second.sample) == ("x\n\ny", 0.5, 1)


class TestLists:
    @pytest.mark.parametrize(
        "samples",
        [
            {"samples": ["x"]},
            {"responses": [{"content": "x"}]},
            {"completions": [{"generation": "x"}]},
            {"choices": [{"message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}]},
        ],
    )
    def test_shapes(self, samples: dict[str, Any], tmp_path: Path) -> None:
        (row,) = rows_of(tmp_path, {"question": "q", "gold": 5, "id": 9, **samples})
        assert (row.id, row.problem, row.expected_answer, row.generation) == ("9", "q", "5", "x")

    def test_a_sample_without_text(self, tmp_path: Path) -> None:
        with pytest.raises(RowError, match="a text in sample 1, found only words"):
            rows_of(tmp_path, {"question": "q", "samples": ["a", {"words": "b"}]})

    def test_a_sample_that_is_neither(self, tmp_path: Path) -> None:
        with pytest.raises(RowError, match=r"records.jsonl:1: `samples\[1\]`: expected a valid string; found 7"):
            rows_of(tmp_path, {"question": "q", "samples": ["a", 7]})

    def test_no_samples_no_rows(self, tmp_path: Path) -> None:
        assert rows_of(tmp_path, {"question": "q", "samples": []}) == []


def test_a_reference_solution_is_its_answer(tmp_path: Path) -> None:
    references = ["4*6=<<4*6=24>>24\n#### 24", r"So $\boxed{\frac{1}{2}}$.", "plain 7"]
    rows = rows_of(tmp_path, *({"question": text, "gold": text, "samples": ["x"]} for text in references))
    assert [row.expected_answer for row in rows] == ["24", r"\frac{1}{2}", "plain 7"]


def test_an_answer_is_a_text_or_a_number(tmp_path: Path) -> None:
    with pytest.raises(RowError, match=r"found \[1\]"):
        rows_of(tmp_path, {"question": "q", "gold": [1], "samples": ["x"]})
