"""Solutions as tokens, and the batches of a step."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from generator.self_sampling.problems import TrainingProblem
from generator.self_sampling.solution import Solution
from reasoning.prompts import solution_prompt
from reasoning.training.shapes import WIDTH, rounded_up

Ids = list[int]
LINE_END = "\n"


class Tokens:
    """Tokenizes problems and solutions, each text once.

    A prompt is tokenized alone, as in supervised fine-tuning, and so is a solution. A fully correct one ends in
    end-of-sequence; a partially correct one ends with its last line, whose end is learned, and goes on.

    Args:
        tokenizer: of the model.
        max_tokens: of prompt and solution together; None has no limit.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, *, max_tokens: int | None) -> None:
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._prompts: dict[str, Ids] = {}
        self._solutions: dict[str, Ids] = {}

    def pairs(
        self, problem: TrainingProblem, correct: Sequence[Solution], partial: Sequence[Solution]
    ) -> list[tuple[Ids, Ids]]:
        """Prompt and completion of each solution that the context has room for."""
        prompt = self._ids(self._prompts, solution_prompt(problem.text), special=True)
        completions = [[*self._completion(solution.text), self._tokenizer.eos_token_id] for solution in correct]
        completions += [self._completion(solution.text + LINE_END) for solution in partial]
        return [(prompt, completion) for completion in completions if self._fits(prompt, completion)]

    def _completion(self, text: str) -> Ids:
        return self._ids(self._solutions, text, special=False)

    def _fits(self, prompt: Ids, completion: Ids) -> bool:
        return self._max_tokens is None or len(prompt) + len(completion) <= self._max_tokens

    def _ids(self, known: dict[str, Ids], text: str, *, special: bool) -> Ids:
        if text not in known:
            known[text] = self._tokenizer(text, add_special_tokens=special)["input_ids"]
        return known[text]


def split_groups(groups: Sequence[Sequence[int]], *, tokens: int) -> list[list[int]]:
    """Cut groups of texts into batches of at most `tokens` tokens, padding included; a group stays in one batch.

    Args:
        groups: tokens of each text of each group.

    Returns:
        The groups of each batch, groups of like length together; a group that is too large is a batch of its own.
    """
    batches: list[list[int]] = []
    num_texts = longest = 0
    for group in sorted(range(len(groups)), key=lambda i: max(groups[i])):
        width = rounded_up(max(groups[group]), WIDTH)
        num_texts += len(groups[group])
        longest = max(longest, width)
        if not batches or num_texts * longest > tokens:
            batches.append([])
            num_texts, longest = len(groups[group]), width
        batches[-1].append(group)
    return batches
