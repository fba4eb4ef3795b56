"""Calibrating an evaluator: scores become probabilities, and choices get thresholds for stated risks.

Problems are split in two by a hash of their ids. Everything is fitted on one half; the other one, to which nothing was
fitted, gives the figures and the thresholds, whose guarantee needs that.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from evaluator.abstention import find_threshold
from evaluator.calibration import ChoiceCalibration, EvaluatorCalibration, Method, ScoreMap, fit, fit_isotonic
from reasoning.auroc import BoolArray, FloatArray, ProblemScores
from reasoning.errors import InputError
from reasoning.score_quality import quality_of
from rerank.choice import ChoiceOptions, make_choice
from rerank.grading import GradedProblem
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N, STRATEGIES
from rerank.verifier import pooled_candidates, rescored, scored_candidates

RISKS = (0.05, 0.1, 0.2)
FEWEST_PROBLEMS = 20
_UNSHOWN = ("roc", "num_bins", "num_scored")  # of the figures; the rest goes on the card


def calibrate(
    problems: Sequence[GradedProblem],
    *,
    method: Method = "temperature",
    risks: Sequence[float] = RISKS,
    guarantee: float = 0.95,
    k: int = DEFAULT_K,
    top_n: int = DEFAULT_TOP_N,
    files: Sequence[str] = (),
) -> EvaluatorCalibration:
    """Fit and check a calibration.

    Args:
        problems: graded, with raw scores, used for nothing else before.
        method: of the map from scores to probabilities.
        risks: accepted error rates to find thresholds for.
        guarantee: of the thresholds.
        k, top_n: of the strategies that have one.
        files: names to keep.

    Raises:
        InputError: too few problems, or all samples correct or incorrect.
    """
    if len(problems) < FEWEST_PROBLEMS:
        raise InputError(f"expected at least {FEWEST_PROBLEMS} problems to calibrate on, found {len(problems)}")
    for_fit = [problem for problem in problems if _is_for_fit(problem)]
    for_check = [problem for problem in problems if not _is_for_fit(problem)]
    scores = fit(method, *pooled_candidates(for_fit))
    raw = [scored_candidates(problem) for problem in for_check]
    mapped = [(np.array([scores(score) for score in part.tolist()]), correct) for part, correct in raw]
    choices = {}
    for name, strategy in STRATEGIES.items():
        options = ChoiceOptions(strategy=name, k=k, top_n=top_n)
        number = {"k": k, "n": top_n, None: None}[strategy.parameter]
        choice = _choice(for_fit, for_check, scores, options, number, risks=risks, guarantee=guarantee)
        if choice is not None:
            choices[name] = choice
    return EvaluatorCalibration(
        scores=scores,
        choices=choices,
        num_problems=len(problems),
        files=tuple(files),
        figures={"raw": _figures(raw), "calibrated": _figures(mapped)},
    )


def _choice(
    for_fit: Sequence[GradedProblem],
    for_check: Sequence[GradedProblem],
    scores: ScoreMap,
    options: ChoiceOptions,
    number: int | None,
    *,
    risks: Sequence[float],
    guarantee: float,
) -> ChoiceCalibration | None:
    """The calibration of one strategy; None where it chooses nothing."""
    shares, right = _choices(for_fit, scores, options)
    if not len(shares):
        return None
    confidence = fit_isotonic(shares, right)
    shares, right = _choices(for_check, scores, options)
    confidences = np.array([confidence(share) for share in shares.tolist()])
    return ChoiceCalibration(
        num_samples=Counter(len(problem.candidates) for problem in for_check).most_common(1)[0][0],
        k=number,
        confidence=confidence,
        thresholds=tuple(find_threshold(confidences, ~right, risk=risk, guarantee=guarantee) for risk in risks),
    )


def _choices(
    problems: Sequence[GradedProblem], scores: ScoreMap, options: ChoiceOptions
) -> tuple[FloatArray, BoolArray]:
    """The share of each problem's choice, and whether it is correct; problems without a choice are left out."""
    shares, right = [], []
    for problem in problems:
        candidates = rescored(problem, scores).candidates
        choice = make_choice(candidates, problem.labels, options)
        if choice.selection is not None and not choice.fell_back:
            place = [candidate.sample for candidate in candidates].index(choice.selection.candidate.sample)
            shares.append(choice.confidence)
            right.append(problem.labels[place] == problem.correct)
    return np.array(shares, dtype=np.float64), np.array(right, dtype=np.bool_)


def _is_for_fit(problem: GradedProblem) -> bool:
    return hashlib.blake2b(problem.problem.id.encode("utf-8", "surrogatepass"), digest_size=1).digest()[0] % 2 == 0


def _figures(per_problem: ProblemScores) -> dict[str, Any]:
    quality = quality_of(per_problem)
    if quality is None:
        raise InputError("expected scored samples to check the calibration on, found none; give more problems")
    return {name: value for name, value in asdict(quality).items() if name not in _UNSHOWN}
