"""`POST /v1/explain`."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N
from server.bodies import Body
from server.schemas.rerank import Answer, Score, Text
from server.schemas.solve import MAX_N, MAX_QUESTION, Count

MAX_TEXTS = 64
Sample = Annotated[int, Field(ge=0, lt=MAX_N)]


class ExplainedCandidate(Body):
    """A candidate as a solve has judged and grouped it."""

    sample: Sample
    answer: Answer | None
    score: Score | None
    cluster: Annotated[int, Field(ge=0, lt=MAX_N)] | None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.answer is None) != (self.cluster is None):
            raise ValueError("expected a cluster where there is an answer, and only there")
        return self


class ExplainedText(Body):
    """A solution to read, and the answer to mark in it."""

    sample: Sample
    generation: Text
    answer: Answer | None


class ExplainRequest(Body):
    """What to explain; each part may be left out."""

    question: Annotated[str, Field(max_length=MAX_QUESTION)] = ""
    candidates: Annotated[tuple[ExplainedCandidate, ...], Field(max_length=MAX_N)] = ()
    k: Count = DEFAULT_K
    top_n: Count = DEFAULT_TOP_N
    texts: Annotated[tuple[ExplainedText, ...], Field(max_length=MAX_TEXTS)] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len({candidate.sample for candidate in self.candidates}) < len(self.candidates):
            raise ValueError("expected each sample once")
        return self
