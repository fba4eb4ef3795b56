"""Train ReST-EM and its controls, measure them, and write self-training.md. Run by `make reproduce-self`.

Killed at any point, the same command goes on; what is done already is not done again.
"""

import argparse
import sys
from pathlib import Path

from reasoning.formats.write import atomic_file
from recipes.scales import exit_code
from recipes.self_training.document import Making, to_markdown
from recipes.self_training.measure import measure_all
from recipes.self_training.plan import run_all
from recipes.self_training.recipe import load_scale

DOCUMENT = "self-training.md"


def main() -> int:
    """Return 0 if all was done, 1 if something failed, 2 if the arguments are wrong, 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m recipes.self_training", description=__doc__)
    parser.add_argument("--scale", default="full", help="smoke, small or full (default: full)")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY.KEY=VALUE")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("build/reproduce-self"), metavar="DIR", help="for everything"
    )
    parser.add_argument("--docs", type=Path, metavar="DIR", help="for the document (default: the output)")
    args = parser.parse_args()
    return exit_code("self_training", lambda: print(_compare(args)))


def _compare(args: argparse.Namespace) -> Path:
    recipe = load_scale(args.scale, args.overrides)
    seeds, first = run_all(recipe, args.output / "stages")
    settings = "".join(f" --set {override}" for override in args.overrides)
    making = Making(args.scale, recipe, first, f"python -m recipes.self_training --scale {args.scale}{settings}")
    path: Path = (args.docs or args.output) / DOCUMENT
    with atomic_file(path) as file:
        file.write(to_markdown(measure_all(seeds), seeds, making).encode())
    return path


if __name__ == "__main__":
    sys.exit(main())
