"""The problems as compact JSON for the page's script, inert inside a `<script>` element."""

import json
from collections.abc import Sequence
from typing import Any

from rerank.clusters import Cluster, Selection, build_clusters
from rerank.grading import GradedProblem, has_scores
from rerank.naming import stem
from rerank.page.mathml import Formulas, Segments
from rerank.per_problem import is_correct, select_all, strategy_names

MAX_SAMPLES = 64  # of a problem that are listed; its answers and votes are those of all

# No tag can open or close inside the element, and no JavaScript line ends inside a string.
ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def to_script_json(value: Any) -> str:
    """JSON that an HTML parser reads as text only; lone surrogates become `?`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.encode("utf-8", "replace").decode()
    return text.translate(ESCAPES)


def page_data(problems: Sequence[GradedProblem], *, k: int, top_n: int) -> dict[str, Any]:
    """Everything the list of problems shows.

    Args:
        problems: candidates whose `generation` is empty are shown as not kept.
        k: of rr.majk and w.rr.majk.
        top_n: of maj1.topn.

    Returns:
        formulas: [LaTeX, MathML tree], which texts refer to by index; models: names; strategies, labels: in
        one order; problems: see `_problem`.
    """
    formulas = Formulas()
    models: dict[str, int] = {}
    clusters = [build_clusters(p.candidates, p.labels) for p in problems]
    strategies = strategy_names(problems)
    chosen = [
        select_all(p, of_problem, names=strategies, k=k, top_n=top_n)
        for p, of_problem in zip(problems, clusters, strict=True)
    ]
    # Questions and answers first: what a limit on formulas leaves out is then in the solutions.
    listed = [
        _problem(p, clusters[i], [chosen[i][name] for name in strategies], formulas) for i, p in enumerate(problems)
    ]
    for entry, problem in zip(listed, problems, strict=True):
        entry["samples"] = _samples(problem, formulas, models)
    return {
        "has_scores": has_scores(problems),
        "strategies": strategies,
        "labels": [stem(name, top_n if name == "maj1.topn" else k) for name in strategies],
        "models": list(models),
        "formulas": formulas.entries,
        "problems": listed,
    }


def _problem(
    problem: GradedProblem,
    clusters: Sequence[Cluster],
    chosen: Sequence[Selection | None],
    formulas: Formulas,
) -> dict[str, Any]:
    """A cluster is [answer, votes, score sum, best score, 1 if correct]; `chosen` are indices of clusters."""
    numbers = {id(cluster): i for i, cluster in enumerate(_by_votes(clusters))}
    expected = problem.problem.expected_answer
    return {
        "id": problem.problem.id,
        "text": formulas.segments(problem.problem.text),
        "graded": problem.is_graded,
        "expected": None if expected is None else formulas.answer(expected),
        "num_samples": len(problem.candidates),
        "clusters": [
            [
                formulas.answer(cluster.answer or ""),
                len(cluster),
                round(cluster.score_sum, 6) if cluster.scores else None,
                None if cluster.score_max is None else round(cluster.score_max, 6),
                int(bool(is_correct(problem, cluster))),
            ]
            for cluster in _by_votes(clusters)
        ],
        "chosen": [None if s is None else numbers[id(s.cluster)] for s in chosen],
        "unknown": problem.num_unknown,
    }


def _samples(problem: GradedProblem, formulas: Formulas, models: dict[str, int]) -> list[list[Any]]:
    """Each of the first candidates as [sample, cluster or null, score, model, text or null where it was not kept]."""
    clusters = build_clusters(problem.candidates, problem.labels)
    place = {candidate.sample: i for i, cluster in enumerate(_by_votes(clusters)) for candidate in cluster.candidates}
    return [
        [
            c.sample,
            place.get(c.sample),
            None if c.score is None else round(c.score, 6),
            None if c.model is None else models.setdefault(c.model, len(models)),
            _text(c.generation, formulas),
        ]
        for c in problem.candidates[:MAX_SAMPLES]
    ]


def _text(generation: str, formulas: Formulas) -> Segments | None:
    return formulas.segments(generation) if generation else None


def _by_votes(clusters: Sequence[Cluster]) -> list[Cluster]:
    return sorted(clusters, key=lambda c: (-len(c), -c.score_sum, c.first_sample))
