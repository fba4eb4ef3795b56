"""The command line as a shell sees it: exit codes, streams, help."""

import contextlib
import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from quorum.cli import COMMANDS

QUORUM = [sys.executable, "-m", "quorum"]


def quorum(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*QUORUM, *arguments], capture_output=True, text=True, cwd=cwd)


def test_help_names_every_command() -> None:
    done = quorum("--help")
    assert done.returncode == 0
    assert all(re.search(rf"^    {name}\s", done.stdout, re.MULTILINE) for name in COMMANDS)


HELP_OF_ALL = """
import contextlib, io, sys
from quorum.cli import COMMANDS, main
before = set()
for command in COMMANDS:
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        main([command, "--help"])
    loaded = {name.partition(".")[0] for name in sys.modules}
    print(command, *sorted(loaded - before))
    before = loaded
"""
HEAVY = {
    *("torch", "transformers", "deepspeed", "peft", "openai", "datasets", "numpy", "scipy", "sklearn", "pandas"),
    *("pyarrow", "yaml", "sympy", "matplotlib", "latex2mathml"),
}


def test_help_of_no_command_imports_what_is_slow() -> None:
    done = subprocess.run([sys.executable, "-c", HELP_OF_ALL], capture_output=True, text=True, check=True)
    loaded = {command: set(modules) for command, *modules in map(str.split, done.stdout.splitlines())}
    assert loaded.keys() == COMMANDS.keys()
    assert {command: modules & HEAVY for command, modules in loaded.items() if modules & HEAVY} == {}


def test_the_version() -> None:
    done = quorum("--version")
    assert (done.returncode, done.stdout) == (0, f"quorum {version('quorum-math')}\n")


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
    """The command in the message can be pasted into a shell."""
    os.mkfifo(tmp_path / "samples.jsonl")  # reading it waits for a writer
    command = [sys.executable, "-c", INTERRUPTIBLE, "report", "samples.jsonl", "-o", "my report"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    writer = open_once_read(tmp_path / "samples.jsonl", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    os.close(writer)
    assert process.returncode == 130, errors
    assert "quorum report samples.jsonl -o 'my report'" in errors
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("buffered", [True, False])
def test_output_that_cannot_be_written_exits_1(buffered: bool, tmp_path: Path) -> None:
    rows = write_row(tmp_path)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    if not buffered:
        environment["PYTHONUNBUFFERED"] = "1"
    with Path("/dev/full").open("wb") as full:
        command = [*QUORUM, "rerank", str(rows), "--workers", "1"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_encoding_that_cannot_hold_the_output_exits_1(tmp_path: Path) -> None:
    rows = write_row(tmp_path, id="é")
    command = [*QUORUM, "rerank", str(rows), "--workers", "1"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert "PYTHONIOENCODING=utf-8" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_nobody_foresaw_keeps_its_traceback() -> None:
    program = "import quorum.cli\nquorum.cli._dispatch = lambda arguments: 1 / 0\nquorum.cli.main([])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr


ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b2J\r\x7f"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@pytest.mark.parametrize("command", ["rerank", "import"])
def test_messages_show_escape_sequences_and_do_not_send_them(command: str, tmp_path: Path) -> None:
    """Two rows with one key: the message names the id as it is in the file."""
    rows = write_row(tmp_path, id=ESCAPES)
    rows.write_text(rows.read_text() + rows.read_text().replace('"1"', '"2"'))
    for options in ((), ("--skip-bad-rows",)):
        done = quorum(command, str(rows), "-o", str(tmp_path / f"{ESCAPES.replace('/', '')}.jsonl"), *options)
        assert done.returncode == (0 if options else 2)
        assert "title" in done.stderr
        assert not CONTROL.search(done.stderr), done.stderr


@pytest.mark.parametrize("arguments", [("rerank",), ("data",)], ids=str)
def test_skipped_rows_are_shown_without_escape_sequences(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """The message names the file, whose name holds them."""
    rows = tmp_path / f"{ESCAPES.replace('/', '')}.jsonl"
    row = {"id": "a", "sample": 0, "predicted_answer": "1", "problem": "Why?", "expected_answer": "1"}
    rows.write_text(json.dumps(row) + "\n{\n")
    done = quorum(*arguments, str(rows), "--skip-bad-rows")
    assert done.returncode == 0, done.stderr
    assert "skipped" in done.stderr
    assert not CONTROL.search(done.stderr), done.stderr


@pytest.mark.parametrize("command", ["rerank", "report"])
def test_a_terminal_gets_no_escape_sequence_from_a_file(command: str, tmp_path: Path) -> None:
    """An id, an answer and a file's name may hold them; a terminal shows them, and a pipe gets what was in the file."""
    rows = write_row(tmp_path, id="\x9b2J", predicted_answer="\x9b2J")
    with rows.open("a") as file:
        file.write('{"id": "b", "sample": 0, "\x9b2J": NaN, "score": "\x9b2J')  # the report names this row's fault
    named = rows.rename(tmp_path / "\x9b2J.jsonl")
    arguments = [command, str(named), "--workers", "1", "--quiet", "--skip-bad-rows"]
    shown = on_a_terminal(*arguments)
    assert not CONTROL.search(shown.replace("\r\n", "\n")), shown
    if command == "rerank":
        assert json.loads(shown)["id"] == "\x9b2J"
        assert "\x9b2J" in quorum(*arguments).stdout


def on_a_terminal(*arguments: str) -> str:
    """What a command writes to standard output where that is a terminal."""
    ours, terminal = os.openpty()
    process = subprocess.Popen([*QUORUM, *arguments], stdout=terminal)
    os.close(terminal)
    written = b""
    with contextlib.suppress(OSError):  # EIO is how Linux ends a terminal that nobody has open any more
        while part := os.read(ours, 65536):
            written += part
    os.close(ours)
    assert process.wait() == 0
    return written.decode()


def write_row(folder: Path, **fields: object) -> Path:
    row = {"id": "a", "sample": 0, "expected_answer": "1", "predicted_answer": "1", **fields}
    (folder / "row.jsonl").write_text(json.dumps(row) + "\n")
    return folder / "row.jsonl"


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
