"""Commands that are interrupted, ended or killed: nothing half-written, no process left, and a rerun is whole."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quorum.cli import main
from tests.faulty_server import MODEL, FaultyServer

GONE_S = 120  # a limit for a machine that hangs; every process here ends in about a second

# A shell that starts a job in the background makes it ignore interrupts; these two do not.
INTERRUPTIBLE = """
import signal, sys
from quorum.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(sys.argv[1:]))
"""
# So does nohup, with SIGHUP.
# The signal comes when a file is written in full and does not have its name yet, the last moment to fail.
BEFORE_THE_NAME = """
import os, signal, sys
from quorum.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.fsync = lambda _: os.kill(os.getpid(), signal.Signals[sys.argv[1]])
sys.exit(main(sys.argv[2:]))
"""
EXIT_CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129, "SIGKILL": -9}

NUM_PROBLEMS, NUM_SAMPLES = 600, 25  # 15 tasks of 1,024 rows: two workers have answered some before all are read


def write_rows(path: Path, *, num_problems: int, num_samples: int) -> Path:
    with path.open("w") as file:
        for problem in range(num_problems):
            for sample in range(num_samples):
                answer = 7 if sample % 3 else problem
                row = {"id": f"p{problem}", "sample": sample, "problem": "Why?", "expected_answer": "7"}
                file.write(json.dumps({**row, "generation": f"The answer is {answer}."}) + "\n")
    return path


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


COMMANDS = {
    "import": ["import", "rows.jsonl", "-o", "out/rows.jsonl"],
    "import parquet": ["import", "rows.jsonl", "-o", "out/rows.parquet"],
    "import gz": ["import", "rows.jsonl", "-o", "out/rows.jsonl.gz"],
    "export": ["export", "rows.jsonl", "--to", "lists", "-o", "out/lists.jsonl"],
    "export a folder": ["export", "rows.jsonl", "--to", "nemo-skills", "-o", "out"],
    "rerank": ["rerank", "rows.jsonl", "-o", "out/chosen.jsonl", "--workers", "1"],
    "report": ["report", "rows.jsonl", "-o", "out", "--workers", "1"],
}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_half_written_is_left(command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "rows.jsonl", num_problems=3, num_samples=4)
    start = [sys.executable, "-c", BEFORE_THE_NAME, name, *COMMANDS[command]]
    done = subprocess.run(start, capture_output=True, text=True, timeout=GONE_S)
    assert done.returncode == EXIT_CODES[name], done.stderr
    assert "Traceback" not in done.stderr
    assert files_below(tmp_path / "out") == {}
    assert main(COMMANDS[command]) == 0
    assert files_below(tmp_path / "out")


@pytest.mark.parametrize("command", ["sample --generator", "score --evaluator"])
def test_a_server_that_hangs_is_not_waited_for(command: str, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", num_problems=2, num_samples=1)
    server = FaultyServer(answer_s=10 * GONE_S)
    with server.running():
        name, option = command.split()
        start = [name, str(rows), option, f"openai:{server.url}#{MODEL}", "-o", str(tmp_path / "out.jsonl")]
        process = subprocess.Popen([sys.executable, "-c", INTERRUPTIBLE, *start], stderr=subprocess.PIPE, text=True)
        try:
            while not server.under_way and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=GONE_S)
        finally:
            process.kill()
    assert process.returncode == 130, told
    assert "interrupted; run the same command again" in told
    assert "Traceback" not in told


def start_report(folder: Path) -> subprocess.Popen[bytes]:
    """A report on rows from standard input with two workers."""
    command = ["report", "-", "-o", "out", "--workers", "2", "--quiet"]
    return subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
    )


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    return write_rows(path, num_problems=NUM_PROBLEMS, num_samples=NUM_SAMPLES).read_bytes()


@pytest.fixture(scope="module")
def whole(rows: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a report that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    with start_report(folder) as process:
        process.communicate(rows, timeout=GONE_S)
    assert process.returncode == 0
    return files_below(folder / "out")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_no_worker_outlives_its_parent(name: str, rows: bytes, whole: dict[str, bytes], tmp_path: Path) -> None:
    with start_report(tmp_path) as process:
        assert process.stdin is not None
        # Returns when all but what a pipe holds is read, so the workers run; and there is no end of the rows.
        process.stdin.write(rows)
        process.stdin.flush()
        process.send_signal(signal.Signals[name])
        # Every process of the report holds the pipes that this reads: they end with the last of them.
        output, errors = process.communicate(timeout=GONE_S)
    assert (process.returncode, output) == (EXIT_CODES[name], b"")
    assert b"Traceback" not in errors
    assert files_below(tmp_path) == {}
    with start_report(tmp_path) as again:
        again.communicate(rows, timeout=GONE_S)
    assert again.returncode == 0
    assert files_below(tmp_path / "out") == whole
