"""A problem as a model sees it in training: its candidates' tokens, and what is read behind which of them.

Shapes: C candidates, M pairs, K steps, S solutions behind the generator's prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluator.data import Group
from evaluator.forward import Reads, label_reads, reads_of
from evaluator.pairs import pairs_of
from evaluator.recipe import EvaluatorRecipe, LossSection
from evaluator.trees import IntArray
from evaluator.verdict import Tokens, VerdictTokens, tokens_of
from reasoning.prompts import solution_prompt


@dataclass(frozen=True, slots=True)
class Item:
    """One problem of a batch.

    Attributes:
        sequences: all token sequences: verdict prompts, then solutions behind the generator's prompt.
        labels: reads whose sums are log p of both labels of each candidate.
        solutions: reads whose sums are log p(X | P) of the solutions; none where no loss wants them.
        solution_C: the sum of `solutions` that each candidate has; -1 where it has none.
        is_correct_C, count_C: of the candidates.
        pairs_M2: places of candidates, the correct one's first.
        step_sequence_K, step_place_K: where a step's verdict is asked for.
        step_label_K: whether all is right up to there.
        reading: reads whose one sum is log p of the correct candidates' tokens within the verdict prompts.
        num_mle_tokens: tokens of correct solutions, end-of-sequence included; 0 where no loss wants them.
    """

    sequences: tuple[Tokens, ...]
    labels: Reads
    solutions: Reads
    solution_C: IntArray
    is_correct_C: IntArray
    count_C: IntArray
    pairs_M2: IntArray
    step_sequence_K: IntArray
    step_place_K: IntArray
    step_label_K: IntArray
    reading: Reads
    num_mle_tokens: int

    @property
    def is_mixed(self) -> bool:
        return 0 < int(self.is_correct_C.sum()) < len(self.is_correct_C)


def make_item(group: Group, verdict: VerdictTokens, recipe: EvaluatorRecipe) -> Item:
    """Tokenize a problem for the losses that a recipe wants."""
    candidates, loss = group.candidates, recipe.loss
    sequences, labels = label_reads(verdict.questions(group.problem, [c.text for c in candidates]))
    pairs = pairs_of(group, recipe.data.pairs, seed=recipe.seed) if loss.margin or loss.sequence_contrastive else []
    spans = _line_spans(group, verdict, sequences, labels) if loss.steps or loss.reading else []
    steps = _steps(group, sequences, spans, loss) if loss.steps else []
    reading = _reading(group, sequences, spans) if loss.reading else []
    wanted = _solutions_wanted(group, pairs, recipe)
    solutions, solution_reads = _solution_reads(group, wanted, verdict, first=len(sequences))
    solution_C = np.full(len(candidates), -1, dtype=np.int64)
    solution_C[wanted] = np.arange(len(wanted))
    step_columns = np.array(steps, dtype=np.int64).reshape(-1, 3).T
    lengths = np.bincount(solution_reads.sum_K, minlength=len(wanted))
    return Item(
        sequences=(*sequences, *solutions),
        labels=labels,
        solutions=solution_reads,
        solution_C=solution_C,
        is_correct_C=np.array([c.is_correct for c in candidates], dtype=np.int64),
        count_C=np.array([c.count for c in candidates], dtype=np.int64),
        pairs_M2=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        step_sequence_K=step_columns[0],
        step_place_K=step_columns[1],
        step_label_K=step_columns[2],
        reading=reads_of(reading, num_sums=1),
        num_mle_tokens=sum(int(lengths[solution_C[i]]) for i in wanted if candidates[i].is_correct) if loss.mle else 0,
    )


def _line_spans(
    group: Group, verdict: VerdictTokens, sequences: Sequence[Tokens], labels: Reads
) -> list[tuple[int, list[tuple[int, int]]]]:
    """Each candidate's sequence, and where its lines are in it."""
    firsts = [
        int(labels.sequence_K[int(np.flatnonzero(labels.sum_K == 2 * c)[0])]) for c in range(len(group.candidates))
    ]
    return [
        (sequence, verdict.line_spans(group.problem, candidate.text))
        for sequence, candidate in zip(firsts, group.candidates, strict=True)
    ]


def _steps(
    group: Group, sequences: Sequence[Tokens], spans: Sequence[tuple[int, list[tuple[int, int]]]], loss: LossSection
) -> list[tuple[int, int, int]]:
    """(sequence, place, label) of each labelled place. A beginning that candidates share is one place, not several.

    Behind a token within a line, a beginning that a right line has too is right.
    """
    steps: dict[Tokens, tuple[int, int, int]] = {}
    for candidate, (sequence, lines) in zip(group.candidates, spans, strict=True):
        for (first, last), is_right in zip(lines, candidate.steps or (), strict=candidate.steps is not None):
            for place in range(first if loss.steps_at == "tokens" else last, last + 1):
                beginning = sequences[sequence][: place + 1]
                if is_right or beginning not in steps:
                    steps[beginning] = (sequence, place, int(is_right))
    return list(steps.values())


def _reading(
    group: Group, sequences: Sequence[Tokens], spans: Sequence[tuple[int, list[tuple[int, int]]]]
) -> list[tuple[int, int, int, int]]:
    """Rows of reads: the tokens of the correct candidates, each behind the one before; a shared beginning once."""
    rows: dict[Tokens, tuple[int, int, int, int]] = {}
    for candidate, (sequence, lines) in zip(group.candidates, spans, strict=True):
        if candidate.is_correct and lines:
            tokens = sequences[sequence]
            for place in range(lines[0][0], lines[-1][1] + 1):
                rows.setdefault(tokens[: place + 1], (sequence, place - 1, tokens[place], 0))
    return list(rows.values())


def _solutions_wanted(group: Group, pairs: Sequence[tuple[int, int]], recipe: EvaluatorRecipe) -> list[int]:
    """The candidates whose log p behind the generator's prompt a loss needs."""
    wanted = {place for pair in pairs for place in pair} if recipe.loss.sequence_contrastive else set()
    if recipe.loss.mle:
        wanted |= {place for place, candidate in enumerate(group.candidates) if candidate.is_correct}
    return sorted(wanted)


def _solution_reads(
    group: Group, wanted: Sequence[int], verdict: VerdictTokens, *, first: int
) -> tuple[list[Tokens], Reads]:
    """Solutions behind the generator's prompt, as the generator learns them, each token read behind the one before."""
    tokenizer = verdict.tokenizer
    prompt = tokens_of(tokenizer, solution_prompt(group.problem)) if wanted else ()
    sequences: list[Tokens] = []
    rows: list[tuple[int, int, int, int]] = []
    for number, place in enumerate(wanted):
        text = group.candidates[place].text
        completion = (*tokens_of(tokenizer, text, special=False), tokenizer.eos_token_id)
        sequences.append((*prompt, *completion[:-1]))
        start = len(prompt) - 1
        rows += [(first + number, start + i, token, number) for i, token in enumerate(completion)]
    return sequences, reads_of(rows, num_sums=len(wanted))
