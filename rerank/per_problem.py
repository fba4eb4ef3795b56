"""per_problem.jsonl: what happened on each problem, a JSON object a line; `quorum compare` reads it too."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rerank.clusters import Cluster, Selection, build_clusters
from rerank.estimators import Estimate
from rerank.grading import GradedProblem, has_scores
from rerank.strategies import STRATEGIES, choose


def per_problem_lines(
    problems: Sequence[GradedProblem], estimates: Sequence[Estimate], *, k: int, top_n: int
) -> Iterator[str]:
    """One line per problem: its clusters, what each strategy selects from all samples, and every value.

    Args:
        problems: graded.
        estimates: their values are written under (name, n, k), so that two runs can be compared.
        k: of rr.majk and w.rr.majk in `selections`.
        top_n: of maj1.topn in `selections`.
    """
    names = strategy_names(problems)
    for i, problem in enumerate(problems):
        clusters = build_clusters(problem.candidates, problem.labels)
        line = {
            "id": problem.problem.id,
            "problem": problem.problem.text,
            "expected_answer": problem.problem.expected_answer,
            "num_samples": len(problem.candidates),
            "num_unextracted": sum(label is None for label in problem.labels),
            "num_correct": sum(label is not None and label == problem.correct for label in problem.labels),
            "num_unknown": problem.num_unknown,
            "clusters": [cluster_fields(c, is_correct=is_correct(problem, c)) for c in clusters],
            "selections": {
                name: selection_fields(problem, selection)
                for name, selection in select_all(problem, clusters, names=names, k=k, top_n=top_n).items()
            },
            "values": [{"name": e.name, "n": e.n, "k": e.k, "value": float(e.values[i])} for e in estimates],
        }
        yield json.dumps(line, ensure_ascii=False)


def strategy_names(problems: Sequence[GradedProblem]) -> list[str]:
    """The strategies that can choose: without any score, those that need scores are left out."""
    are_scored = has_scores(problems)
    return [name for name, strategy in STRATEGIES.items() if are_scored or not strategy.needs_scores]


def select_all(
    problem: GradedProblem, clusters: Sequence[Cluster], *, names: Sequence[str], k: int, top_n: int
) -> dict[str, Selection | None]:
    """What each named strategy selects from all samples of a problem; None where it has nothing to choose."""
    first_sample = problem.candidates[0].sample
    return {name: choose(name, clusters, first_sample=first_sample, k=k, top_n=top_n) for name in names}


def is_correct(problem: GradedProblem, cluster: Cluster) -> bool | None:
    """Whether a cluster is the correct one; None where nothing says which is."""
    if not problem.is_graded:
        return None
    samples = [candidate.sample for candidate in problem.candidates]
    return problem.labels[samples.index(cluster.first_sample)] == problem.correct


def cluster_fields(cluster: Cluster, *, is_correct: bool | None) -> dict[str, Any]:
    """A cluster as JSON: answer, count, score_sum, score_max, correct."""
    return {
        "answer": cluster.answer,
        "count": len(cluster),
        "score_sum": cluster.score_sum if cluster.scores else None,
        "score_max": cluster.score_max,
        "correct": is_correct,
    }


def selection_fields(problem: GradedProblem, selection: Selection | None) -> dict[str, Any]:
    """A selection as JSON: answer, sample, score, correct, all null where nothing could be selected."""
    if selection is None:
        unselected = False if problem.is_graded else None
        return {"answer": None, "sample": None, "score": None, "correct": unselected}
    return {
        "answer": selection.candidate.answer,
        "sample": selection.candidate.sample,
        "score": selection.candidate.score,
        "correct": is_correct(problem, selection.cluster),
    }
