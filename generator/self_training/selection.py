"""Which samples of a round are learnt from, and how often each is seen."""

import math
from collections.abc import Iterable, Mapping, Sequence

from generator.self_training.calculations import calculations
from generator.self_training.recipe import KeepSection, TrialsSection
from generator.self_training.trials import wanted
from reasoning.errors import QuorumError
from reasoning.formats import Row
from reasoning.seeds import sample_seed

HINTED = "hinted"  # a field of kept rows: the text was written with the answer in sight


def by_problem(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by the problem's id, in the order in which they come."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row)
    return found


def kept_rows(
    rows: Mapping[str, Sequence[Row]],
    hinted: Mapping[str, Sequence[Row]],
    keep: KeepSection,
    *,
    round_number: int,
    trials: TrialsSection | None = None,
    num_samples: int = 1,
) -> list[Row]:
    """The rows to learn from, by problem, then by sample.

    A sample that the engine could not draw, or whose text is empty, is never kept; one that was cut off at the length
    limit only if it is rewarded all the same, and one that nothing grades not at all.

    Args:
        rows: a round's samples by problem.
        hinted: samples of unsolved problems drawn with their answers as hints. They are kept under their plain
            questions, with samples counted on, only if they are correct, whatever the reward is.
        keep: what to keep.
        round_number: from 1.
        trials: where more was drawn of harder problems; as many as were wanted are kept at most.
        num_samples: of the first wave.

    Raises:
        QuorumError: nothing is left to learn from.
    """
    kept: list[Row] = []
    for problem, of_problem in rows.items():
        found = [row for row in of_problem if _is_text(row) and reward(row, keep) >= keep.threshold(round_number)]
        limit = keep.per_problem
        if trials is not None:
            limit = min(limit or trials.most_samples, wanted(of_problem, trials, num_samples=num_samples))
        kept += chosen(_plain(of_problem, hinted.get(problem, ())) + _distinct(found, keep), keep, limit=limit)
    if not kept:
        num_rows = sum(map(len, rows.values()))
        raise QuorumError(
            f"round {round_number}: expected samples to learn from, found none of {num_rows:,} with a reward of "
            f"{keep.threshold(round_number):g} or more; start from a better model, draw more samples, or lower "
            "keep.thresholds"
        )
    return kept


def chosen(rows: Sequence[Row], keep: KeepSection, *, limit: int | None) -> list[Row]:
    """At most so many rows of one problem, in the order of their samples.

    Which ones depends on their keys and the seed, not on their order; of two with the same reward, on the same.
    """
    if limit is None or len(rows) <= limit:
        return sorted(rows, key=lambda row: row.sample)

    def place(row: Row) -> tuple[float, int, int]:
        first = -reward(row, keep) if keep.choose == "best" else 0.0
        return first, sample_seed(keep.seed, row.id, row.sample), row.sample

    return sorted(sorted(rows, key=place)[:limit], key=lambda row: row.sample)


def reward(row: Row, keep: KeepSection) -> float:
    """1 or 0 for correct or not, or the evaluator's score; a sample that nobody graded or scored has minus infinity."""
    value = row.reward_model_score if keep.evaluator is not None else row.symbolic_correct
    return -math.inf if value is None or math.isnan(value) else float(value)


def weighted(rows: Sequence[Row], keep: KeepSection, *, round_number: int) -> list[Row]:
    """As many rows, each as often as its weight says, on average over seeds exactly in proportion to it.

    Where no weight is asked for, the rows as they are.

    Source: weights are exp(reward / temperature), reward-weighted regression (Peters and Schaal 2007); the drawing is
    systematic resampling, so that a row of k times the mean weight comes k times, rounded up or down.
    """
    if keep.weight_temperature is None or not rows:
        return list(rows)
    rewards = [max(0.0, reward(row, keep)) for row in rows]
    weights = [math.exp((value - max(rewards)) / keep.weight_temperature) for value in rewards]
    scale = len(rows) / math.fsum(weights)
    place = sample_seed(keep.seed, "weights", round_number) / 2**53
    drawn: list[Row] = []
    reached = 0.0
    for row, weight in zip(rows, weights, strict=True):
        reached += weight * scale
        times = max(0, math.ceil(reached - place) - len(drawn))
        drawn += [row] * times
    return drawn


def _distinct(rows: Sequence[Row], keep: KeepSection) -> list[Row]:
    """The first of those that are alike."""
    if keep.distinct is None:
        return list(rows)
    alike = calculations if keep.distinct == "calculations" else lambda text: " ".join(text.split())
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(alike(row.generation), row)
    return list(first.values())


def _plain(rows: Sequence[Row], hinted: Sequence[Row]) -> list[Row]:
    """Correct hinted samples as samples of the plain question."""
    start = max(row.sample for row in rows) + 1
    return [
        Row.model_validate(
            {
                **row.model_dump(exclude_unset=True),
                "problem": rows[0].problem,
                "sample": start + row.sample,
                HINTED: True,
            }
        )
        for row in hinted
        if row.symbolic_correct is True and _is_text(row)
    ]


def _is_text(row: Row) -> bool:
    return row.finish_reason != "error" and bool(row.generation.strip())
