"""The command line: finds the command, runs it, turns errors into exit codes.

A command's module is imported only when it is the one asked for, so that help answers at once and no command
pays for another's libraries.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from reasoning.errors import InputError, QuorumError

# name -> (module in quorum.commands, one line of help); in the order help shows them
COMMANDS = {
    "demo": ("demo", "run the main job on a sample file that ships with Quorum"),
    "report": ("report", "what voting and reranking are worth on files of sampled solutions"),
    "rerank": ("rerank", "choose one answer per problem"),
    "compare": ("compare", "compare two runs on the same problems, paired"),
    "import": ("import_", "turn another tool's samples into canonical rows"),
    "export": ("export", "turn canonical rows into another tool's format"),
    "env": ("env", "versions, devices and what is missing"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 done, 1 failed, 2 bad usage or bad input, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except InputError as error:
        return _fail(error, 2)
    except QuorumError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        print(f"interrupted; run the same command again: quorum {' '.join(arguments)}", file=sys.stderr)
        return 130
    return code


def _dispatch(arguments: list[str]) -> int:
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    parser = argparse.ArgumentParser(
        prog="quorum", description="Sample, judge, vote, report: reranking for math reasoning."
    )
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


def _fail(error: Exception, code: int) -> int:
    print(f"quorum: {error}", file=sys.stderr)
    return code
