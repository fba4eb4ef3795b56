"""Sampling in bulk from real HTTP servers that fail: complete, correct, and spread over all of them."""

import json
from pathlib import Path

import pytest

from generator.sampling import SamplingPlan, sample_file
from quorum.cli import main
from reasoning.bulk import PAUSES_S
from reasoning.engines import Request, SamplingParams, endpoints, remote
from reasoning.engines.openai_engine import OpenAIEngine
from reasoning.errors import Unavailable
from reasoning.problems import ProblemRow
from reasoning.prompts import solution_prompt
from tests.faulty_server import FAULTS, MODEL, FaultyServer, text_of

NUM_PROBLEMS, NUM_SAMPLES = 10, 64
PLAN = SamplingPlan(num_samples=NUM_SAMPLES, params=SamplingParams(max_tokens=64), seed=3, problems_per_call=5)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (endpoints, remote):
        monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
        monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr(endpoints, "REST_S", 0.02)


def problems() -> list[ProblemRow]:
    return [ProblemRow(id=f"p{i}", problem=f"What is {i}?", expected_answer=str(i % 5)) for i in range(NUM_PROBLEMS)]


def test_every_sample_is_there_once_and_right_whatever_fails(tmp_path: Path) -> None:
    """Two servers of which a fifth of all answers is a fault of seven kinds."""
    output = tmp_path / "rows.jsonl"
    with FaultyServer(0.2, hang_s=0.5).running() as a, FaultyServer(0.2, hang_s=0.5).running() as b:
        engine = OpenAIEngine([a.url, b.url], MODEL, timeout_s=0.4, max_retries=20)
        tally = sample_file(engine, problems(), output, plan=PLAN)
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [(row["id"], row["sample"]) for row in rows] == [(f"p{i}", j) for i in range(10) for j in range(64)]
    assert {row["finish_reason"] for row in rows} == {"stop"}
    assert all(row["generation"] == text_of(solution_prompt(row["problem"]), row["seed"]) for row in rows)
    assert tally is not None
    assert (tally.rows, tally.failed) == (640, 0)
    faults = a.num + b.num
    assert set(faults) == {"ok", *FAULTS}
    assert faults["ok"] >= 640


def test_one_server_alone_with_faults(tmp_path: Path) -> None:
    with FaultyServer(0.1, hang_s=0.6).running() as server:
        engine = OpenAIEngine(server.url, MODEL, timeout_s=0.4, max_retries=8)
        tally = sample_file(engine, problems()[:2], tmp_path / "rows.jsonl", plan=PLAN)
    assert tally is not None
    assert (tally.rows, tally.failed) == (128, 0)


def test_work_is_shared_and_a_server_that_is_down_does_none() -> None:
    with FaultyServer(answer_s=0.01).running() as a, FaultyServer(answer_s=0.01).running() as b:
        down = FaultyServer(is_down=True)
        with down.running():
            engine = OpenAIEngine([a.url, down.url, b.url], MODEL, concurrency=4)
            rows = list(engine.sample([Request(f"{i}", tuple(range(6))) for i in range(10)], SamplingParams()))
    assert len(rows) == 60
    assert min(a.num["ok"], b.num["ok"]) >= 20
    assert a.num["ok"] + b.num["ok"] == 60
    assert down.num["cut before"] < 30


def test_the_command_takes_several_urls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "problems.jsonl"
    source.write_text("".join(problem.to_json() + "\n" for problem in problems()))
    with FaultyServer().running() as a, FaultyServer().running() as b:
        command = ["sample", str(source), "--n", "3", "-o", str(tmp_path / "rows.jsonl"), "--generator"]
        assert main([*command, f"openai:{a.url},{b.url}"]) == 0
        assert main([*command, f"openai:{a.url},{a.url}", "--overwrite"]) == 2
    assert "30 samples of 10 problems" in (told := capsys.readouterr().err)
    assert "expected different URLs" in told
    assert a.num["ok"] + b.num["ok"] == 30
    assert min(a.num["ok"], b.num["ok"]) > 0


def test_a_server_that_goes_away_is_waited_for_and_then_the_run_can_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Down from the second batch on, for the whole patience of one run, and back for the next."""
    monkeypatch.setattr("reasoning.bulk.time.sleep", lambda _: None)
    output = tmp_path / "rows.jsonl"
    with FaultyServer().running() as server:
        engine = OpenAIEngine(server.url, MODEL, max_retries=0)

        def go_down(_: object) -> None:
            server.is_down = True

        with pytest.raises(Unavailable, match="found no connection"):
            sample_file(engine, problems(), output, plan=PLAN, on_batch=go_down)
        assert capsys.readouterr().err.count("all that is done is kept, trying again in") == len(PAUSES_S)
        server.is_down = False
        resumed: list[int] = []
        tally = sample_file(engine, problems(), output, plan=PLAN, on_resume=resumed.append)
    assert resumed == [320]
    assert tally is not None
    assert (tally.rows, tally.failed) == (640, 0)
