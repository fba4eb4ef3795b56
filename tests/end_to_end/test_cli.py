"""The command line as a shell sees it: exit codes, streams, help."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quorum.cli import COMMANDS

QUORUM = [sys.executable, "-m", "quorum"]


def quorum(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*QUORUM, *arguments], capture_output=True, text=True, cwd=cwd)


def test_help_names_every_command() -> None:
    done = quorum("--help")
    assert done.returncode == 0
    assert all(f"\n    {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("arguments", [(), ("retrain",), ("env", "--colour"), ("report",)], ids=str)
def test_bad_usage_exits_2_and_prints_nothing_on_stdout(arguments: tuple[str, ...]) -> None:
    done = quorum(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: quorum" in done.stderr


@pytest.mark.parametrize("command", ["report", "rerank", "import"])
def test_a_file_that_is_not_there_exits_2_and_is_named(command: str, tmp_path: Path) -> None:
    done = quorum(command, "nowhere.jsonl", "-o", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "nowhere.jsonl" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_is_not_json_exits_2_with_file_and_line(tmp_path: Path) -> None:
    quorum("demo", "--rows", "samples.jsonl", cwd=tmp_path)
    with (tmp_path / "samples.jsonl").open("a") as file:
        file.write("not a row\n")
    done = quorum("report", "samples.jsonl", "-o", "report", cwd=tmp_path)
    assert done.returncode == 2
    assert "samples.jsonl:6401:" in done.stderr


def test_the_reader_may_go_away() -> None:
    """As with `quorum env | head -1`: no traceback, and not a failure."""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen([*QUORUM, "env"], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


INTERRUPTIBLE = """
import signal, sys
from quorum.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job started in the background ignores it
sys.exit(main(sys.argv[1:]))
"""


def test_an_interrupt_exits_130_and_says_how_to_go_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "samples.jsonl")  # reading it waits for a writer
    command = [sys.executable, "-c", INTERRUPTIBLE, "report", "samples.jsonl", "-o", "report"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    writer = open_once_read(tmp_path / "samples.jsonl", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    os.close(writer)
    assert process.returncode == 130, errors
    assert "quorum report samples.jsonl -o report" in errors
    assert "Traceback" not in errors


def open_once_read(pipe: Path, reader: subprocess.Popen[str]) -> int:
    """Open a named pipe to write as soon as the process has it open to read."""
    while reader.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # that is: nobody reads it yet
                raise
        time.sleep(0.01)
    raise AssertionError(reader.communicate())


def test_the_demo_writes_its_rows(tmp_path: Path) -> None:
    done = quorum("demo", "--rows", "samples.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["samples.jsonl"]
    assert len((tmp_path / "samples.jsonl").read_text().splitlines()) == 6400


def test_the_demo_is_the_report_of_its_rows(tmp_path: Path) -> None:
    """One code path: `quorum report` on the same rows writes the same numbers."""
    demo = quorum("demo", "-o", "demo", cwd=tmp_path)
    assert demo.returncode == 0, demo.stderr
    assert "not a language model" in demo.stdout.splitlines()[0]
    quorum("demo", "--rows", "samples.jsonl", cwd=tmp_path)
    report = quorum("report", "samples.jsonl", "-o", "report", cwd=tmp_path)
    assert report.returncode == 0, report.stderr
    numbers = [(tmp_path / folder / "per_problem.jsonl").read_bytes() for folder in ("demo", "report")]
    assert numbers[0] == numbers[1]
    assert (tmp_path / "demo" / "report.html").exists()
