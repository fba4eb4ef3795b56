"""What the page shows beside a solve: mathematics to draw, why answers are one, what each strategy would have chosen.

It works on what a solve has sent, so it needs no history, draws nothing and judges nothing.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reasoning.types import Candidate
from rerank.clusters import Cluster, build_clusters
from rerank.naming import meaning, stem
from rerank.page.mathml import Formulas
from rerank.strategies import STRATEGIES, choose
from server.page.grouping import reason, written_forms
from server.page.marking import marked_segments

if TYPE_CHECKING:
    from server.engine.tasks import Parts, Told

MAX_FORMS = 12  # of an answer that are listed


def explain(ask: dict[str, Any], parts: "Parts") -> Iterator["Told"]:
    """A job of the grading process; `ask` is an ExplainRequest as JSON values."""
    formulas = Formulas()
    question = formulas.segments(ask["question"]) if ask["question"] else []
    candidates = [Candidate(c["sample"], c["answer"], c["score"]) for c in ask["candidates"]]
    clusters = build_clusters(candidates, [c["cluster"] for c in ask["candidates"]])
    numbers = {c["sample"]: c["cluster"] for c in ask["candidates"]}
    groups = []
    for cluster in clusters:
        parts.work.check()
        groups.append(_group(cluster, numbers[cluster.first_sample], formulas))
    strategies = _strategies(candidates, clusters, ask, formulas)
    texts = []
    for text in ask["texts"]:
        parts.work.check()
        segments = marked_segments(text["generation"], text["answer"], formulas)
        texts.append({"sample": text["sample"], "segments": segments})
    yield (
        "done",
        {
            "question": question,
            "clusters": groups,
            "strategies": strategies,
            "texts": texts,
            "formulas": formulas.entries,
        },
    )


def _group(cluster: Cluster, number: int, formulas: Formulas) -> dict[str, Any]:
    answers = [candidate.answer for candidate in cluster.candidates if candidate.answer is not None]
    forms = written_forms(answers)
    return {
        "cluster": number,
        "answer": formulas.answer(cluster.answer or ""),
        "reason": reason(answers),
        "forms": [{"answer": formulas.answer(form), "text": form, "count": count} for form, count in forms[:MAX_FORMS]],
        "num_forms": len(forms),
    }


def _strategies(
    candidates: Sequence[Candidate], clusters: Sequence[Cluster], ask: dict[str, Any], formulas: Formulas
) -> list[dict[str, Any]]:
    """What each strategy chooses from the scores that are there; null where it can choose nothing."""
    if not candidates:
        return []
    first_sample = min(candidate.sample for candidate in candidates)
    rows = []
    for name, strategy in STRATEGIES.items():
        found = choose(name, clusters, first_sample=first_sample, k=ask["k"], top_n=ask["top_n"])
        number = {"k": ask["k"], "n": ask["top_n"], None: None}[strategy.parameter]
        rows.append(
            {
                "name": name,
                "label": stem(name, number),
                "meaning": meaning(name, len(candidates), number),
                "sample": None if found is None else found.candidate.sample,
                "answer": None if found is None else formulas.answer(found.cluster.answer or ""),
                "needs_scores": strategy.needs_scores,
            }
        )
    return rows
