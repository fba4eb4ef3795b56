"""Train every arm of self-sampling, measure pass@k, and write self-sampling.md. Run by `make reproduce-self`.

Killed at any point, the same command goes on; what is done already is not done again.
"""

import argparse
import sys
from pathlib import Path

from quorum.pipelines.stages import run_stages
from quorum.terminal import say
from reasoning.formats.write import atomic_file
from recipes.scales import exit_code, read_arguments
from recipes.self_sampling.document import FIGURE, TITLES, Making, to_markdown
from recipes.self_sampling.figure import draw
from recipes.self_sampling.measure import known_ks, measure
from recipes.self_sampling.plan import arms_stages
from recipes.self_sampling.recipe import load_scale

DOCUMENT = "self-sampling.md"


def main() -> int:
    """Return 0 if all was done, 1 if something failed, 2 if the arguments are wrong, 130 if interrupted."""
    args = read_arguments("recipes.self_sampling", __doc__)
    return exit_code("self_sampling", lambda: print(_compare(args)))


def _compare(args: argparse.Namespace) -> Path:
    recipe = load_scale(args.scale, args.overrides)
    done = run_stages(arms_stages(recipe), args.output / "stages", say=say)
    how = Making(args.scale, recipe, done, args.command)
    arms = measure(done, recipe.seeds)
    path: Path = args.docs / DOCUMENT
    for place, text in (
        (path.with_name(FIGURE), draw(arms, TITLES, known_ks(arms))),
        (path, to_markdown(arms, how)),
    ):
        with atomic_file(place) as file:
            file.write(text.encode())
    return path


if __name__ == "__main__":
    sys.exit(main())
