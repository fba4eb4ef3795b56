"""Programs of procedural problems, and a model that writes them: what both comparisons begin with."""

import itertools
from pathlib import Path

from pydantic import Field, NonNegativeInt, PositiveInt

from generator.ssft.recipe import SsftRecipe
from quorum.pipelines.stages import Settings, Stage
from quorum.pipelines.work import generator_stage
from reasoning.config import Section
from reasoning.formats.write import atomic_file, write_lines
from reasoning.problems.arith import arith_problems

KINDS = ("base", "train", "validation", "test")
SPLITS = {"base": "train", "train": "train", "validation": "validation", "test": "test"}
HALVES = {"base": (0, 2), "train": (1, 2)}  # of the templates


class ProblemsSection(Section):
    """Problems of each kind; those of test and validation have templates that no other has."""

    base: PositiveInt = Field(description="that the first model learns, of one half of the templates")
    train: PositiveInt = Field(description="that every run learns, of the other half")
    validation: PositiveInt = Field(description="that decide between the models of a run")
    test: PositiveInt = Field(description="that everything is measured on")
    most_steps: PositiveInt = Field(default=8, description="calculations of a problem at most")
    seed: NonNegativeInt = Field(default=1, description="another seed, other problems")


def first_stages(section: ProblemsSection, base: SsftRecipe) -> dict[str, Stage]:
    """The problems of each kind, by its name, and the model that all runs start from, `model`."""
    problems = {kind: _problems_stage(kind, section) for kind in KINDS}
    return {**problems, "model": generator_stage("base", base, {"data.0.path": problems["base"]})}


def _problems_stage(kind: str, section: ProblemsSection) -> Stage:
    return Stage(
        name=f"problems-{kind}",
        settings={
            "split": SPLITS[kind],
            "limit": getattr(section, kind),
            "part": list(HALVES[kind]) if kind in HALVES else None,
            "seed": section.seed,
            "most_steps": section.most_steps,
        },
        inputs={},
        work=_make_problems,
        output="problems.jsonl",
    )


def _make_problems(settings: Settings, folder: Path) -> None:
    part = None if settings["part"] is None else (settings["part"][0], settings["part"][1])
    made = arith_problems(settings["split"], seed=settings["seed"], part=part)
    short = (problem for problem in made if (problem.num_steps or 0) <= settings["most_steps"])
    with atomic_file(folder / "problems.jsonl") as file:
        write_lines((problem.to_json() for problem in itertools.islice(short, settings["limit"])), file)
