"""Train, sample, score and measure everything, and write docs/reproduction.md. Run by `make reproduce`.

Killed at any point, the same command goes on; what is done already is not done again.
"""

import argparse
import sys
from pathlib import Path

from quorum.pipelines.stages import run_stages
from quorum.terminal import say
from recipes.reproduce.document import Making, write_document
from recipes.reproduce.measure import measure
from recipes.reproduce.plan import reproduce_stages
from recipes.reproduce.recipe import load_scale
from recipes.scales import exit_code


def main() -> int:
    """Return 0 if all was done, 1 if something failed, 2 if the arguments are wrong, 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m recipes.reproduce", description=__doc__)
    parser.add_argument("--scale", default="full", help="smoke, small or full (default: full)")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY.KEY=VALUE")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="for the stages (default: build/reproduce)")
    parser.add_argument(
        "--docs", type=Path, metavar="DIR", help="for the document and figures (default: docs; of smoke, the output)"
    )
    args = parser.parse_args()
    return exit_code("reproduce", lambda: _reproduce(args))


def _reproduce(args: argparse.Namespace) -> None:
    recipe = load_scale(args.scale, args.overrides)
    output = args.output or Path("build/reproduce")
    docs = args.docs or (output if args.scale == "smoke" else Path("docs"))
    done = run_stages(reproduce_stages(recipe), output / "stages", say=say)
    say("measuring")
    results = measure({name: stage.output for name, stage in done.items()}, seed=recipe.seed)
    settings = "".join(f" --set {override}" for override in args.overrides)
    command = f"python -m recipes.reproduce --scale {args.scale}{settings}"
    print(write_document(results, Making(args.scale, recipe, done, command), docs))


if __name__ == "__main__":
    sys.exit(main())
