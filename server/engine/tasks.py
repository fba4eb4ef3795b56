"""What an engine process does for one request, as events in JSON values."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reasoning.answers import cluster, extract_answer
from reasoning.engines import Judge, Sampler, SamplingParams
from reasoning.errors import InputError, QuorumError
from reasoning.types import Candidate, Problem
from rerank.choice import ChoiceOptions, make_choice
from rerank.solution import Done, Event, Sampled, Scored, Voted, cluster_dict
from rerank.solver import SolveOptions, Solver, strategy_name
from rerank.stopping import StopRule, parse_rule
from server.engine.batching import Work
from server.engine.labels import Labels
from server.engine.models import Calibrate

Told = tuple[str, dict[str, Any]]
_REFERENCE = "0"


class TaskRefused(Exception):
    """The request asks for what these models cannot do; the message is for whoever asked and repeats nothing of it."""


@dataclass(frozen=True)
class Parts:
    """The models as one job sees them."""

    work: Work
    sampler: Sampler | None
    judge: Judge | None
    calibrate: Calibrate | None
    notices: tuple[str, ...]


def solve(ask: dict[str, Any], parts: Parts) -> Iterator[Told]:
    """Sample, judge, vote, choose: `candidate`, `vote`, `score`, `done`."""
    assert parts.sampler is not None
    has_judge = parts.judge is not None
    stop = None if ask["stop"] is None else _rule(ask["stop"])
    try:
        strategy = strategy_name(ask["strategy"], has_judge=has_judge, stop=stop)
    except InputError as error:
        raise TaskRefused(
            "This strategy needs an evaluator and there is none, or the stopping rule makes no claim about it."
        ) from error
    calibration = _calibration(ask, strategy, parts.calibrate)
    options = SolveOptions(
        num_samples=ask["n"],
        params=SamplingParams(temperature=ask["temperature"], top_p=ask["top_p"], max_tokens=ask["max_tokens"]),
        seed=ask["seed"],
        strategy=strategy,
        k=ask["k"],
        top_n=ask["top_n"],
        calibrate=calibration[0],
        min_confidence=calibration[1],
        stop=stop,
    )
    notes = [*calibration[2], *parts.notices]
    drawn: list[str | None] = []
    labels = Labels()
    try:
        for event in Solver(parts.sampler, parts.judge, options=options).events(
            Problem(id=ask["question"], text=ask["question"])
        ):
            parts.work.check()
            if isinstance(event, Sampled):
                drawn.append(event.error)
            yield _told(event, notes, labels)
    except QuorumError as error:
        if len(drawn) == ask["n"] and all(drawn):
            raise TaskRefused("The generator drew no sample; the question may be longer than its context.") from error
        raise


def score(ask: dict[str, Any], parts: Parts) -> Iterator[Told]:
    """P(correct) of solutions to several problems, in the order asked; None where there is none."""
    judge = _judge(parts)
    scores: list[float | None] = []
    for item in ask["items"]:
        parts.work.check()
        scores += [_finite(number) for number in judge.score(item["question"], item["solutions"])]
    yield "done", {"scores": scores, "model": judge.name, "usage": {"evaluator_tokens": judge.num_tokens}}


def rerank(ask: dict[str, Any], parts: Parts) -> Iterator[Told]:
    """Choose among given candidates, which may lack answers or scores."""
    candidates = [
        Candidate(
            sample=i,
            answer=given["answer"] if given["answer"] is not None else extract_answer(given["text"] or ""),
            score=given["score"],
            generation=given["text"] or "",
        )
        for i, given in enumerate(ask["candidates"])
    ]
    yield "done", reranked(candidates, ask, labels=_labels(candidates, parts.work))


def reranked(
    candidates: Sequence[Candidate],
    ask: dict[str, Any],
    *,
    labels: Sequence[int | None],
) -> dict[str, Any]:
    """The answer to a request to rerank."""
    choice = make_choice(candidates, labels, ChoiceOptions(strategy=ask["strategy"], k=ask["k"], top_n=ask["top_n"]))
    chosen = None if choice.selection is None else choice.selection.candidate
    return {
        "answer": None if chosen is None else chosen.answer,
        "index": None if chosen is None else chosen.sample,
        "confidence": choice.confidence,
        "confidence_kind": choice.confidence_kind,
        "abstained": chosen is None,
        "reason": choice.reason,
        "degraded": choice.fell_back,
        "strategy": choice.strategy,
        "clusters": [cluster_dict(one) for one in choice.clusters],
        "candidates": [{"index": c.sample, "answer": c.answer, "score": c.score} for c in candidates],
        "usage": {"evaluator_tokens": 0},
        "models": {"evaluator": None},
    }


def _labels(candidates: Sequence[Candidate], work: Work) -> list[int | None]:
    """Cluster numbers; each answer is looked at alone first, so that the work can be stopped between two."""
    answers = [candidate.answer for candidate in candidates]
    for answer in dict.fromkeys(answers):
        work.check()
        cluster([answer, _REFERENCE])
    return cluster(answers)


def _calibration(
    ask: dict[str, Any], strategy: str, calibrate: Calibrate | None
) -> tuple[Any, float | None, tuple[str, ...]]:
    """From shares to confidences, the smallest confidence that is answered, and notes."""
    if calibrate is None:
        if ask["max_risk"] is not None:
            raise TaskRefused("max_risk needs a calibrated evaluator, and the server has none.")
        return None, None, ()
    try:
        found = calibrate(
            strategy=strategy, num_samples=ask["n"], k=ask["k"], top_n=ask["top_n"], max_risk=ask["max_risk"]
        )
    except InputError as error:
        raise TaskRefused("max_risk: the evaluator is not calibrated for this risk, strategy, n and k.") from error
    return found.confidence, found.min_confidence, () if found.note is None else (found.note,)


def _rule(text: str) -> StopRule:
    try:
        return parse_rule(text)
    except InputError as error:
        raise TaskRefused(
            "stop: expected lossless, anytime:0.05 or budget:0.05, the number between 0 and 1."
        ) from error


def _judge(parts: Parts) -> Judge:
    if parts.judge is None:
        raise TaskRefused("Scoring needs an evaluator, and the server runs without one.")
    return parts.judge


def _told(event: Event, notes: list[str], labels: Labels) -> Told:
    """An event of the solver in JSON values."""
    match event:
        case Sampled(candidate, finish_reason, error):
            fields = _candidate(candidate)
            del fields["score"]
            fields["cluster"] = None if finish_reason == "error" else labels.add(candidate.answer)
            return "candidate", {**fields, "finish_reason": finish_reason, "error": None if error is None else "failed"}
        case Voted(clusters):
            return "vote", {
                "clusters": [cluster_dict(one) for one in clusters],
                "num_samples": sum(map(len, clusters)),
            }
        case Scored(sample, number):
            return "score", {"sample": sample, "score": _finite(number)}
        case Done(solution):
            fields = solution.as_dict()
            fields["notes"] += notes
            return "done", {**fields, "candidates": [_candidate(candidate) for candidate in solution.candidates]}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    fields = asdict(candidate)
    del fields["model"]
    return {**fields, "score": _finite(candidate.score)}


def _finite(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else number
