"""Losses of several solutions a problem.

Shapes: N tokens, E solutions, P problems.
Source: arXiv:2205.14318, ICLR 2023 version, table 1.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from generator.self_sampling.recipe import Objective


def solution_logprobs(logprobs_N: Tensor, solution_N: Tensor, *, num_solutions: int) -> Tensor:
    """log p of each solution, the sum over its tokens, [E].

    Args:
        logprobs_N: log p of each token to learn, in fp32.
        solution_N: which solution each belongs to.
        num_solutions: E.
    """
    return logprobs_N.new_zeros(num_solutions).index_add(0, solution_N, logprobs_N)


def problem_losses(logprobs_E: Tensor, sizes: Sequence[int], objective: Objective, *, beta: float) -> Tensor:
    """The loss of each problem, [P].

    | objective | loss | weight of a solution's gradient |
    | --- | --- | --- |
    | mle | -log p(reference) | 1 for the reference |
    | mle-aug | -sum log p(y) | 1 |
    | mml | -log sum p(y) | p(y) / sum p |
    | beta-mml | -(1 / beta) log sum p(y)^beta | p(y)^beta / sum p^beta |

    They are the same for a problem that has its reference alone. A partially correct solution is one of the sum; its
    log p is that of a beginning, without an end-of-sequence token. The empty solution, which has p = 1, is not to be
    among them: there is nothing to learn from it, and it would outweigh all others in the last two.

    Args:
        logprobs_E: log p of each solution, problem by problem, the reference first.
        sizes: solutions of each problem, at least 1.
        beta: in (0, 1], of beta-mml.
    """
    parts = torch.split(logprobs_E, list(sizes))
    if objective == "mle":
        return -torch.stack([part[0] for part in parts])
    if objective == "mle-aug":
        return -torch.stack([part.sum() for part in parts])
    beta = 1.0 if objective == "mml" else beta
    return -torch.stack([torch.logsumexp(beta * part, dim=0) for part in parts]) / beta
