"""The comparison as a Markdown document: the numbers here beside the paper's, and what holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quorum.pipelines.self_training.analysis import analyse
from quorum.pipelines.self_training.document import to_markdown as analysis_markdown
from quorum.pipelines.stages import Done
from recipes.making import making
from recipes.self_training.measure import Claim, Key, Values, claims
from recipes.self_training.plan import Run, SeedRuns
from recipes.self_training.recipe import ComparisonRecipe
from rerank.intervals import interval
from rerank.markdown import p_value
from rerank.naming import counted, title
from rerank.tables import aligned_table, percent, points

# arXiv:2312.06585 on MATH, Pass@1 in percent: three rounds beat one round with three times the samples
PAPER_ROUNDS, PAPER_ONCE = 41.9, 40.3
CLAIMS = {
    "base model": "beats the model that it began with",
    "references": "beats training on the references",
    "one round, all samples": f"beats one round with as many samples (in the paper {PAPER_ROUNDS - PAPER_ONCE:+.1f})",
}


@dataclass(frozen=True)
class Making:
    """How the numbers came about."""

    scale: str
    recipe: ComparisonRecipe
    first: Mapping[str, Done]
    command: str


def to_markdown(found: Mapping[str, Values], seeds: Sequence[SeedRuns], how: Making) -> str:
    """The whole document."""
    compared = claims(found)
    parts = [
        "# ReST-EM in miniature",
        _opening(found, how),
        "## What holds here",
        _holds(compared),
        "## Every model",
        _models(found),
        f"## {compared[0].one} less the others, in points",
        "Paired on the same problems; a star is p < 0.05 after Holm's correction over the table.",
        _differences(compared),
        f"## The rounds of seed {how.recipe.seeds[0]}",
        _analysis(seeds[0].rest_em),
        "## What grading costs",
        _grading(seeds),
        "## How it was made",
        making(how.command, how.recipe, [*how.first.values(), *_stages(seeds)]),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(found: Mapping[str, Values], how: Making) -> str:
    recipe = how.recipe
    each, test = recipe.self_training, recipe.self_training.test
    return (
        f"ReST-EM (arXiv:2312.06585) at the scale **{how.scale}**: {each.rounds} rounds of "
        f"{each.sampling.num_samples} samples of each of {recipe.problems.train:,} problems, at most "
        f"{each.keep.per_problem} correct ones kept of a problem, every training from the base model and of "
        f"{each.training.run.max_steps:,} steps. Its controls have the same training: on the problems' own programs, "
        f"and on the samples of one round that draws as many as all rounds. {counted(len(recipe.seeds), 'seed')}, the "
        f"last round is taken. Measured on {len(next(iter(found['base model'].values())))} problems of templates that "
        f"no run was trained on, a greedy sample and {test.num_samples} at T = {test.temperature}. Values are percent, "
        "means over seeds; intervals are 95%, over problems."
    )


def _holds(compared: Sequence[Claim]) -> str:
    sentences = []
    for claim in compared:
        if claim.metric[0] != "mean":
            continue
        one = claim.comparison
        sentences.append(
            f"- ReST-EM {CLAIMS[claim.other]}, as the share of correct samples: **{claim.status}**. Here "
            f"{points(one.difference)} points, 95% interval {points(one.low)} to {points(one.high)}, "
            f"{p_value(claim.p_adjusted)}."
        )
    return "\n".join(sentences)


def _models(found: Mapping[str, Values]) -> str:
    metrics = list(found["base model"])
    rows = [[name, *(_cell(values, metric) for metric in metrics)] for name, values in found.items()]
    return aligned_table(["model", *map(_title, metrics)], rows, numeric=range(1, len(metrics) + 1))


def _differences(compared: Sequence[Claim]) -> str:
    others = list(dict.fromkeys(claim.other for claim in compared))
    metrics = list(dict.fromkeys(claim.metric for claim in compared))
    by_place = {(claim.other, claim.metric): claim for claim in compared}
    rows = [[other, *(_difference(by_place[other, metric]) for metric in metrics)] for other in others]
    return aligned_table(["less", *map(_title, metrics)], rows, numeric=range(1, len(metrics) + 1))


def _difference(claim: Claim) -> str:
    one, star = claim.comparison, "*" if claim.p_adjusted < 0.05 else ""
    return f"{points(one.difference)}{star} ({points(one.low)} to {points(one.high)})"


def _analysis(run: Run) -> str:
    """The analysis that `quorum train self-training` writes, one level down and without its title."""
    folder = next(iter(run.done.values())).output.parents[1]
    last = len(run.rounds) - 1
    analysis = analyse(run.recipe, run.rounds, run.done, chosen=last, transfer={}, folder=folder)
    return analysis_markdown(analysis).partition("\n\n")[2].rstrip().replace("## ", "### ")


def _grading(seeds: Sequence[SeedRuns]) -> str:
    times = [
        (run.done[f"{name}-graded"].took_s, run.done[name].took_s)
        for runs in seeds
        for run in (runs.rest_em, runs.once)
        for name in (f"round-{each.number}-samples" for each in run.rounds[1:])
    ]
    shares = [graded_s / drawn_s for graded_s, drawn_s in times]
    graded_s, drawn_s = map(sum, zip(*times, strict=True))
    return (
        f"Running and grading the programs took {100 * graded_s / drawn_s:.1f}% of the time of sampling them, "
        f"{100 * min(shares):.1f}% to {100 * max(shares):.1f}% by round, starting the worker and reading and writing "
        f"the files included."
    )


def _stages(seeds: Sequence[SeedRuns]) -> Iterator[Done]:
    for runs in seeds:
        for run in (runs.rest_em, runs.once, runs.references):
            yield from run.done.values()


def _cell(values: Values, metric: Key) -> str:
    found = interval(values[metric])
    return f"{percent(float(values[metric].mean()))} ({percent(found.low)} to {percent(found.high)})"


def _title(metric: Key) -> str:
    return title(*metric, None)
