"""How good weights are while they are trained: AUROC on graded samples of other problems."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evaluator.data import Group, read_groups
from evaluator.model import VerdictModel
from evaluator.recipe import RankingSection
from evaluator.verdict import LabelAudit, score_of
from reasoning.auroc import ProblemScores, auroc_of
from reasoning.errors import InputError
from reasoning.tokenizer import load_tokenizer
from reasoning.training.models import load_model


@dataclass(frozen=True)
class Validation:
    """Graded samples of held-out problems; those whose candidates are all right or all wrong are left out."""

    groups: Sequence[Group]

    def aurocs(self, folder: Path, audit: LabelAudit, device: torch.device) -> tuple[float, float]:
        """The mean AUROC within problems, and the AUROC over all samples, of the model in a folder."""
        loaded: Any = load_model(str(folder))
        model = VerdictModel(loaded.to(device).eval(), load_tokenizer(str(folder)), audit=audit)
        return within_and_overall(scored(model, self.groups))


def load_validation(section: RankingSection) -> Validation:
    """Read the samples.

    Raises:
        InputError: no problem has correct and incorrect samples.
    """
    groups = [group for group in read_groups(section.paths) if group.is_mixed][: section.limit]
    if not groups:
        raise InputError(
            f"{section.paths[0]}: expected problems with correct and incorrect samples, found none; draw more samples"
        )
    return Validation(groups)


def scored(model: VerdictModel, groups: Sequence[Group]) -> ProblemScores:
    """The scores and gradings of each group's candidates, each as often as it was sampled; too long ones left out."""
    problems = []
    for group in groups:
        found = model.logprobs(group.problem, [c.text for c in group.candidates])
        rows = [
            (score_of(*logprobs), c.is_correct)
            for logprobs, c in zip(found, group.candidates, strict=True)
            if logprobs is not None
            for _ in range(c.count)
        ]
        scores = np.array([score for score, _ in rows], dtype=np.float64)
        problems.append((scores, np.array([correct for _, correct in rows], dtype=np.bool_)))
    return problems


def within_and_overall(problems: ProblemScores) -> tuple[float, float]:
    """The mean of each problem's AUROC where it has one, and the AUROC of all samples; 0.5 where there is none."""
    within = [auroc for scores, correct in problems if (auroc := auroc_of(scores, correct)) is not None]
    overall = auroc_of(np.concatenate([s for s, _ in problems]), np.concatenate([c for _, c in problems]))
    return (float(np.mean(within)) if within else 0.5), (0.5 if overall is None else overall)
