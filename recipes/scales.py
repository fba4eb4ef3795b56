"""Recipes that run at several scales: recipe.yaml has all settings, scales.yaml what each scale changes."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml  # type: ignore[import-untyped]  # ships no types

from quorum.terminal import say
from reasoning.config import Section, load_recipe
from reasoning.errors import InputError, QuorumError

R = TypeVar("R", bound=Section)


def scales(folder: Path) -> dict[str, dict[str, Any]]:
    """What each scale of a folder changes."""
    content: dict[str, dict[str, Any]] = yaml.safe_load((folder / "scales.yaml").read_text(encoding="utf-8"))
    return content


def at_scale(recipe: type[R], folder: Path, scale: str, overrides: Sequence[str]) -> R:
    """The recipe of a folder at a scale.

    Args:
        recipe: its type.
        folder: of recipe.yaml and scales.yaml.
        scale: a key of scales.yaml.
        overrides: as `load_recipe`; they come after the scale's changes.

    Raises:
        InputError: no such scale, or a setting that does not exist.
    """
    known = scales(folder)
    if scale not in known:
        raise InputError(f"--scale: expected one of {', '.join(known)}, found {scale!r}")
    changes = [f"{name}={yaml.safe_dump(value, default_flow_style=True)}" for name, value in known[scale].items()]
    return load_recipe(recipe, folder / "recipe.yaml", [*changes, *overrides])


def read_arguments(module: str, description: str | None) -> argparse.Namespace:
    """The arguments of `python -m module`: scale, overrides, output, docs (the output where not given), and the command
    that makes the same numbers."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--scale", default="full", help="smoke, small or full (default: full)")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY.KEY=VALUE")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("build/reproduce-self"), metavar="DIR", help="for everything"
    )
    parser.add_argument("--docs", type=Path, metavar="DIR", help="for the document (default: the output)")
    args = parser.parse_args()
    args.docs = args.docs or args.output
    args.command = " ".join([parser.prog, "--scale", args.scale, *(f"--set {value}" for value in args.overrides)])
    return args


def exit_code(name: str, work: Callable[[], None]) -> int:
    """Do the work; 0 if all was done, 1 if something failed, 2 if the arguments are wrong, 130 if interrupted."""
    try:
        work()
    except QuorumError as error:
        say(f"{name}: {error}")
        return 2 if isinstance(error, InputError) else 1
    except KeyboardInterrupt:
        say("interrupted; the same command goes on")
        return 130
    return 0
