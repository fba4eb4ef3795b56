"""The rows of `quorum rerank`: what one strategy selects for each problem."""

from collections.abc import Iterator, Sequence
from typing import Any

from reasoning.answers.policy import Policy
from reasoning.errors import InputError
from rerank.clusters import build_clusters
from rerank.grading import GradedProblem, has_scores
from rerank.per_problem import cluster_fields, is_correct, selection_fields
from rerank.strategies import STRATEGIES, choose


def selection_rows(
    problems: Sequence[GradedProblem], *, strategy: str, k: int, top_n: int, policy: Policy
) -> Iterator[dict[str, Any]]:
    """One row per problem, in order: the selection, its cluster's votes and scores, and all clusters.

    Where nothing can be selected, `abstained` is true and what would describe a selection is null: no sample
    has an answer, the strategy needs scores and none of the problem's samples has one, or it is `first` and
    the lowest sample has no answer. `correct` is null where nothing says what is correct. `policy` is what
    the problems were graded with.

    Raises:
        InputError: the strategy needs scores and no sample of any problem has one.
    """
    check_scores(strategy, has_scores=has_scores(problems), is_nan=any(problem.num_nan_scores for problem in problems))
    yield from selections_unchecked(problems, strategy=strategy, k=k, top_n=top_n, policy=policy)


def check_scores(strategy: str, *, has_scores: bool, is_nan: bool) -> None:
    """Refuse a strategy that needs scores where no sample of any problem has one.

    Args:
        has_scores: whether a sample with an answer has a score.
        is_nan: whether any score is not a number.
    """
    if STRATEGIES[strategy].needs_scores and not has_scores:
        found = "only NaN as `reward_model_score`" if is_nan else "no `reward_model_score` in any row"
        raise InputError(
            f"expected scores for strategy {strategy}, found {found} with an answer; score the samples first, or use "
            "--strategy maj1, which needs none"
        )


def selections_unchecked(
    problems: Sequence[GradedProblem], *, strategy: str, k: int, top_n: int, policy: Policy
) -> Iterator[dict[str, Any]]:
    """`selection_rows` of some problems of many; that any of the many has scores is for the caller to check."""
    parameter = {"k": k, "n": top_n, None: None}[STRATEGIES[strategy].parameter]
    for problem in problems:
        clusters = build_clusters(problem.candidates, problem.labels)
        first_sample = problem.candidates[0].sample
        selection = choose(strategy, clusters, first_sample=first_sample, k=k, top_n=top_n)
        fields = [cluster_fields(c, is_correct=is_correct(problem, c)) for c in clusters]
        cluster = {"count": None, "score_sum": None, "score_max": None}
        if selection is not None:
            cluster = {name: fields[clusters.index(selection.cluster)][name] for name in cluster}
        yield {
            "id": problem.problem.id,
            "strategy": strategy,
            "policy": policy.as_dict(),
            "parameter": parameter,
            **selection_fields(problem, selection),
            **cluster,
            "abstained": selection is None,
            "num_samples": len(problem.candidates),
            "clusters": fields,
        }
