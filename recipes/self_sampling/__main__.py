"""Train every arm of self-sampling, measure pass@k, and write self-sampling.md.

Killed at any point, the same command goes on; what is done already is not done again.
"""

import argparse
import sys
from pathlib import Path

from quorum.pipelines.stages import run_stages
from quorum.terminal import inert
from reasoning.errors import InputError, QuorumError
from reasoning.formats.write import atomic_file
from recipes.self_sampling.document import Making, to_markdown
from recipes.self_sampling.measure import measure
from recipes.self_sampling.plan import arms_stages
from recipes.self_sampling.recipe import load_scale

DOCUMENT = "self-sampling.md"


def main() -> int:
    """Return 0 if all was done, 1 if something failed, 2 if the arguments are wrong, 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m recipes.self_sampling", description=__doc__)
    parser.add_argument("--scale", default="full", help="smoke, small or full (default: full)")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="KEY.KEY=VALUE")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("build/self-sampling"), metavar="DIR", help="for everything"
    )
    args = parser.parse_args()
    try:
        print(_compare(args))
    except QuorumError as error:
        _say(f"self_sampling: {error}")
        return 2 if isinstance(error, InputError) else 1
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on")
        return 130
    return 0


def _compare(args: argparse.Namespace) -> Path:
    recipe = load_scale(args.scale, args.overrides)
    done = run_stages(arms_stages(recipe), args.output / "stages", say=_say)
    settings = "".join(f" --set {override}" for override in args.overrides)
    making = Making(args.scale, recipe, done, f"python -m recipes.self_sampling --scale {args.scale}{settings}")
    path: Path = args.output / DOCUMENT
    with atomic_file(path) as file:
        file.write(to_markdown(measure(done, recipe.seeds), making).encode())
    return path


def _say(text: str) -> None:
    print(inert(text), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
