"""Recipes: one YAML file is one run. Reading, overriding and checking them."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml  # type: ignore[import-untyped]  # ships no types
from pydantic import BaseModel, ConfigDict, ValidationError

from reasoning.errors import InputError
from reasoning.formats.parse import shown
from reasoning.formats.write import atomic_file


class Section(BaseModel):
    """A part of a recipe: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


R = TypeVar("R", bound=BaseModel)


def load_recipe(recipe: type[R], path: Path, overrides: Sequence[str] = ()) -> R:
    """Read a recipe file.

    Args:
        recipe: what the file must hold.
        path: YAML.
        overrides: `a.b=value`, the value in YAML; later ones win. `a.0.b` is a place in a list, and `null` unsets.

    Raises:
        InputError: no such file, no YAML, an unknown key (the nearest known one is suggested), or a bad value.
    """
    fields = _read(path)
    for override in overrides:
        _apply(fields, override)
    return check_recipe(recipe, fields, str(path))


def check_recipe(recipe: type[R], fields: dict[str, Any], place: str) -> R:
    """The recipe in a mapping.

    Args:
        recipe: what it must be.
        fields: its keys and values.
        place: what a message begins with, as the file's name.

    Raises:
        InputError: as `load_recipe`.
    """
    try:
        return recipe.model_validate(fields)
    except ValidationError as error:
        raise InputError(f"{place}: {_first_error(error, recipe)}") from error


def write_recipe(recipe: BaseModel, path: Path) -> None:
    """Write every setting of a recipe, the defaults too, as a file that `load_recipe` reads."""
    with atomic_file(path) as file:
        file.write(yaml.safe_dump(resolved(recipe), sort_keys=False, allow_unicode=True).encode())


def resolved(recipe: BaseModel) -> dict[str, Any]:
    """Every setting of a recipe, the defaults too, as plain values under the names of the file."""
    return recipe.model_dump(mode="json", by_alias=True)


def differences(old: object, new: object, place: str = "") -> list[str]:
    """Where two resolved recipes differ: `optimizer.lr: 0.001, now 0.002`."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(key for key in new if key not in old)]
        pairs = [(f"{place}.{key}".lstrip("."), old.get(key), new.get(key)) for key in keys]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(f"{place}.{i}".lstrip("."), a, b) for i, (a, b) in enumerate(zip(old, new, strict=True))]
    else:
        return [] if old == new else [f"{place}: {shown(old)}, now {shown(new)}"]
    return [line for where, a, b in pairs for line in differences(a, b, where)]


def _read(path: Path) -> dict[str, Any]:
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: expected a recipe to read, found {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected YAML, found {' '.join(str(error).split())}") from error
    if not isinstance(fields, dict):
        raise InputError(f"{path}: expected a mapping of settings, found {shown(fields)}")
    return fields


def _apply(fields: dict[str, Any], override: str) -> None:
    """Set one value in place."""
    name, equals, text = override.partition("=")
    keys = name.split(".")
    if not equals or not all(keys):
        raise InputError(f"--set: expected KEY.KEY=VALUE as optimizer.lr=0.001, found {override!r}")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"--set {name}: expected a value in YAML, found {text!r}") from error
    place: Any = fields
    for key in keys[:-1]:
        place = _child(place, key, override)
    if isinstance(place, list):
        place[_index(place, keys[-1], override)] = value
    else:
        place[keys[-1]] = value


def _child(place: Any, key: str, override: str) -> Any:
    if isinstance(place, list):
        child = place[_index(place, key, override)]
    else:
        child = place.get(key)
        if child is None:
            child = place[key] = {}
    if not isinstance(child, dict | list):
        raise InputError(f"--set {override}: expected settings under {key}, found {shown(child)}")
    return child


def _index(place: list[Any], key: str, override: str) -> int:
    if not key.isdecimal() or int(key) >= len(place):
        raise InputError(f"--set {override}: expected a place in the list, 0 to {len(place) - 1}, found {key!r}")
    return int(key)


def _first_error(error: ValidationError, recipe: type[BaseModel]) -> str:
    errors = error.errors(include_url=False)
    first = min(errors, key=lambda e: e["type"] != "extra_forbidden")  # a misspelt setting is missing, too
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = _keys(recipe, first["loc"][:-1])
        near = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        return f"expected a known setting, found {place}; {remedy}"
    if first["type"] == "missing":
        return f"expected the setting {place}, found nothing there; add it"
    expected = first["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{place}: {expected}; found {shown(first['input'])}" if place else expected


def _keys(recipe: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """The keys that are known at a place of a recipe."""
    sections: list[type[BaseModel]] = [recipe]
    for key in place:
        fields = [f for s in sections for n, f in s.model_fields.items() if key in (n, f.alias)]
        if fields:
            sections = [part for field in fields for part in _sections(field.annotation)]
    return [field.alias or name for section in sections for name, field in section.model_fields.items()]


def _sections(annotation: Any) -> list[type[BaseModel]]:
    """The sections that a field's type holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections(part)]
