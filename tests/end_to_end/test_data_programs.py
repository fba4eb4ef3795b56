"""`quorum data gsm-python` and `mathqa-python`, as a user types them."""

import json
from pathlib import Path
from typing import Any

import pytest

from quorum.cli import main


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def gsm8k(tmp_path: Path) -> Path:
    """Ten problems: eight that convert, one without a calculation, one whose last step has none."""
    with (tmp_path / "gsm_train.jsonl").open("w") as file:
        for number in range(8):
            answer = f"{number}*3 = <<{number}*3={3 * number}>>{3 * number}\n#### {3 * number}"
            file.write(json.dumps({"question": f"Three times {number}?", "answer": answer}) + "\n")
        file.write(json.dumps({"question": "And in words?", "answer": "It is four.\n#### 4"}) + "\n")
        file.write(json.dumps({"question": "And twice?", "answer": "<<2+2=4>>4, so 8.\n#### 8"}) + "\n")
    return tmp_path / "gsm_train.jsonl"


def test_gsm_python_says_how_many_convert_and_why_others_do_not(
    gsm8k: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = gsm8k.with_name("programs.jsonl")
    command = ["data", "gsm-python", "--input", str(gsm8k), "-o", str(output)]
    assert main(command) == 0
    said = capsys.readouterr().err
    assert "8 of 10 have a program; 2 have none: 1 " in said
    assert "1 without a calculation" in said
    assert "1 whose program gives another answer" in said
    everything = rows(output)
    assert [row["split"] for row in everything].count("validation") == 2
    assert main([*command, "--split", "train"]) == 0
    train = rows(output)
    assert train == [row for row in everything if row["split"] == "train"]
    assert all(row["program"].splitlines()[-1].startswith("answer=") for row in train)
    bytes_before = output.read_bytes()
    assert main([*command, "--split", "train", "--seed", "1"]) == 0
    assert output.read_bytes() != bytes_before


def test_mathqa_python_from_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, numbers in (("train.json", range(1, 9)), ("dev.json", range(5, 12))):
        records = [
            {
                "Problem": f"what is {number * 2} divided by 2 , in {'ab'[number % 2]} ?",
                "Rationale": "",
                "options": f"a ) 0 , b ) {number}",
                "correct": "b",
                "linear_formula": "divide(n0,n1)|",
            }
            for number in numbers
        ]
        (tmp_path / name).write_text(json.dumps(records))
    output = tmp_path / "programs.jsonl"
    files = [str(tmp_path / name) for name in ("train.json", "dev.json")]
    assert main(["data", "mathqa-python", "--input", *files, "-o", str(output)]) == 0
    assert "2 of 2 have a program; 13 left out that differ from others only in numbers" in capsys.readouterr().err
    assert [row["program"] for row in rows(output)] == ["n0=2\nn1=2\nanswer=n0/n1", "n0=4\nn1=2\nanswer=n0/n1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mathqa-python"], "expected the set's files; give them with --input train.json dev.json"),
        (["gsm-python", "--split", "numbers"], "--split: expected train, validation or test for gsm-python"),
        (["gsm-python", "--input", "x.jsonl", "--field", "problem=question"], "and no --field"),
        (["gsm-python", "--input", "nowhere.jsonl"], "nowhere.jsonl"),
    ],
)
def test_what_makes_no_sense(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", *arguments]) == 2
    assert message in capsys.readouterr().err
