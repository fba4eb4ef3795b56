"""Solve one problem: sample, extract, cluster, score, choose.

The choice is the one that `quorum sample`, `quorum score` and `quorum rerank` make one after the other, with less work
for the evaluator: it reads each distinct text once, and only those in clusters that the strategy may choose from.
"""

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
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
from rerank.stopping.rules import Reason, StopRule, Watch, check_rule, stop_note
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
        stop: ends the sampling before `num_samples`, which are then drawn in rounds; None draws all at once.
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
    stop: StopRule | None = None


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
            strategy=strategy_name(options.strategy, has_judge=judge is not None, stop=options.stop),
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
        tokens_before = self._judge.num_tokens if self._judge else 0
        judged = _Judged()
        completions, sampling_error, stop_reason = yield from self._draw(problem, judged)
        drawn = sorted((c for c in completions if c.finish_reason != "error"), key=lambda c: c.sample)
        if not drawn:
            raise sampling_error or self._all_failed(completions)
        clock.append(perf_counter())

        candidates = [self._candidate(completion) for completion in drawn]
        labels = cluster([candidate.answer for candidate in candidates], policy=self._options.policy)
        clusters = build_clusters(candidates, labels)
        yield Voted(tuple(largest_clusters(clusters, len(clusters))))
        clock.append(perf_counter())

        scores, scoring_error = self._scores(problem.text, self._worth_scoring(clusters), judged)
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
        num_asked = self._options.num_samples if stop_reason in (None, "budget") else len(completions)
        failures = self._failures(completions, sampling_error, num_asked) + _scoring_failures(choice, scoring_error)
        solution = self._solution(
            choice, candidates, failures, num_asked=num_asked, usage=usage, timings=_timings(clock, judged.took_s)
        )
        note = stop_note(self._options.stop, stop_reason, num_asked, self._options.num_samples)
        yield Done(replace(solution, stopped=stop_reason, notes=(*solution.notes, *note)))

    def _draw(
        self, problem: Problem, judged: "_Judged"
    ) -> Generator[Event, None, tuple[list[Completion], QuorumError | None, Reason | None]]:
        """The completions, what failed, and why the rule ended it: what came before can still be chosen from."""
        completions: list[Completion] = []
        reason: Reason | None = None
        samples = range(self._options.num_samples)
        if self._options.stop is not None:
            samples = range(self._watch(self._options.stop).num_until_stop())
        while samples:
            try:
                for completion in self._sampler.sample([self._request(problem, samples)], self._options.params):
                    completion = replace(completion, sample=samples[completion.sample])
                    completions.append(completion)
                    yield Sampled(self._candidate(completion), completion.finish_reason, completion.error)
            except InputError:
                raise
            except QuorumError as error:
                return completions, error, None
            samples, reason = self._next_samples(problem, completions, judged)
        return completions, None, reason

    def _next_samples(
        self, problem: Problem, completions: Sequence[Completion], judged: "_Judged"
    ) -> tuple[range, Reason | None]:
        """The samples of the next round, none to stop; and why."""
        rule = self._options.stop
        if rule is None:
            return range(0), None
        watch = self._watch(rule)
        ordered = sorted(completions, key=lambda completion: completion.sample)
        candidates = [self._candidate(completion) for completion in ordered]
        answers = [None if c.finish_reason == "error" else x.answer for c, x in zip(ordered, candidates, strict=True)]
        labels = cluster(answers, policy=self._options.policy)
        answered = [c for c, label in zip(candidates, labels, strict=True) if label is not None]
        scores: dict[int, float | None] = {}
        if STRATEGIES[self._choosing.strategy].needs_scores:
            scores, _ = self._scores(problem.text, answered, judged, in_round=True)
        for candidate, label in zip(candidates, labels, strict=True):
            is_pending = self._judge is not None and candidate.sample not in scores
            watch.add(candidate.sample, label, scores.get(candidate.sample), pending=is_pending)
        none_drawn = all(c.finish_reason == "error" for c in ordered)  # so far: there is nothing to choose from
        if watch.reason == "budget" or (watch.reason is not None and not none_drawn):
            return range(0), watch.reason
        return range(len(ordered), len(ordered) + watch.num_until_stop()), None

    def _watch(self, rule: StopRule) -> Watch:
        return Watch(
            rule,
            strategy=self._choosing.strategy,
            budget=self._options.num_samples,
            scored=self._judge is not None,
            k=self._options.k,
            top_n=self._options.top_n,
        )

    def _request(self, problem: Problem, samples: range) -> Request:
        seeds = (sample_seed(self._options.seed, problem.id, i) for i in samples)
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
        self, problem: str, candidates: Sequence[Candidate], judged: "_Judged", *, in_round: bool = False
    ) -> tuple[dict[int, float | None], QuorumError | None]:
        """Scores by sample, and what went wrong; `judged` remembers them, and the time that rounds took."""
        if self._judge is None or not candidates:
            return {}, None
        texts = [text for text in dict.fromkeys(c.generation for c in candidates) if text not in judged.scores]
        start_s = perf_counter()
        try:
            judged.scores |= dict(zip(texts, self._judge.score(problem, texts), strict=True)) if texts else {}
        except InputError:
            raise
        except QuorumError as error:
            return {}, error
        judged.took_s += perf_counter() - start_s if in_round else 0.0
        return {c.sample: _number(judged.scores[c.generation]) for c in candidates}, None

    def _all_failed(self, completions: Sequence[Completion]) -> QuorumError:
        num_samples = self._options.num_samples
        return QuorumError(f"{self._sampler.name}: all {num_samples} samples failed{_first_error(completions)}")

    def _failures(self, completions: Sequence[Completion], error: QuorumError | None, num_asked: int) -> list[str]:
        """What to say of samples that are not there."""
        num_failed = num_asked - sum(c.finish_reason != "error" for c in completions)
        why = f": {error}" if error else f"{_first_error(completions)}."
        return [f"{num_failed} of {num_asked} samples failed{why}"] if num_failed else []

    def _solution(
        self,
        choice: Choice,
        candidates: Sequence[Candidate],
        failures: list[str],
        *,
        num_asked: int,
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
            num_failed=num_asked - len(candidates),
            usage=usage,
            timings=timings,
            models={"generator": self._sampler.name, "evaluator": self._judge.name if self._judge else None},
        )


@dataclass(slots=True)
class _Judged:
    """What the evaluator has said of one problem's texts, and the seconds that it took in rounds of sampling."""

    scores: dict[str, float | None] = field(default_factory=dict)
    took_s: float = 0.0


def strategy_name(asked: str | None, *, has_judge: bool, stop: StopRule | None = None) -> str:
    """The strategy that will choose: the one asked for, or the default.

    Raises:
        InputError: there is no such strategy, it needs scores and there is no evaluator, or the stopping rule makes no
            claim about it.
    """
    if asked is None:
        if stop is not None and stop.needs_mode:
            return "w.rr" if has_judge else VOTE
        return DEFAULT_STRATEGY if has_judge else VOTE
    if asked not in STRATEGIES:
        raise InputError(f"expected a strategy out of {', '.join(STRATEGIES)}; got {asked!r}")
    if STRATEGIES[asked].needs_scores and not has_judge:
        raise InputError(f"strategy {asked} needs an evaluator; name one, or use {VOTE}, which votes")
    if stop is not None:
        check_rule(stop, asked)
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


def _timings(clock: Sequence[float], scored_in_rounds_s: float) -> Timings:
    start_s, generated_s, voted_s, scored_s, end_s = clock
    return Timings(
        generated_s - start_s - scored_in_rounds_s,
        scored_s - voted_s + scored_in_rounds_s,
        voted_s - generated_s + end_s - scored_s,
    )
