"""pass@k of a generator, and how many of its samples are distinct programs."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from generator.self_sampling.reading import READERS
from generator.self_sampling.recipe import EvaluationSection, Kind
from generator.self_sampling.solution import Sample
from reasoning.engines import Request, Sampler, SamplingParams
from reasoning.errors import InputError
from reasoning.formats import Row
from reasoning.metrics import pass_at_k
from reasoning.problems import ProblemRow, read_problems
from reasoning.prompts import solution_prompt
from reasoning.seeds import sample_seed

KS = (1, 5, 10, 20, 50, 100)
PROBLEMS_PER_CALL = 16
SEED = 0  # the same samples' noise for every run that is compared


@dataclass
class Scores:
    """What was found, a value a problem.

    Attributes:
        best: whether the sample at the low temperature is right, 0 or 1.
        correct: right samples of `num_samples`.
        unique: distinct programs (of words: texts) over samples.
    """

    num_samples: int
    best: list[float] = field(default_factory=list)
    correct: list[int] = field(default_factory=list)
    unique: list[float] = field(default_factory=list)

    def pass_at(self, k: int) -> list[float]:
        """pass@k of each problem, unbiased."""
        return [pass_at_k(self.num_samples, correct, k) for correct in self.correct]

    def means(self) -> dict[str, float]:
        """Every figure as a mean over problems; `validation_accuracy` is of the one sample at the low temperature."""
        figures = {"validation_accuracy": self.best, "share_unique": self.unique}
        figures |= {f"pass@{k}": self.pass_at(k) for k in KS if k <= self.num_samples}
        return {name: math.fsum(values) / len(values) for name, values in figures.items()}


@dataclass(frozen=True)
class Evaluation:
    """Problems to measure on, and how."""

    problems: tuple[ProblemRow, ...]
    section: EvaluationSection
    kind: Kind

    def scores(self, sampler: Sampler, *, name: str) -> tuple[Scores, list[Row]]:
        """The scores, and the samples as rows: `num_samples` a problem, then the one at the low temperature.

        Args:
            name: the model's in the rows.
        """
        scores = Scores(self.section.num_samples)
        rows: list[Row] = []
        for start in range(0, len(self.problems), PROBLEMS_PER_CALL):
            problems = self.problems[start : start + PROBLEMS_PER_CALL]
            many = self._drawn(sampler, problems, range(self.section.num_samples), self.section.temperature)
            one = self._drawn(sampler, problems, range(1), self.section.best_temperature)
            for problem, texts, best in zip(problems, many, one, strict=True):
                samples = READERS[self.kind]([*texts, *best], [problem.expected_answer or ""] * (len(texts) + 1))
                scores.best.append(float(samples[-1].is_correct))
                scores.correct.append(sum(sample.is_correct for sample in samples[:-1]))
                scores.unique.append(share_unique(texts, samples[:-1]))
                rows += self._rows(problem, [*texts, *best], samples, name)
        return scores, rows

    def _drawn(
        self, sampler: Sampler, problems: Sequence[ProblemRow], samples: range, temperature: float
    ) -> list[list[str]]:
        requests = [
            Request(solution_prompt(p.problem), tuple(sample_seed(SEED, p.id, sample) for sample in samples))
            for p in problems
        ]
        texts = [[""] * len(samples) for _ in problems]
        params = SamplingParams(temperature, max_tokens=self.section.max_tokens)
        for completion in sampler.sample(requests, params):
            texts[completion.request][completion.sample] = completion.text
        return texts

    def _rows(self, problem: ProblemRow, texts: list[str], samples: list[Sample], model: str) -> Iterator[Row]:
        for number, (text, sample) in enumerate(zip(texts, samples, strict=True)):
            is_best = number == self.section.num_samples
            yield Row.model_validate(
                {
                    "id": problem.id,
                    "sample": number,
                    "problem": problem.problem,
                    "expected_answer": problem.expected_answer,
                    "generation": text,
                    "predicted_answer": sample.answer,
                    "symbolic_correct": sample.is_correct,
                    "model": model,
                    "temperature": self.section.best_temperature if is_best else self.section.temperature,
                }
            )


def load_evaluation(section: EvaluationSection, kind: Kind) -> Evaluation:
    """Read the problems.

    Raises:
        InputError: the file cannot be read, or has no problem with an expected answer.
    """
    rows = (row for row in read_problems([section.path]) if row.expected_answer is not None)
    problems = tuple(itertools.islice(rows, section.limit))
    if not problems:
        raise InputError(f"{section.path}: expected problems with expected answers, found none")
    return Evaluation(problems, section, kind)


def share_unique(texts: Sequence[str], samples: Sequence[Sample]) -> float:
    """Distinct solutions over all: two are one where all their steps have the same keys; failed ones, by their text."""
    found = Counter(
        sample.solution.keys if sample.answer is not None else text for text, sample in zip(texts, samples, strict=True)
    )
    return len(found) / len(texts)
