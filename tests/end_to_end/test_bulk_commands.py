"""Bulk options of `quorum sample`, `score` and `rerank`, as a user types them."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest

from quorum.cli import main
from quorum.commands import bulk
from quorum.commands.bulk import chunk_output
from reasoning.bulk import Backend, here
from reasoning.model_folder import ModelCard
from rerank import buckets
from tests.faulty_server import FaultyServer
from tests.tiny_models import save_tiny_model

DRAW = ["--n", "3", "--max-tokens", "8", "--temperature", "1", "--batch", "2"]


@pytest.fixture(scope="module")
def generator() -> Iterator[str]:
    with FaultyServer().running() as server:
        yield f"openai:{server.url}"


@pytest.fixture(scope="module")
def folder(generator: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five problems, and what one process makes of them."""
    folder = tmp_path_factory.mktemp("bulk")
    assert main(["data", "arith", "--split", "test", "--limit", "5", "-o", str(folder / "problems.jsonl")]) == 0
    assert sample(folder, "samples.jsonl", generator) == 0
    return folder


def sample(folder: Path, name: str, generator: str, *options: str) -> int:
    command = ["sample", str(folder / "problems.jsonl"), "--generator", generator, *DRAW, *options]
    return main([*command, "-o", str(folder / name)])


def test_worker_processes_make_the_same_bytes(folder: Path, generator: str) -> None:
    assert sample(folder, "by-workers.jsonl", generator, "--workers", "2") == 0
    for suffix in ("", ".settings"):
        ours, theirs = (folder / f"{name}.jsonl{suffix}" for name in ("by-workers", "samples"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_workers_load_models_of_their_own(folder: Path) -> None:
    generator = str(save_tiny_model(folder / "g", card=ModelCard(kind="generator")))
    evaluator = str(save_tiny_model(folder / "e", card=ModelCard(kind="evaluator")))
    for options in ([], ["--workers", "1"]):
        name = f"own{len(options)}.jsonl"
        assert sample(folder, name, generator, "--device", "cpu", *options) == 0
        score = ["score", str(folder / "own0.jsonl"), "--evaluator", evaluator, "--device", "cpu", "--quiet"]
        assert main([*score, *options, "-o", str(folder / f"scored-{name}")]) == 0
    for name in ("own", "scored-own"):
        assert (folder / f"{name}2.jsonl").read_bytes() == (folder / f"{name}0.jsonl").read_bytes()


def test_chunks_one_behind_the_other_are_the_whole(
    folder: Path, generator: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(3):
        assert sample(folder, "part.jsonl", generator, "--num-chunks", "3", "--chunk-id", str(i)) == 0
    assert f"{folder / 'part-00002-of-00003.jsonl'}: 3 samples of 1 problem" in capsys.readouterr().err
    parts = [(folder / f"part-0000{i}-of-00003.jsonl").read_bytes() for i in range(3)]
    assert b"".join(parts) == (folder / "samples.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--num-chunks", "3"], "found no --chunk-id; give both"),
        (["--chunk-id", "0"], "found no --num-chunks; give both"),
        (["--num-chunks", "2", "--chunk-id", "2"], "expected --chunk-id from 0 to 1, found 2"),
    ],
)
def test_half_a_chunk_is_refused(
    options: list[str], said: str, folder: Path, generator: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sample(folder, "x.jsonl", generator, *options) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "of_chunk"),
    [
        ("a.jsonl", "a-00001-of-00002.jsonl"),
        ("a.b.jsonl.gz", "a.b-00001-of-00002.jsonl.gz"),
        ("a.parquet", "a-00001-of-00002.parquet"),
    ],
)
def test_the_name_of_a_chunk(name: str, of_chunk: str) -> None:
    assert chunk_output(Path("deep") / name, (1, 2)) == Path("deep") / of_chunk
    assert chunk_output(Path(name), None) == Path(name)


def test_rerank_of_many_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than fit into one bucket: bucket by bucket, in two processes, with the bytes of a run in memory."""
    path = tmp_path / "rows.jsonl"
    with path.open("w") as file:
        for j in range(8):
            for i in range(40):
                text = f"The answer is {i % 3 * j}."
                file.write(json.dumps({"id": f"p{i}", "sample": j, "expected_answer": "1", "generation": text}) + "\n")
    assert main(["rerank", str(path), "-o", str(tmp_path / "small.jsonl"), "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(buckets, "BUCKET_BYTES", 5000)
    assert main(["rerank", str(path), "-o", str(tmp_path / "large.jsonl"), "--workers", "2"]) == 0
    assert "40 problems, 320 samples, " in capsys.readouterr().err
    assert (tmp_path / "large.jsonl").read_bytes() == (tmp_path / "small.jsonl").read_bytes()
    assert main(["rerank", str(path), "--limit", "30", "--workers", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == (tmp_path / "small.jsonl").read_text().splitlines()[:30]
    assert {file.name for file in tmp_path.iterdir()} == {"rows.jsonl", "small.jsonl", "large.jsonl"}


def test_rows_that_json_cannot_hold_are_skipped_in_files_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.parquet"
    rows = [{"id": f"p{i}", "sample": 0, "generation": "The answer is 4.", "mark": b"a"} for i in range(20)]
    rows[18]["mark"] = b"\xff"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    rerank = ["rerank", str(path), "--quiet", "--workers", "1"]
    for size in (5000, 500):
        monkeypatch.setattr(buckets, "BUCKET_BYTES", size)
        assert main(rerank) == 2
        assert f"{path}:19: expected fields that JSON can hold" in capsys.readouterr().err
        assert main([*rerank, "--skip-bad-rows"]) == 0
        captured = capsys.readouterr()
        assert len(captured.out.splitlines()) == 19
        assert "Rows that could not be read and were skipped: 1" in captured.err


def test_warnings_are_those_of_a_small_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"id": f"p{i}", "sample": 0, "generation": "The answer is 4.", "stop": "lossless"} for i in range(20)]
    rows.append({"id": "p20", "sample": 0})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = []
    for size in (20_000, 500):
        monkeypatch.setattr(buckets, "BUCKET_BYTES", size)
        assert main(["rerank", str(path), "-o", str(tmp_path / "out.jsonl"), "--quiet", "--workers", "1"]) == 0
        told.append(capsys.readouterr().err)
    assert "Rows of `quorum sample --stop`: 20" in told[0]
    assert "Rows without a solution and without an answer, which count as wrong: 1" in told[0]
    assert told[1] == told[0]


def test_rerank_leaves_the_number_of_actors_to_the_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, asked = tmp_path / "rows.jsonl", list[int | None]()
    rows = [{"id": f"p{i}", "sample": 0, "generation": "The answer is 4."} for i in range(9)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def backend(args: argparse.Namespace, *, use_gpus: bool) -> Backend:
        asked.append(args.workers)
        return here

    monkeypatch.setattr(bulk, "_ray_backend", backend)
    monkeypatch.setattr(buckets, "BUCKET_BYTES", 500)
    rerank = ["rerank", str(path), "-o", str(tmp_path / "out.jsonl"), "--backend", "ray"]
    assert [main(rerank), main([*rerank, "--workers", "3"])] == [0, 0]
    assert asked == [None, 3]


def test_ray_that_is_not_there_is_named(folder: Path, generator: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        import ray  # noqa: F401
    except ModuleNotFoundError:
        assert sample(folder, "x.jsonl", generator, "--backend", "ray") == 2
        assert 'expected Ray, found none; pip install "quorum-math[ray]"' in capsys.readouterr().err
