"""Programs of procedural problems, and a model that writes them: what both comparisons begin with."""

import ast
import itertools
import random
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

    base: PositiveInt = Field(
        description="that the first model learns, of one half of the templates, their programs rewritten in many ways"
    )
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
            "are_varied": kind == "base",
        },
        inputs={},
        work=_make_problems,
        output="problems.jsonl",
    )


def _make_problems(settings: Settings, folder: Path) -> None:
    part = None if settings["part"] is None else (settings["part"][0], settings["part"][1])
    made = arith_problems(settings["split"], seed=settings["seed"], part=part)
    short = (problem for problem in made if (problem.num_steps or 0) <= settings["most_steps"])
    taken = list(itertools.islice(short, settings["limit"]))
    if settings["are_varied"]:
        draw = random.Random(settings["seed"])
        taken = [problem.model_copy(update={"program": varied(problem.program or "", draw)}) for problem in taken]
    with atomic_file(folder / "problems.jsonl") as file:
        write_lines((problem.to_json() for problem in taken), file)


def varied(program: str, draw: random.Random) -> str:
    """A program of assignments that computes the same in another way: numbers and intermediate values put where they
    are used, or not, sums and products turned round, numbers in another order.

    A model that learns one form of each program samples little else, and self-sampling has nothing to find.
    """
    lines = {line.partition("=")[0]: ast.parse(line.partition("=")[2], mode="eval").body for line in program.split()}
    puts_numbers, puts_values = draw.random() < 0.5, draw.choice((0.0, 0.3, 1.0))
    kept: dict[str, ast.expr] = {}
    put: dict[str, ast.expr] = {}
    num_uses = {name: sum(_uses(line, name) for line in lines.values()) for name in lines}
    for name, line in lines.items():
        line = _Varied(put, draw).visit(line)
        is_number = isinstance(line, ast.Constant)
        is_put = puts_numbers if is_number else num_uses[name] == 1 and draw.random() < puts_values
        (put if is_put and name != "answer" else kept)[name] = line
    numbers = [name for name, line in kept.items() if isinstance(line, ast.Constant)]
    if draw.random() < 0.5:
        draw.shuffle(numbers)
    order = [*numbers, *(name for name in kept if name not in numbers)]
    return "\n".join(f"{name}={ast.unparse(kept[name]).replace(' ', '')}" for name in order)


def _uses(line: ast.expr, name: str) -> int:
    return sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(line))


class _Varied(ast.NodeTransformer):
    """Puts expressions in place of names, and turns some sums and products round."""

    def __init__(self, put: dict[str, ast.expr], draw: random.Random) -> None:
        self._put, self._draw = put, draw

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._put.get(node.id, node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Add | ast.Mult) and self._draw.random() < 0.5:
            left, right = right, left
        return ast.BinOp(left, node.op, right)
