"""Recipes: what a file and its overrides give, and what is said where they are wrong."""

from pathlib import Path

import pytest
from pydantic import Field

from reasoning.config import Section, differences, load_recipe, resolved, write_recipe
from reasoning.errors import InputError


class Inner(Section):
    rate: float = 0.1
    from_: str | None = Field(default=None, alias="from")


class Recipe(Section):
    name: str
    inner: Inner = Inner()
    parts: tuple[Inner, ...] = ()
    maybe: Inner | None = None


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


def test_a_file_with_overrides(tmp_path: Path) -> None:
    path = write(tmp_path, "name: a\ninner: {rate: 0.5}\nparts: [{rate: 1}, {rate: 2}]\n")
    overrides = ["inner.rate=1e-3", "parts.1.from=x", "maybe.rate=3", "name=b", "name=c"]
    recipe = load_recipe(Recipe, path, overrides)
    assert recipe.inner.rate == 1e-3
    assert [part.from_ for part in recipe.parts] == [None, "x"]
    assert recipe.maybe == Inner(rate=3)
    assert recipe.name == "c"


def test_null_unsets(tmp_path: Path) -> None:
    assert load_recipe(Recipe, write(tmp_path, "name: a\nmaybe: {rate: 1}"), ["maybe=null"]).maybe is None


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    recipe = load_recipe(Recipe, write(tmp_path, "name: ü\nparts: [{from: x}]"))
    write_recipe(recipe, tmp_path / "resolved.yaml")
    assert load_recipe(Recipe, tmp_path / "resolved.yaml") == recipe
    assert resolved(recipe)["parts"] == [{"rate": 0.1, "from": "x"}]


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("name: a\ninner: {ratte: 1}", (), "inner.ratte; did you mean rate?"),
        ("name: a\nparts: [{frm: 1}]", (), "parts.0.frm; did you mean from?"),
        ("name: a\nmaybe: {zzz: 1}", (), "maybe.zzz; known are rate, from"),
        ("nam: a", (), "name"),
        ("name: a\ninner: {rate: fast}", (), "inner.rate: expected a valid number"),
        ("name: a\ninner: {rate: .nan}", (), "inner.rate: expected a finite number"),
        ("name: [", (), "expected YAML"),
        ("- a", (), "expected a mapping of settings"),
        ("name: a", ("inner.rate",), "expected KEY.KEY=VALUE"),
        ("name: a", ("name.first=b",), "expected settings under name"),
        ("name: a\nparts: [{}]", ("parts.1.rate=2",), "a place in the list, 0 to 0"),
        ("name: a", ("inner.rate=[",), "expected a value in YAML"),
    ],
)
def test_mistakes_are_named(text: str, overrides: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_recipe(Recipe, write(tmp_path, text), overrides)
    assert message in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: expected a recipe to read, found No such file"):
        load_recipe(Recipe, tmp_path / "none.yaml")


def test_differences_name_the_setting() -> None:
    old = {"a": {"b": 1, "c": 2}, "d": [{"e": 1}], "f": [1]}
    new = {"a": {"b": 1, "c": 3}, "d": [{"e": 2}], "f": [1, 2], "g": None}
    assert differences(old, new) == ["a.c: 2, now 3", "d.0.e: 1, now 2", "f: [1], now [1, 2]"]
    assert differences(old, old) == []


def test_a_misspelt_setting_that_is_needed_is_named_as_written(tmp_path: Path) -> None:
    class Needed(Section):
        model: str

    path = tmp_path / "recipe.yaml"
    path.write_text("modle: llama\n")
    with pytest.raises(InputError, match=r"found modle; did you mean model\?"):
        load_recipe(Needed, path, [])
