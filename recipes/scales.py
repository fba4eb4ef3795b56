"""Recipes that run at several scales: recipe.yaml has all settings, scales.yaml what each scale changes."""

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
