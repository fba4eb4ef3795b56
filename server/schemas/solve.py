"""`POST /solve`."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N
from server.bodies import Body

MAX_QUESTION = 8_000
MAX_N = 256
MAX_TOKENS = 4_096
MAX_SEED = 2**53 - 1  # what every reader of JSON keeps exactly

STOP_RULE = r"^(lossless|(anytime|budget):0\.\d{1,4})$"


def _check_stop(rule: str) -> str:
    if not re.fullmatch(STOP_RULE, rule):
        raise ValueError("expected lossless, anytime:D or budget:D with D as 0.05, of at most four decimals")
    return rule


Question = Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUESTION, pattern=r"\S")]
StrategyName = Literal["first", "maj1", "rr.all", "rr.majk", "w.rr", "w.rr.majk", "maj1.topn"]
NumSamples = Annotated[int, Field(ge=1, le=MAX_N)]
MaxTokens = Annotated[int, Field(ge=1, le=MAX_TOKENS)]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(gt=0, le=1)]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Count = Annotated[int, Field(ge=1, le=256)]


class SolveRequest(Body):
    """A question, and how to answer it."""

    question: Question
    n: NumSamples | None = Field(None, description="Samples; the server's default where absent.")
    strategy: StrategyName | None = None
    k: Count = DEFAULT_K
    top_n: Count = DEFAULT_TOP_N
    temperature: Temperature = 0.6
    top_p: TopP = 0.95
    max_tokens: MaxTokens = 512
    seed: Seed = 0
    timeout_s: Annotated[float, Field(ge=0.1, le=600)] | None = None
    max_risk: Annotated[float, Field(gt=0, lt=1)] | None = None
    stop: Annotated[str, AfterValidator(_check_stop)] | None = Field(
        None,
        description="When fewer samples will do: lossless, anytime:0.05 or budget:0.05.",
        json_schema_extra={"pattern": STOP_RULE},
    )
    return_candidates: bool = False
    stream: bool = False

    @model_validator(mode="after")
    def _check_temperature(self) -> Self:
        if self.temperature == 0 and (self.n or 2) > 1:
            raise ValueError("at temperature 0 all samples are the same; expected n = 1")
        if 0 < self.temperature < 0.01:
            raise ValueError("expected a temperature of 0, or of at least 0.01")
        return self

    def settings(self, default_n: int) -> dict[str, Any]:
        """What decides the samples and the choice."""
        names = ("strategy", "k", "top_n", "temperature", "top_p", "max_tokens", "seed", "max_risk", "stop")
        return {"n": self.n or default_n, **{name: getattr(self, name) for name in names}}
