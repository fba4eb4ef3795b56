"""Train, sample, score and measure everything, and write docs/reproduction.md. Run by `make reproduce`.

Killed at any point, the same command goes on; what is done already is not done again.
"""

import argparse
import sys
from pathlib import Path

from quorum.pipelines.stages import run_stages
from quorum.terminal import inert
from reasoning.errors import InputError, QuorumError
from recipes.reproduce.document import Making, write_document
from recipes.reproduce.measure import measure
from recipes.reproduce.plan import reproduce_stages
from recipes.reproduce.recipe import load_scale


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
    try:
        _reproduce(args)
    except QuorumError as error:
        _say(f"reproduce: {error}")
        return 2 if isinstance(error, InputError) else 1
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on")
        return 130
    return 0


def _reproduce(args: argparse.Namespace) -> None:
    recipe = load_scale(args.scale, args.overrides)
    output = args.output or Path("build/reproduce")
    docs = args.docs or (output if args.scale == "smoke" else Path("docs"))
    done = run_stages(reproduce_stages(recipe), output / "stages", say=_say)
    _say("measuring")
    results = measure({name: stage.output for name, stage in done.items()}, seed=recipe.seed)
    settings = "".join(f" --set {override}" for override in args.overrides)
    command = f"python -m recipes.reproduce --scale {args.scale}{settings}"
    print(write_document(results, Making(args.scale, recipe, done, command), docs))


def _say(text: str) -> None:
    print(inert(text), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
