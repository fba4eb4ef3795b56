"""What the rounds were worth: analysis.json, every number once, and what decides which round is taken."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generator.self_training.selection import HINTED
from quorum.pipelines.self_training.measures import changes, changes_by_difficulty, gap, measure, shares
from quorum.pipelines.self_training.plan import Round
from quorum.pipelines.self_training.recipe import SelfTrainingRecipe
from quorum.pipelines.stages import Done, Stage
from reasoning.formats import read_rows

Outputs = Mapping[str, Done]


def validation_accuracy(each: Round, done: Outputs, *, seed: int) -> float | None:
    """The share of correct samples on the validation problems, a mean over problems; None without any."""
    stage = each.evaluated.get("validation")
    if stage is None:
        return None
    return float(shares(measure(done[stage.name].output, seed=seed).graded.problems).mean())


def best_round(accuracies: Sequence[float | None]) -> int:
    """The round with the highest validation accuracy, the first of several; the last one where none is known."""
    known = [(accuracy, -number) for number, accuracy in enumerate(accuracies) if accuracy is not None]
    return -max(known)[1] if known else len(accuracies) - 1


def is_over(accuracies: Sequence[float | None], patience: int | None) -> bool:
    """Whether so many rounds have passed without a better one on validation."""
    return patience is not None and len(accuracies) - 1 - best_round(accuracies) >= patience


def analyse(
    recipe: SelfTrainingRecipe,
    rounds: Sequence[Round],
    done: Outputs,
    *,
    chosen: int,
    transfer: Mapping[int, Stage],
    folder: Path,
) -> dict[str, Any]:
    """Every number, as JSON values.

    Args:
        chosen: the round whose model is taken.
        transfer: graded samples of another family of problems, by round; empty without any.
        folder: of the run, which paths are relative to.
    """
    base, best = (
        measure(done[rounds[number].evaluated["test"].name].output, seed=recipe.seed) for number in (0, chosen)
    )
    result: dict[str, Any] = {
        "method": recipe.method,
        "chosen_round": chosen,
        "num_test_problems": len(base.graded.problems),
        "rounds": [_round(each, done, seed=recipe.seed, folder=folder) for each in rounds],
        "test": [asdict(change) for change in changes(base, best)],
        "difficulty": None,
        "transfer": None,
    }
    if min(len(problem.candidates) for problem in base.graded.problems) > 1:
        result["difficulty"] = [asdict(change) for change in changes_by_difficulty(base, best)]
    if transfer:
        before, after = (measure(done[transfer[number].name].output, seed=recipe.seed) for number in (0, chosen))
        result["transfer"] = [asdict(change) for change in changes(before, after)]
    return result


def _round(each: Round, done: Outputs, *, seed: int, folder: Path) -> dict[str, Any]:
    measured = {name: measure(done[stage.name].output, seed=seed) for name, stage in each.evaluated.items()}
    paths = {"model": each.model, "samples": each.samples, "kept": each.kept}
    return {
        "round": each.number,
        "samples": None if each.samples is None else _counts(done[each.samples.name].output),
        "written": None if each.written is None else _counts(done[each.written.name].output),
        "kept": None if each.kept is None else _counts(done[each.kept.name].output),
        **{name: [asdict(metric) for metric in found.metrics()] for name, found in measured.items()},
        "gap": asdict(gap(measured["seen"], measured["test"])) if "seen" in measured else None,
        "files": {
            name: str(done[source.name].output.relative_to(folder)) if isinstance(source, Stage) else source
            for name, source in paths.items()
        },
    }


def _counts(path: Path) -> dict[str, int]:
    """Rows, correct ones, those written with a hint, and the problems that each are of."""
    rows, correct, problems, solved, hinted = 0, 0, set(), set(), 0
    for row in read_rows([path]) if path.stat().st_size else ():
        rows += 1
        problems.add(row.id)
        hinted += bool((row.model_extra or {}).get(HINTED))
        if row.symbolic_correct:
            correct += 1
            solved.add(row.id)
    return {"rows": rows, "correct": correct, "hinted": hinted, "problems": len(problems), "solved": len(solved)}


def to_json(analysis: Mapping[str, Any]) -> bytes:
    return json.dumps(analysis, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"
