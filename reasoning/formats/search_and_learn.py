"""huggingface/search-and-learn: `best_of_n_completions.jsonl` and the like, one problem a line."""

from collections.abc import Iterator, Mapping
from typing import Any

from reasoning.formats.importer import (
    Answer,
    Fields,
    Identifier,
    Importer,
    Origin,
    Record,
    Steps,
    item,
    present,
)


class SearchRecord(Record):
    problem: str
    unique_id: Identifier = None
    answer: Answer = None
    completions: list[str]
    scores: list[Steps] | None = None
    agg_scores: list[float | None] | None = None
    completion_tokens: Any = None  # a list of counts, except where a search did not count


def matches(record: Mapping[str, Any]) -> bool:
    return record.keys() >= {"problem", "completions"} and bool(
        record.keys() & {"scores", "agg_scores", "completion_tokens"}
    )


def rows(record: SearchRecord, origin: Origin) -> Iterator[Fields]:
    """A row per completion. `agg_scores` is the last step's score, whatever the tool's configuration says.

    So it is used for `--step-score last`, and `scores` for the others and where `agg_scores` is absent.
    """
    problem_id = origin.problem_id(record.unique_id, record.problem)
    length = len(record.completions)
    use_last = record.agg_scores and (origin.scores.step_score == "last" or not record.scores)
    scores = record.agg_scores if use_last else record.scores
    counts = record.completion_tokens
    counted = isinstance(counts, list) and len(counts) == length
    for sample, generation in enumerate(record.completions):
        yield {
            "id": problem_id,
            "sample": sample,
            "problem": record.problem,
            "generation": generation,
            **present(
                expected_answer=record.answer,
                reward_model_score=origin.scores(item(scores, sample, length)),
                num_generated_tokens=counts[sample] if counted else None,
            ),
            **record.kept("level", "subject"),
        }


SEARCH_AND_LEARN = Importer(
    "search-and-learn", "huggingface/search-and-learn: *_completions.jsonl", SearchRecord, matches, rows
)
