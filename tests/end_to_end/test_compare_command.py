"""`quorum compare`, as a user types it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from quorum.cli import main


def write_rows(path: Path, *, num_right: int, ids: range = range(40), num_samples: int = 3, **fields: Any) -> Path:
    """Problems of which the first `num_right` are answered right by every sample, the others by none."""
    with path.open("w") as file:
        for i in ids:
            for sample in range(num_samples):
                answer = i if i < num_right else i + 1
                row = {"id": f"p{i}", "sample": sample, "problem": f"What is {i}?", "expected_answer": str(i)}
                file.write(json.dumps({**row, "predicted_answer": str(answer), **fields}) + "\n")
    return path


def compare(*arguments: str | Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["compare", *map(str, arguments), "--json", "--quiet"]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def test_paired_per_metric(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write_rows(tmp_path / "a.jsonl", num_right=10), write_rows(tmp_path / "b.jsonl", num_right=30)
    found = compare(a, b, capsys=capsys)
    assert (found["num_problems"], found["n"], found["num_only_a"]) == (40, 3, 0)
    vote = next(m for m in found["metrics"] if m["name"] == "maj1")
    assert (vote["a_value"], vote["b_value"], vote["difference"]) == (0.25, 0.75, -0.5)
    assert vote["verdict"] == "worse"
    assert vote["test"] == "mcnemar-exact"
    assert vote["p_value"] == pytest.approx(2 * 0.5**20)
    assert vote["p_adjusted"] >= vote["p_value"]
    back = compare(b, a, capsys=capsys)
    assert [m["verdict"] for m in back["metrics"]] == ["better"] * len(back["metrics"])


def test_a_run_is_tied_with_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    assert {m["verdict"] for m in compare(a, a, capsys=capsys)["metrics"]} == {"tied"}


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write_rows(tmp_path / "a.jsonl", num_right=10), write_rows(tmp_path / "b.jsonl", num_right=30)
    assert main(["compare", str(a), str(b), "--strategy", "maj1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# 40 problems in both runs, n = 3\n")
    assert [line for line in printed.splitlines() if line.startswith("| Maj1@3")] != []
    assert "Pass@" not in printed
    assert "-50.0" in printed
    assert re.search(r"A - B, points .* A is ", printed)


def test_different_numbers_of_samples_meet_at_the_smaller(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10, num_samples=5)
    b = write_rows(tmp_path / "b.jsonl", num_right=10, num_samples=3)
    assert compare(a, b, capsys=capsys)["n"] == 3
    assert compare(a, b, "--n", "2", capsys=capsys)["n"] == 2
    assert main(["compare", str(a), str(b), "--n", "4"]) == 2
    assert "n up to 5" in capsys.readouterr().err


def test_a_report_stands_for_its_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write_rows(tmp_path / "a.jsonl", num_right=10), write_rows(tmp_path / "b.jsonl", num_right=30)
    from_rows = compare(a, b, capsys=capsys)
    assert main(["report", str(b), "-o", str(tmp_path / "report"), "--quiet"]) == 0
    capsys.readouterr()
    for report in (tmp_path / "report", tmp_path / "report" / "per_problem.jsonl"):
        assert compare(a, report, capsys=capsys)["metrics"] == from_rows["metrics"]


def test_a_folder_of_samples_is_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "samples"
    folder.mkdir()
    write_rows(folder / "1.jsonl", num_right=10, ids=range(20))
    write_rows(folder / "2.jsonl", num_right=10, ids=range(20, 40))
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    assert compare(a, folder, capsys=capsys)["num_problems"] == 40


def test_different_problems_need_the_intersection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    b = write_rows(tmp_path / "b.jsonl", num_right=30, ids=range(5, 50))
    assert main(["compare", str(a), str(b)]) == 2
    error = capsys.readouterr().err
    assert "found 35 in both, 5 only in" in error
    assert "and 10 only in" in error
    assert "--intersection compares on the 35 common ones" in error
    found = compare(a, b, "--intersection", capsys=capsys)
    assert (found["num_problems"], found["num_only_a"], found["num_only_b"]) == (35, 5, 10)
    assert main(["compare", str(a), str(b), "--intersection"]) == 0
    assert "5 problems that only A has, 10 that only B has" in capsys.readouterr().out


def test_no_common_problem_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    b = write_rows(tmp_path / "b.jsonl", num_right=10, ids=range(100, 110))
    assert main(["compare", str(a), str(b), "--intersection"]) == 2
    assert "no id in common" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"problem": "Another?"}, 'expected one text for problem "p0"'),
        ({"expected_answer": "9"}, "expected one expected_answer"),
    ],
    ids=["text", "expected"],
)
def test_other_problems_under_the_same_ids_are_refused(
    fields: dict[str, Any], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10, ids=range(3))
    b = write_rows(tmp_path / "b.jsonl", num_right=10, ids=range(3), **fields)
    assert main(["compare", str(a), str(b)]) == 2
    assert message in capsys.readouterr().err


def test_two_spellings_of_an_expected_answer_are_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10, expected_answer="1/2")
    b = write_rows(tmp_path / "b.jsonl", num_right=10, expected_answer="0.5")
    assert compare(a, b, capsys=capsys)["num_problems"] == 40


def test_runs_graded_with_other_policies_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    assert main(["report", str(a), "-o", str(tmp_path / "report"), "--percent", "fraction", "--quiet"]) == 0
    assert main(["compare", str(tmp_path / "report"), str(a)]) == 2
    assert "expected runs graded with one policy, found" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "report"), str(a), "--percent", "fraction"]) == 0


def test_a_damaged_report_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    assert main(["report", str(a), "-o", str(tmp_path / "report"), "--quiet"]) == 0
    path = tmp_path / "report" / "per_problem.jsonl"
    path.write_text(path.read_text()[:-40])
    assert main(["compare", str(a), str(path)]) == 2
    assert f"{path}:40: expected a line of per_problem.jsonl" in capsys.readouterr().err


def test_a_damaged_summary_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    assert main(["report", str(a), "-o", str(tmp_path / "report"), "--quiet"]) == 0
    path = tmp_path / "report" / "report.json"
    report = json.loads(path.read_text())
    for fields, found in (
        ({"settings": {"policy": 1}}, "`settings.policy`: expected an object; found 1"),
        ({"metrics": [{**report["metrics"][0], "standard_error": "NaN"}]}, "`metrics[0].standard_error`"),
    ):
        path.write_text(json.dumps({**report, **fields}))
        assert main(["compare", str(a), str(tmp_path / "report")]) == 2
        assert f"{path}: expected a report, found a bad one: {found}" in capsys.readouterr().err


def test_reports_with_other_extraction_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    for name, option in (("x", "--no-last-number"), ("y", "--re-extract"), ("z", "--quiet")):
        assert main(["report", str(a), "-o", str(tmp_path / name), option]) == 0
    for name in "xy":
        assert main(["compare", str(tmp_path / name), str(tmp_path / "z")]) == 2
        assert "expected runs graded with one extraction, found" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "x"), str(a), "--no-last-number"]) == 0


def test_skipped_rows_and_caveats_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    b = write_rows(tmp_path / "b.jsonl", num_right=30)
    rows = [json.loads(line) for line in b.read_text().splitlines()]
    b.write_text("".join(json.dumps({**row, "model": f"m{row['sample']}"}) + "\n" for row in rows) + "{\n")
    assert main(["compare", str(a), str(b), "--skip-bad-rows"]) == 0
    printed = capsys.readouterr().out
    assert "> **Note on B.** Rows that could not be read and were skipped: 1." in printed
    assert "> **Note on B.** The samples are not drawn from one distribution" in printed
    assert "Note on A" not in printed
    assert main(["report", str(b), "-o", str(tmp_path / "r"), "--skip-bad-rows", "--quiet"]) == 0
    capsys.readouterr()
    found = compare(a, tmp_path / "r", capsys=capsys)
    assert [w[:10] for w in found["b_warnings"]] == ["Rows that ", "The sample"]


def test_json_records_what_the_numbers_rest_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write_rows(tmp_path / "a.jsonl", num_right=10), write_rows(tmp_path / "b.jsonl", num_right=30)
    found = compare(a, b, "--seed", "3", "--percent", "fraction", capsys=capsys)
    assert found["settings"]["policy"]["percent"] == "fraction"
    assert found["settings"]["extraction"] == {"last_number": True, "re_extract": False}
    assert found["settings"]["seed"] == 3
    assert [len(found[files][0]["sha256"]) for files in ("a_files", "b_files")] == [64, 64]
    assert {(m["a_estimator"], m["b_standard_error"]) for m in found["metrics"]} == {("exact", 0.0)}


def test_greedy_samples_of_one_run_only_are_not_compared_with_a_mean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10, temperature=0.7)
    b = write_rows(tmp_path / "b.jsonl", num_right=10, temperature=0.7)
    with a.open("a") as file:  # greedy samples that are always right
        for i in range(40):
            row = {"id": f"p{i}", "sample": 9, "expected_answer": str(i), "predicted_answer": str(i)}
            file.write(json.dumps({**row, "temperature": 0.0}) + "\n")
    found = compare(a, b, capsys=capsys)
    assert next(m["a_value"] for m in found["metrics"] if (m["name"], m["n"]) == ("pass", 1)) == 0.25
    assert "Only one run has a greedy sample" in found["warnings"][0]
    both = compare(a, a, capsys=capsys)
    values = {m["name"]: (m["a_value"], m["a_estimator"]) for m in both["metrics"] if m["n"] == 1}
    assert (values["pass"], values["mean"]) == ((1.0, "greedy"), (0.25, "exact"))
    assert both["warnings"] == []


def damage(line: bytes, kind: str) -> bytes:
    record = json.loads(line)
    if kind == "value":
        record["values"][0]["value"] = 1.5
    if kind == "name":
        record["values"][0]["name"] = "unheard"
    if kind == "answer":
        record["expected_answer"] = [1]
    if kind == "twice":
        record["values"].append({**record["values"][0], "value": 0.5})
    if kind == "deep":
        return b'{"id": ' + b"[" * 9999 + b"]" * 9999 + b"}\n"
    if kind == "id":
        record["id"] = "p0"
    if kind == "utf-8":
        return line.replace(b"What", b"Wh\xff")
    return json.dumps(record).encode() + b"\n"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("value", "`values[0].value`: expected less than or equal to 1; found 1.5"),
        ("name", "`values[0].name`: expected one of first, mean, pass"),
        ("answer", "`expected_answer`: expected a valid string; found [1]"),
        ("twice", "expected one value of First@1, found two"),
        ("deep", "recursion limit exceeded"),
        ("id", 'a second one of "p0"'),
        ("utf-8", "expected JSON, found invalid unicode code point"),
    ],
)
def test_what_a_report_never_writes_is_refused(
    kind: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = write_rows(tmp_path / "a.jsonl", num_right=10)
    assert main(["report", str(a), "-o", str(tmp_path / "report"), "--quiet"]) == 0
    path = tmp_path / "report" / "per_problem.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], damage(lines[2], kind), *lines[3:]]))
    assert main(["compare", str(a), str(path)]) == 2
    error = capsys.readouterr().err
    assert f"{path}:3: " in error
    assert message in error
