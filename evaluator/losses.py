"""The evaluator's losses, as functions of log-probabilities.

Each takes the numbers of one batch and returns their sum, so that batches of a step add up; the caller divides by the
step's count of pairs, candidates or problems.

Shapes: C candidates, 2 labels (correct, incorrect), M pairs, K steps of solutions. `pairs_M2` holds places of
candidates, the correct one's first. `label_C` is 1 for a correct candidate, 0 for an incorrect one.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from evaluator.verdict import CORRECT, INCORRECT

LOG_2 = math.log(2.0)  # the margin: a correct solution's score is to be twice an incorrect one's


def log_scores(logprobs_C2: Tensor) -> Tensor:
    """log S of each candidate, [C]: log-softmax over the two labels, from their log-probabilities or logits.

    Source: arXiv:2310.10047, Eq. 7.
    """
    return functional.log_softmax(logprobs_C2, dim=-1)[:, CORRECT]


def margin_loss(logprobs_C2: Tensor, pairs_M2: Tensor, *, margin: float = LOG_2) -> Tensor:
    """Sum over pairs of max(0, log S(incorrect) - log S(correct) + margin).

    Source: arXiv:2310.10047, Eq. 8.
    """
    return _hinge(log_scores(logprobs_C2), pairs_M2, margin)


def cross_entropy_loss(logprobs_C2: Tensor, label_C: Tensor, weight_C: Tensor | None = None) -> Tensor:
    """Sum over candidates of minus log p(label), p over the full vocabulary.

    Eq. 9 prints a plus before the term of incorrect solutions, by which their label would become less likely; both
    terms are minus here.

    Args:
        logprobs_C2: log p of each label.
        label_C: 0 or 1.
        weight_C: of each candidate, as how often it was sampled; 1 where there is none.

    Source: arXiv:2310.10047, Eq. 9.
    """
    is_correct_C = label_C.bool()
    logprob_C = torch.where(is_correct_C, logprobs_C2[:, CORRECT], logprobs_C2[:, INCORRECT])
    return -(logprob_C if weight_C is None else weight_C * logprob_C).sum()


def listwise_loss(logprobs_C2: Tensor, label_C: Tensor, problem_C: Tensor) -> Tensor:
    """Sum over problems of minus the mean, over their correct candidates, of log p(chosen).

    p(chosen) is the softmax of the candidates' logits log S - log (1 - S) over one correct candidate and all incorrect
    ones of its problem: the first place of a Plackett-Luce ranking in which correct candidates do not compete. A
    problem without both kinds adds nothing.

    Args:
        problem_C: the problem of each candidate, numbered from 0.

    Source: Plackett 1975, in the manner of AceMath's reward models (arXiv:2412.15084), which compare all correct with
    all incorrect candidates of a problem at once, pair by pair; of two candidates both make the same loss.
    """
    logit_C = logprobs_C2[:, CORRECT] - logprobs_C2[:, INCORRECT]
    is_correct_C = label_C.bool()
    total = logit_C.new_zeros(())
    for problem in torch.unique(problem_C).tolist():
        chosen = problem_C == problem
        right, wrong = logit_C[chosen & is_correct_C], logit_C[chosen & ~is_correct_C]
        if len(right) and len(wrong):
            rivals = torch.logsumexp(wrong, dim=0).expand_as(right)
            total = total + (torch.logaddexp(right, rivals) - right).mean()
    return total


def step_loss(logits_K2: Tensor, label_K: Tensor) -> Tensor:
    """Sum over steps of minus log S(label): the verdict asked for at the end of a line, between the two labels alone.

    Between them alone, because the next token of the vocabulary is the solution's next one there.

    Args:
        logits_K2: of the two labels' first tokens behind each step.
        label_K: 1 while all is right so far.
    """
    columns_K = torch.where(label_K.bool(), CORRECT, INCORRECT)
    return functional.cross_entropy(logits_K2, columns_K, reduction="sum")


def sequence_contrastive_loss(logprob_C: Tensor, pairs_M2: Tensor, *, margin: float = LOG_2) -> Tensor:
    """Sum over pairs of max(0, log p(incorrect | P) - log p(correct | P) + margin), of whole solutions.

    Args:
        logprob_C: log p(X | P) of each candidate, summed over its tokens.

    Source: arXiv:2310.10047, Eq. 10.
    """
    return _hinge(logprob_C, pairs_M2, margin)


def _hinge(value_C: Tensor, pairs_M2: Tensor, margin: float) -> Tensor:
    right_M, wrong_M = value_C[pairs_M2[:, 0]], value_C[pairs_M2[:, 1]]
    return torch.relu(wrong_M - right_M + margin).sum()
