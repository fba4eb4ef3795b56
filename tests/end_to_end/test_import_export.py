"""`quorum import` and `quorum export`, as a user types them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from quorum.cli import main

GOLDEN = Path(__file__).parents[1] / "golden" / "formats"


def test_import_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(GOLDEN / "nemo-skills")]) == 0
    captured = capfd.readouterr()
    assert [json.loads(line)["sample"] for line in captured.out.splitlines()] == [0, 1, 0, 1]
    assert captured.err == "4 rows from 2 files (nemo-skills)\n"


def test_import_then_export_gives_the_seed_files_again(tmp_path: Path) -> None:
    rows, folder, again = tmp_path / "rows.parquet", tmp_path / "seeds", tmp_path / "again.parquet"
    assert main(["import", str(GOLDEN / "nemo-skills"), "-o", str(rows)]) == 0
    assert main(["export", str(rows), "--to", "nemo-skills", "-o", str(folder)]) == 0
    assert main(["import", str(folder), "-o", str(again)]) == 0
    assert again.read_bytes() == rows.read_bytes()


def test_a_report_into_the_folder_of_its_samples_can_be_written_again(tmp_path: Path) -> None:
    """What Quorum wrote about the samples is not read as samples."""
    command = ["report", str(tmp_path), "-o", str(tmp_path), "--quiet"]
    rows = [
        {"id": "p", "sample": sample, "generation": f"The answer is {sample % 2}.", "expected_answer": "1"}
        for sample in range(4)
    ]
    (tmp_path / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(command) == 0
    first = (tmp_path / "report.json").read_bytes()
    assert main(command) == 0
    assert (tmp_path / "report.json").read_bytes() == first


def test_export_labels(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(GOLDEN / "prm800k"), "--to", "labels"]) == 0
    captured = capfd.readouterr()
    assert [json.loads(line)["label"] for line in captured.out.splitlines()] == [True, False, False]
    assert captured.err.endswith("3 records written as labels\n")


def test_bad_input_is_exit_code_2_and_no_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": "a", "sample": 0}\n{"id": "a", "sam')
    assert main(["import", str(source), "-o", str(output)]) == 2
    assert not output.exists()
    assert capfd.readouterr().err.startswith(f"quorum: {source}:2: expected a whole JSON object")

    assert main(["import", str(source), "-o", str(output), "--skip-bad-rows"]) == 0
    assert len(output.read_text().splitlines()) == 1
    assert "1 bad row skipped\n  skipped " in capfd.readouterr().err


def test_logits_with_a_transform(tmp_path: Path) -> None:
    source, output = tmp_path / "a.jsonl", tmp_path / "rows.jsonl"
    source.write_text('{"question": "q", "samples": ["a", "b"], "scores": [-4.0, 4.0]}\n')
    assert main(["import", str(source), "-o", str(output)]) == 2
    assert main(["import", str(source), "-o", str(output), "--score-transform", "minmax", "--from", "lists"]) == 0
    scores = [json.loads(line)["reward_model_score"] for line in output.read_text().splitlines()]
    assert scores == [0.0, 1.0]


def test_reads_standard_input() -> None:
    command = [sys.executable, "-m", "quorum", "import", "-"]
    row = b'{"id":"a","sample":0}\n'
    done = subprocess.run(command, input=row, capture_output=True, check=True)
    assert done.stdout == row


@pytest.mark.parametrize("target", ["labels", "preferences"])
def test_an_export_of_nothing_leaves_the_file_that_was_there(tmp_path: Path, target: str) -> None:
    rows, kept = tmp_path / "rows.jsonl", tmp_path / "kept.jsonl"
    rows.write_text('{"id": "a", "sample": 0, "problem": "P", "generation": "5"}\n')
    kept.write_text("precious\n")
    assert main(["export", str(rows), "--to", target, "-o", str(kept)]) == 2
    assert kept.read_text() == "precious\n"


def test_rows_without_an_id_are_told_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"sample": 0, "problem": "P", "expected_answer": "5", "generation": "5"}\n')
    assert main(["import", str(rows)]) == 2
    assert "expected the field `id`" in capfd.readouterr().err
