"""Train ReST-EM and its controls, measure them, and write self-training.md. Run by `make reproduce-self`.

Killed at any point, the same command goes on; what is done already is not done again.
"""

import argparse
import sys
from pathlib import Path

from reasoning.formats.write import atomic_file
from recipes.scales import exit_code, read_arguments
from recipes.self_training.document import Making, to_markdown
from recipes.self_training.measure import measure_all
from recipes.self_training.plan import run_all
from recipes.self_training.recipe import load_scale

DOCUMENT = "self-training.md"


def main() -> int:
    """Return 0 if all was done, 1 if something failed, 2 if the arguments are wrong, 130 if interrupted."""
    args = read_arguments("recipes.self_training", __doc__)
    return exit_code("self_training", lambda: print(_compare(args)))


def _compare(args: argparse.Namespace) -> Path:
    recipe = load_scale(args.scale, args.overrides)
    seeds, first = run_all(recipe, args.output / "stages")
    how = Making(args.scale, recipe, first, args.command)
    path: Path = args.docs / DOCUMENT
    with atomic_file(path) as file:
        file.write(to_markdown(measure_all(seeds), seeds, how).encode())
    return path


if __name__ == "__main__":
    sys.exit(main())
