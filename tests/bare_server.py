"""The least that reranks with FastAPI, to measure the server against: `python -m tests.bare_server PORT`.

Two routes: `/v1/rerank` chooses as the server does and answers with the same fields; `/sum` does the least that could
be called reranking.
"""

import sys
from collections import defaultdict
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from reasoning.answers import cluster
from reasoning.types import Candidate
from rerank.solver import DEFAULT_STRATEGY
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N
from server.engine.tasks import reranked


class Scored(BaseModel):
    """An answer with its score."""

    answer: str
    score: float


class Ask(BaseModel):
    """What is asked."""

    candidates: list[Scored]


app = FastAPI()


@app.post("/v1/rerank")
async def rerank(ask: Ask) -> dict[str, Any]:
    """The server's default choice among candidates with scores."""
    candidates = [Candidate(i, one.answer, one.score) for i, one in enumerate(ask.candidates)]
    labels = cluster([candidate.answer for candidate in candidates])
    return reranked(candidates, {"strategy": DEFAULT_STRATEGY, "k": DEFAULT_K, "top_n": DEFAULT_TOP_N}, labels=labels)


@app.post("/sum")
async def sums(ask: Ask) -> dict[str, Any]:
    """The answer with the largest summed score."""
    found: dict[str, float] = defaultdict(float)
    for candidate in ask.candidates:
        found[candidate.answer] += candidate.score
    return {"answer": max(found, key=lambda answer: found[answer]), "sums": found}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
