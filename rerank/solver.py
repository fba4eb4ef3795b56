"""Solve one problem: sample, extract, cluster, score, choose.

The choice is the one that `quorum sample`, `quorum score` and `quorum rerank` make one after the other, with less work
for the evaluator: it reads each distinct text once, and only those in clusters that the strategy may choose from.
"""

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from reasoning.answers import cluster, extract_answer
from reasoning.answers.policy import Policy
from reasoning.engines import Completion, Judge, Request, Sampler, SamplingParams
from reasoning.errors import InputError, QuorumError
from reasoning.prompts import solution_prompt
from reasoning.seeds import sample_seed
from reasoning.types import Candidate, Problem
from rerank.choice import VOTE, Choice, ChoiceOptions, make_choice
from rerank.clusters import Cluster, build_clusters
from rerank.solution import Done, Event, Sampled, Scored, Solution, Timings, Usage, Voted
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N, STRATEGIES, largest_clusters

DEFAULT_STRATEGY = "w.rr.majk"  # with an evaluator; without one, VOTE


@dataclass(frozen=True, kw_only=True)
class SolveOptions:
    """How to solve.

    Attributes:
        num_samples: to draw.
        params: how tokens are drawn.
        seed: of the run; with the problem's id it decides the samples, as in `quorum sample`.
        strategy: a key of STRATEGIES; None is w.rr.majk with an evaluator and maj1 without.
        k: see ChoiceOptions, as for the next three.
        top_n: see there.
        calibrate: see there.
        min_confidence: see there; it needs `calibrate`.
        policy: what counts as the same answer.
    """

    num_samples: int
    params: SamplingParams
    seed: int = 0
    strategy: str | None = None
    k: int = DEFAULT_K
    top_n: int = DEFAULT_TOP_N
    calibrate: Callable[[float], float] | None = None
    min_confidence: float | None = None
    policy: Policy = Policy()


class Solver:
    """A generator, and perhaps an evaluator, put to work on one problem after the other.

    Args:
        sampler: the generator.
        judge: the evaluator; None votes, and the solution says so.
        options: how to solve.

    Raises:
        InputError: an option out of range, a strategy that needs scores without an evaluator, or a smallest confidence
            without a calibration.
    """

    def __init__(self, sampler: Sampler, judge: Judge | None = None, *, options: SolveOptions) -> None:
        _check(options)
        self._sampler = sampler
        self._judge = judge
        self._options = options
        self._choosing = ChoiceOptions(
            strategy=strategy_name(options.strategy, has_judge=judge is not None),
            k=options.k,
            top_n=options.top_n,
            calibrate=options.calibrate,
            min_confidence=options.min_confidence,
        )

    def solve(self, problem: Problem) -> Solution:
        """The solution, without the way to it; see `events`."""
        *_, last = self.events(problem)
        assert isinstance(last, Done)
        return last.solution

    def events(self, problem: Problem) -> Iterator[Event]:
        """Solve: a `Sampled` for each sample as it comes, `Voted`, a `Scored` for each sample judged, `Done`.

        Closing the iterator ends the sampling. The order in which samples come changes nothing in the solution.

        Raises:
            QuorumError: every sample failed.
        """
        clock = [perf_counter()]
        completions, sampling_error = yield from self._draw(problem)
        drawn = sorted((c for c in completions if c.finish_reason != "error"), key=lambda c: c.sample)
        if not drawn:
            raise sampling_error or self._all_failed(completions)
        clock.append(perf_counter())

        candidates = [self._candidate(completion) for completion in drawn]
        labels = cluster([candidate.answer for candidate in candidates], policy=self._options.policy)
        clusters = build_clusters(candidates, labels)
        yield Voted(tuple(largest_clusters(clusters, len(clusters))))
        clock.append(perf_counter())

        tokens_before = self._judge.num_tokens if self._judge else 0
        scores, scoring_error = self._scores(problem.text, self._worth_scoring(clusters))
        for sample, score in scores.items():
            yield Scored(sample, score)
        clock.append(perf_counter())

        candidates = [replace(candidate, score=scores.get(candidate.sample)) for candidate in candidates]
        choice = make_choice(candidates, labels, self._choosing)
        clock.append(perf_counter())
        usage = Usage(
            num_samples=len(drawn),
            prompt_tokens=drawn[0].num_prompt_tokens,
            completion_tokens=sum(completion.num_tokens for completion in drawn),
            evaluator_tokens=self._judge.num_tokens - tokens_before if self._judge else 0,
        )
        failures = self._failures(completions, sampling_error) + _scoring_failures(choice, scoring_error)
        yield Done(self._solution(choice, candidates, failures, usage=usage, timings=_timings(clock)))

    def _draw(self, problem: Problem) -> Generator[Event, None, tuple[list[Completion], QuorumError | None]]:
        """All completions, and what ended the sampling early: what came before that can still be chosen from."""
        completions: list[Completion] = []
        try:
            for completion in self._sampler.sample([self._request(problem)], self._options.params):
                completions.append(completion)
                yield Sampled(self._candidate(completion), completion.finish_reason, completion.error)
        except InputError:
            raise
        except QuorumError as error:
            return completions, error
        return completions, None

    def _request(self, problem: Problem) -> Request:
        seeds = (sample_seed(self._options.seed, problem.id, i) for i in range(self._options.num_samples))
        return Request(solution_prompt(problem.text), tuple(seeds))

    def _candidate(self, completion: Completion) -> Candidate:
        return Candidate(
            sample=completion.sample,
            answer=extract_answer(completion.text, last_number=completion.finish_reason == "stop"),
            generation=completion.text,
            model=self._sampler.name,
            num_tokens=completion.num_tokens,
        )

    def _worth_scoring(self, clusters: Sequence[Cluster]) -> list[Candidate]:
        """The candidates whose scores can change the choice, by sample index.

        Clusters as large as the k-th largest are all among them, since scores decide which of them are kept.
        """
        strategy = STRATEGIES[self._choosing.strategy]
        if strategy.name == "first":
            return []
        if strategy.parameter == "k" or strategy.name == VOTE:
            k = self._choosing.k if strategy.parameter == "k" else 1
            smallest = min(map(len, largest_clusters(clusters, k)), default=0)
            clusters = [cluster for cluster in clusters if len(cluster) >= smallest]
        return sorted((c for cluster in clusters for c in cluster.candidates), key=lambda c: c.sample)

    def _scores(
        self, problem: str, candidates: Sequence[Candidate]
    ) -> tuple[dict[int, float | None], QuorumError | None]:
        """Scores by sample, and what went wrong."""
        if self._judge is None or not candidates:
            return {}, None
        texts = list(dict.fromkeys(candidate.generation for candidate in candidates))
        try:
            judged = dict(zip(texts, self._judge.score(problem, texts), strict=True))
        except InputError:
            raise
        except QuorumError as error:
            return {}, error
        return {c.sample: _number(judged[c.generation]) for c in candidates}, None

    def _all_failed(self, completions: Sequence[Completion]) -> QuorumError:
        num_samples = self._options.num_samples
        return QuorumError(f"{self._sampler.name}: all {num_samples} samples failed{_first_error(completions)}")

    def _failures(self, completions: Sequence[Completion], error: QuorumError | None) -> list[str]:
        """What to say of samples that are not there."""
        num_failed = self._options.num_samples - sum(c.finish_reason != "error" for c in completions)
        why = f": {error}" if error else f"{_first_error(completions)}."
        return [f"{num_failed} of {self._options.num_samples} samples failed{why}"] if num_failed else []

    def _solution(
        self,
        choice: Choice,
        candidates: Sequence[Candidate],
        failures: list[str],
        *,
        usage: Usage,
        timings: Timings,
    ) -> Solution:
        voted = [] if self._judge else ["There is no evaluator, so the answers are voted on."]
        chosen = None if choice.selection is None else choice.selection.candidate
        given = None if choice.reason else chosen
        return Solution(
            answer=None if given is None else given.answer,
            solution=None if given is None else given.generation,
            confidence=choice.confidence,
            confidence_kind=choice.confidence_kind,
            abstained=given is None,
            reason=choice.reason,
            degraded=bool(failures),
            notes=(*voted, *failures),
            strategy=choice.strategy,
            sample=None if chosen is None else chosen.sample,
            clusters=choice.clusters,
            candidates=tuple(candidates),
            num_failed=self._options.num_samples - len(candidates),
            usage=usage,
            timings=timings,
            models={"generator": self._sampler.name, "evaluator": self._judge.name if self._judge else None},
        )


def strategy_name(asked: str | None, *, has_judge: bool) -> str:
    """The strategy that will choose: the one asked for, or the default.

    Raises:
        InputError: there is no such strategy, or it needs scores and there is no evaluator.
    """
    if asked is None:
        return DEFAULT_STRATEGY if has_judge else VOTE
    if asked not in STRATEGIES:
        raise InputError(f"expected a strategy out of {', '.join(STRATEGIES)}; got {asked!r}")
    if STRATEGIES[asked].needs_scores and not has_judge:
        raise InputError(f"strategy {asked} needs an evaluator; name one, or use {VOTE}, which votes")
    return asked


def _check(options: SolveOptions) -> None:
    for name in ("num_samples", "k", "top_n"):
        if getattr(options, name) < 1:
            raise InputError(f"`{name}` must be at least 1; got {getattr(options, name)}")
    if options.params.temperature == 0 and options.num_samples > 1:
        raise InputError(
            f"expected a temperature above 0, found 0, at which all {options.num_samples} samples are the same; "
            "draw one sample, or use another temperature"
        )
    if options.min_confidence is not None and options.calibrate is None:
        raise InputError("abstaining below a confidence needs a calibrated one; calibrate the evaluator first")


def _scoring_failures(choice: Choice, error: QuorumError | None) -> list[str]:
    """What to say where scores are wanted and there are none."""
    if error is None and not choice.fell_back:
        return []
    return [f"The evaluator gave no score, so the answers are voted on: {error or 'it could judge none of them.'}"]


def _first_error(completions: Sequence[Completion]) -> str:
    errors = [c.error for c in sorted(completions, key=lambda c: c.sample) if c.error]
    return f", the first with: {errors[0]}" if errors else ""


def _number(score: float | None) -> float | None:
    """A NaN is no score."""
    return None if score is None or math.isnan(score) else score


def _timings(clock: Sequence[float]) -> Timings:
    start_s, generated_s, voted_s, scored_s, end_s = clock
    return Timings(generated_s - start_s, scored_s - voted_s, voted_s - generated_s + end_s - scored_s)
