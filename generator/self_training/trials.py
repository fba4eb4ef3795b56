"""Which problems a wave of samples is drawn of: all, or those that are still short of correct ones."""

import math
from collections.abc import Mapping, Sequence

from generator.self_training.recipe import TrialsSection
from reasoning.formats import Row
from reasoning.problems import ProblemRow
from reasoning.seeds import sample_seed


def seed_of(run_seed: int, *, round_number: int, wave: int) -> int:
    """The seed of one wave of one round, so that no two draw the same samples."""
    return sample_seed(run_seed, f"round {round_number}", wave)


def problems_of_round(
    problems: Sequence[ProblemRow], round_number: int, problems_per_round: int | None
) -> list[ProblemRow]:
    """All problems, or the next so many of them; after the last comes the first.

    Args:
        round_number: from 1.
    """
    if problems_per_round is None or problems_per_round >= len(problems):
        return list(problems)
    first = (round_number - 1) * problems_per_round
    return [problems[(first + i) % len(problems)] for i in range(problems_per_round)]


def num_waves(trials: TrialsSection | None, num_samples: int) -> int:
    """How many waves a round has at most."""
    return 1 if trials is None else math.ceil(trials.most_samples / num_samples)


def still_short(
    problems: Sequence[ProblemRow], rows: Mapping[str, Sequence[Row]], trials: TrialsSection, *, num_samples: int
) -> list[ProblemRow]:
    """The problems that have fewer correct samples than wanted.

    Args:
        rows: all samples so far, by the problem's id.
        num_samples: of a problem and wave.
    """
    return [
        problem
        for problem in problems
        if num_correct(rows[problem.id]) < wanted(rows[problem.id], trials, num_samples=num_samples)
    ]


def wanted(rows: Sequence[Row], trials: TrialsSection, *, num_samples: int) -> int:
    """How many correct samples of a problem are wanted, at least 1.

    Where that is proportional to difficulty, the measure is the share of wrong samples in the first wave: a problem
    with half of them right gets half as many as one with none.

    Args:
        rows: of the problem.
        num_samples: of the first wave.

    Source: DART-Uniform and DART-Prop2Diff, arXiv:2407.13690, section 2.
    """
    if trials.by == "uniform":
        return trials.num_correct
    first = [row for row in rows if row.sample < num_samples]
    return max(1, math.ceil(trials.num_correct * (1 - num_correct(first) / max(1, len(first)))))


def num_correct(rows: Sequence[Row]) -> int:
    return sum(row.symbolic_correct is True for row in rows)
