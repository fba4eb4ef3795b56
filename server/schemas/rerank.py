"""`POST /v1/rerank`, `/v1/score` and `/get_reward`."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N
from server.bodies import Body
from server.schemas.solve import Count, Question, StrategyName

MAX_CANDIDATES = 1_024
MAX_TEXT = 32_000
MAX_ANSWER = 2_000

Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Answer = Annotated[str, StringConstraints(max_length=MAX_ANSWER)]
Score = Annotated[float, Field(ge=0, le=1)]


class CandidateBody(Body):
    """A candidate: its text, from which the answer is extracted, or the answer itself, and perhaps a score."""

    text: Text | None = None
    answer: Answer | None = None
    score: Score | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.text is None and self.answer is None:
            raise ValueError("expected a text or an answer")
        return self


class RerankRequest(Body):
    """Candidates to choose among. Where a strategy needs scores, all have one, or none has and the evaluator judges."""

    question: Question | None = None
    candidates: Annotated[tuple[CandidateBody, ...], Field(min_length=1, max_length=MAX_CANDIDATES)]
    strategy: StrategyName | None = None
    k: Count = DEFAULT_K
    top_n: Count = DEFAULT_TOP_N

    @model_validator(mode="after")
    def _check(self) -> Self:
        num_scores = sum(candidate.score is not None for candidate in self.candidates)
        if num_scores not in (0, len(self.candidates)):
            raise ValueError("expected a score for every candidate, or for none")
        return self


class TeiRerankRequest(Body):
    """The shape of text-embeddings-inference: texts to sort by their score for a query, here a question."""

    query: Question
    texts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_CANDIDATES)]
    raw_scores: bool = False
    return_text: bool = False
    truncate: bool = False


class ScoreRequest(Body):
    """Solutions to judge."""

    question: Question
    solutions: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_CANDIDATES)]


class RewardRequest(Body):
    """OpenRLHF's: prompts with their responses in one text each; `prompts` says where each prompt ends."""

    query: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_CANDIDATES)]
    prompts: Annotated[tuple[Text, ...], Field(max_length=MAX_CANDIDATES)] | None = None
    labels: Annotated[tuple[Text | None, ...], Field(max_length=MAX_CANDIDATES)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.prompts is not None and len(self.prompts) != len(self.query):
            raise ValueError("expected a prompt for every query")
        return self
