"""The least that reranks with FastAPI, to measure the server against: `python -m tests.bare_server PORT`."""

import sys
from collections import defaultdict

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Candidate(BaseModel):
    """An answer with its score."""

    answer: str
    score: float


class Ask(BaseModel):
    """What is asked."""

    candidates: list[Candidate]


app = FastAPI()


@app.post("/v1/rerank")
async def rerank(ask: Ask) -> dict[str, object]:
    """The answer with the largest summed score."""
    sums: dict[str, float] = defaultdict(float)
    for candidate in ask.candidates:
        sums[candidate.answer] += candidate.score
    return {"answer": max(sums, key=lambda answer: sums[answer]), "sums": sums}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
