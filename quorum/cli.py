"""The command line: finds the command, runs it, turns errors into exit codes.

A command's module is imported only when it is the one asked for, so that help answers at once and no command
pays for another's libraries.
"""

import argparse
import contextlib
import importlib
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn

from quorum.terminal import inert, inert_stdout
from reasoning.errors import InputError, QuorumError

# name -> (module in quorum.commands, one line of help); in the order help shows them
COMMANDS = {
    "demo": ("demo", "run the main job on a sample file that ships with Quorum"),
    "solve": ("solve", "answer a question: sample, judge, vote, choose"),
    "sample": ("sample", "draw many solutions of many problems from a generator"),
    "score": ("score", "what an evaluator thinks of samples, a score a row"),
    "report": ("report", "what voting and reranking are worth on files of sampled solutions"),
    "rerank": ("rerank", "choose one answer per problem"),
    "compare": ("compare", "compare two runs on the same problems, paired"),
    "plan": ("plan", "what other numbers of samples, strategies and stopping rules would give and cost"),
    "import": ("import_", "turn another tool's samples into canonical rows"),
    "export": ("export", "turn canonical rows into another tool's format"),
    "data": ("data", "print problems as JSON Lines: arith, gsm8k, math, gsm-python, mathqa-python or a file"),
    "serve": ("serve", "answer questions over HTTP, with a page to watch it"),
    "train": ("train", "train from a recipe: ssft, evaluator, self-sampling, self-training, sequential"),
    "calibrate": ("calibrate", "make an evaluator's scores probabilities, and find when not to answer"),
    "env": ("env", "versions, devices and what is missing"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 done, 1 failed, 2 bad usage or bad input, 130 interrupted.

    Raises:
        SystemExit: help and bad usage, and 128 + the signal where one asks the process to end. Whatever is
            being written is then removed.
        Exception: one that nobody foresaw, with its traceback.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    with _orderly_end(), inert_stdout():
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        _discard_stdout()
        return 0
    except InputError as error:
        return _fail(error, 2)
    except QuorumError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        print(inert(f"interrupted; run the same command again: quorum {shlex.join(arguments)}"), file=sys.stderr)
        return 130
    except UnicodeEncodeError as error:
        if error.encoding in ("utf-8", "utf8"):
            raise
        return _fail(_unwritable(error), 1)
    except OSError as error:
        return _fail(_failed_access(error), 1)
    return code


@contextlib.contextmanager
def _orderly_end() -> Iterator[None]:
    """Let the signals that end a process unwind it, so that no half-written file and no worker is left.

    A signal that is ignored, as under nohup, stays ignored. Only the main thread may set this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one must not stop the cleaning up
    raise SystemExit(128 + number)


class _Version(argparse.Action):
    """Looks the version up when it is asked for, since importing what knows it takes as long as all help."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"quorum {version('quorum-math')}")
        parser.exit()


def _dispatch(arguments: list[str]) -> int:
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    parser = argparse.ArgumentParser(
        prog="quorum", description="Sample, judge, vote, report: reranking for math reasoning."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module_name, text) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=text, description=text)
        if name == command:
            module = importlib.import_module(f"quorum.commands.{module_name}")
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    args = parser.parse_args(arguments)
    code: int = args.run(args)
    return code


def _fail(error: Exception | str, code: int) -> int:
    print(inert(f"quorum: {error}"), file=sys.stderr)
    return code


def _unwritable(error: UnicodeEncodeError) -> str:
    return (
        f"expected output that the encoding {error.encoding} can hold, found {error.object[error.start]!a}; "
        "set PYTHONIOENCODING=utf-8, or write to a file with -o"
    )


def _failed_access(error: OSError) -> str:
    """What the system refused; if that was our output, Python must not try it again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_stdout()
    place = "input or output" if error.filename is None else error.filename
    return f"{place}: expected to read or write it, found {error.strerror or error}; check the disk and permissions"


def _discard_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
