"""The guard against testing on what was trained on."""

import json
from pathlib import Path

import pytest

from reasoning.errors import InputError, RowError
from reasoning.problems import ProblemRow, check_disjoint, manifest_of, problem_hash, read_manifest, write_manifest
from reasoning.types import Problem


@pytest.mark.parametrize(
    "copy",
    [
        "ann’s  3 pens: how many?",
        " Ann's 3 pens:\nhow many ?\n",
        "ANN'S 3 PENS: HOW MANY",
        "Ann's ３ pens: how many?",  # a full-width digit
    ],
)
def test_copies_have_one_hash(copy: str) -> None:
    assert problem_hash(copy) == problem_hash("Ann's 3 pens: how many?")


@pytest.mark.parametrize("other", ["Ann's 4 pens: how many?", "Ann's 3 pens: how few?", "Ann's 3.5 pens: how many?"])
def test_other_numbers_and_words_have_another(other: str) -> None:
    assert problem_hash(other) != problem_hash("Ann's 3 pens: how many?")


def test_the_hash_is_the_same_on_every_machine() -> None:
    assert problem_hash("1 + 1?") == "2b65690858fea32f18edfff5d40b25c9"


def test_overlap_is_refused_with_examples() -> None:
    training = manifest_of(Problem(f"train-{n}", f"{n} + 1?") for n in range(10))
    testing = manifest_of(ProblemRow(id=f"test-{n}", problem=f"{n} + 1 ?") for n in range(4, 90))
    with pytest.raises(InputError) as caught:
        check_disjoint(training=training, testing=testing, training_name="a.jsonl", testing_name="b.jsonl")
    message = str(caught.value)
    assert message.startswith("expected no problem of b.jsonl in a.jsonl, found 6 (train-")
    assert "train-4 is test-4" in message
    assert message.count(" is test-") == 3


def test_disjoint_manifests_pass() -> None:
    training, testing = (manifest_of([Problem("a", text)]) for text in ("1 + 1?", "1 + 2?"))
    check_disjoint(training=training, testing=testing, training_name="a", testing_name="b")


def test_written_and_read_again(tmp_path: Path) -> None:
    manifest = manifest_of(Problem(f"é{n}", f"{n}?") for n in range(5))
    write_manifest(manifest, tmp_path / "manifest.jsonl")
    assert read_manifest(tmp_path / "manifest.jsonl") == manifest
    assert list(read_manifest(tmp_path / "manifest.jsonl")) == sorted(manifest)


def test_a_file_of_problems_is_as_good(tmp_path: Path) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps({"id": "a", "problem": "1 + 1?"}) + "\n")
    assert read_manifest(path) == {problem_hash("1 + 1?"): "a"}


def test_a_broken_manifest_is_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_text('{"hash": "00", "id": "a"}\n{"hash": "00"}\n')
    with pytest.raises(RowError, match=r"manifest.jsonl:2: expected `hash` and `id` as text, found hash"):
        read_manifest(path)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert read_manifest(tmp_path / "empty.jsonl") == {}
