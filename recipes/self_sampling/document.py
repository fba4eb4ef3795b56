"""The comparison as a Markdown document: the numbers here beside the paper's, and what holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from quorum.pipelines.stages import Done
from recipes.making import making
from recipes.self_sampling.findings import PAPER, findings, listed
from recipes.self_sampling.measure import Arm, Values, differences, known_ks
from recipes.self_sampling.recipe import ARMS, ArmsRecipe
from rerank.intervals import interval
from rerank.naming import counted
from rerank.tables import aligned_table, percent, points

FIGURE = "self-sampling.svg"  # beside the document
TITLES = {
    "mle": "MLE",
    "fcs-mle-aug": "FCS, MLE-Aug",
    "fcs-mml": "FCS, MML",
    "fcs-beta-mml": "FCS, beta-MML",
    "pcs-mle-aug": "FCS + PCS, MLE-Aug",
    "pcs-mml": "FCS + PCS, MML",
    "pcs-beta-mml": "FCS + PCS, beta-MML",
}


@dataclass(frozen=True)
class Making:
    """How the numbers came about."""

    scale: str
    recipe: ArmsRecipe
    done: Mapping[str, Done]
    command: str


def to_markdown(arms: Mapping[str, Arm], how: Making) -> str:
    """The whole document."""
    ks = known_ks(arms)
    parts = [
        "# Self-sampling in miniature",
        _opening(arms, how),
        "## What holds here",
        f"The p-values of this list are adjusted (Holm) over all of it; without p < 0.05 a finding is undecided.\n\n"
        f"{listed(findings(arms, ks[-1]))}",
        "## pass@k",
        f"![pass@k of every arm]({FIGURE})",
        _passes(arms, ks),
        "## Difference to MLE, in points",
        "Paired on the same problems; a star is p < 0.05 after Holm's correction over the table.",
        _against_mle(arms, ks),
        "## Buffers, diversity and seeds",
        _others(arms, ks[-1]),
        "## How it was made",
        making(how.command, how.recipe, how.done.values()),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(arms: Mapping[str, Arm], how: Making) -> str:
    recipe = how.recipe
    run = next(iter(arms.values())).runs[0]
    return (
        f"The arms of arXiv:2205.14318 (ICLR 2023 version, table 5) at the scale **{how.scale}**: programs of "
        f"{recipe.problems.train:,} procedural word problems, learned for {recipe.arm.run.max_steps:,} steps of "
        f"{recipe.arm.batch.problems} problems from one model, which has learned "
        f"programs of other templates, each in a form of its own. "
        f"Same steps, same order, {counted(len(recipe.seeds), 'seed')} an arm. Each run's checkpoint is "
        f"the one with the best sample at T = {recipe.test.best_temperature} on validation; measured on "
        f"{len(run.best)} problems of templates that no run was trained on, {run.num_samples} samples each at "
        f"T = {recipe.test.temperature}. Values are percent, means over seeds; intervals are 95%, over problems. The "
        f"paper's are GPT-Neo 125M on GSM5.5K-Python: the two can agree in what is better than what, not in values."
    )


def _passes(arms: Mapping[str, Arm], ks: list[int]) -> str:
    head = ["arm", "T = 0.2", *(f"pass@{k}" for k in ks), *(f"paper @{k}" for k in ks)]
    rows = [
        [
            TITLES[name],
            _cell(arms[name].best),
            *(_cell(arms[name].values(k)) for k in ks),
            *(f"{PAPER[name][k]:.1f}" for k in ks),
        ]
        for name in ARMS
    ]
    return aligned_table(head, rows, numeric=range(1, len(head)))


def _against_mle(arms: Mapping[str, Arm], ks: list[int]) -> str:
    names = [name for name in ARMS if name != "mle"]
    found = iter(differences([(arms[name].values(k), arms["mle"].values(k)) for name in names for k in ks]))
    rows = []
    for name in names:
        row = [TITLES[name]]
        for k in ks:
            difference = next(found)
            one = difference.comparison
            star = "*" if difference.p_adjusted < 0.05 else ""
            paper = PAPER[name][k] - PAPER["mle"][k]
            row.append(f"{points(one.difference)}{star} ({points(one.low)} to {points(one.high)}); paper {paper:+.1f}")
        rows.append(row)
    return aligned_table(["arm", *(f"pass@{k}" for k in ks)], rows, numeric=range(1, len(ks) + 1))


def _others(arms: Mapping[str, Arm], k: int) -> str:
    rows = [
        [
            TITLES[name],
            f"{_mean(arm.correct):.2f}",
            f"{_mean(arm.partial):.2f}",
            percent(arm.share_unique),
            ", ".join(percent(value) for value in arm.by_seed(k)),
        ]
        for name, arm in arms.items()
    ]
    head = ["arm", "FCS a problem", "PCS a problem", "unique samples", f"pass@{k} of each seed"]
    return aligned_table(head, rows, numeric=range(1, len(head)))


def _cell(values: Values) -> str:
    found = interval(values)
    return f"{percent(float(values.mean()))} ({percent(found.low)} to {percent(found.high)})"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
