"""Recipes: every file in recipes/ is one that its trainer reads, and docs/training.md lists every setting."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from generator.ssft.recipe import SsftRecipe
from quorum.commands.train import TRAINERS
from reasoning.config import load_recipe
from reasoning.errors import InputError

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_a_trainer_reads_it(path: Path) -> None:
    refusals = []
    for module, name, _ in TRAINERS.values():
        try:
            load_recipe(getattr(importlib.import_module(f"{module}.recipe"), name), path)
        except InputError as error:
            refusals.append(str(error))
    assert len(refusals) == len(TRAINERS) - 1, "\n".join(refusals)


def test_the_settings_are_documented() -> None:
    table = "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *settings(SsftRecipe, "")])
    page = (ROOT / "docs" / "training.md").read_text()
    found = re.search(r"<!-- settings -->\n(.*)\n?<!-- end of settings -->", page, re.DOTALL)
    assert found is not None
    assert found[1].strip() == table, f"put this there:\n{table}"


def settings(section: type[BaseModel], place: str) -> Iterator[str]:
    """A line a setting, those of a section behind it."""
    for name, field in section.model_fields.items():
        key = f"{place}{field.alias or name}"
        parts = [part for part in flat(field.annotation) if issubclass(part, BaseModel)]
        is_list = "tuple" in str(field.annotation) and bool(parts)
        yield f"| `{key}` | {default_of(field, is_section=bool(parts))} | {field.description} |"
        for part in parts:
            yield from settings(part, f"{key}[]." if is_list else f"{key}.")


def default_of(field: FieldInfo, *, is_section: bool) -> str:
    """The default as a recipe has it; nothing where it is that of the section's settings."""
    if field.is_required():
        return "needed"
    if is_section and field.default is not None:
        return ""
    return f"`{json.dumps(field.default)}`"


def flat(annotation: Any) -> list[type]:
    """The classes within a type."""
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation]
    return [part for inner in get_args(annotation) for part in flat(inner)]
