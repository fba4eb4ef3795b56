"""Sampling from the weights of a step: from the empty solution, or from a partially correct one (Alg. 2)."""

import random
from collections.abc import Sequence

from generator.self_sampling.buffers import Buffers
from generator.self_sampling.problems import TrainingProblem
from generator.self_sampling.recipe import SelfSamplingRecipe
from generator.self_sampling.solution import EMPTY, Solution
from generator.self_sampling.tokens import LINE_END
from reasoning.engines import Request, Sampler, SamplingParams
from reasoning.prompts import solution_prompt
from reasoning.seeds import sample_seed

Text = tuple[str, str]
"""A problem's id and a solution of it."""


def explore(
    sampler: Sampler, problems: Sequence[TrainingProblem], buffers: Buffers, recipe: SelfSamplingRecipe, *, step: int
) -> list[Text]:
    """Sample solutions of a step's problems: each problem's beginning once, then its completions.

    What is drawn depends on the seed, the step and the problem alone.
    """
    section = recipe.sampling
    params = SamplingParams(section.temperature, section.top_p, section.top_k, section.max_tokens)
    samples = range(step * section.num_samples, (step + 1) * section.num_samples)
    seeds = [tuple(sample_seed(recipe.seed, problem.id, sample) for sample in samples) for problem in problems]
    beginnings = [_beginning(buffers, problem, recipe, key=of[0]) for problem, of in zip(problems, seeds, strict=True)]
    requests = [
        Request(solution_prompt(problem.text) + beginning, of)
        for problem, beginning, of in zip(problems, beginnings, seeds, strict=True)
    ]
    texts = {}
    for completion in sampler.sample(requests, params):
        if completion.finish_reason == "error":  # there is no room behind the problem
            continue
        text = completion.text
        if completion.finish_reason == "length":
            text = text.rpartition(LINE_END)[0]  # its last line is not whole
        problem = completion.request
        texts[problem, completion.sample] = problems[problem].id, beginnings[problem] + text
    return [texts[key] for key in sorted(texts)]


def _beginning(buffers: Buffers, problem: TrainingProblem, recipe: SelfSamplingRecipe, *, key: int) -> str:
    chosen: Solution = EMPTY
    if recipe.partial:
        chosen = random.Random(key).choice(buffers[problem.id].beginnings)
    return chosen.text + LINE_END if chosen.steps else ""
