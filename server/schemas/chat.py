"""`POST /v1/chat/completions`: what OpenAI's clients send."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N
from server.bodies import Body
from server.schemas.solve import Count, MaxTokens, NumSamples, Seed, StrategyName, Temperature, TopP

MAX_MESSAGES = 256
Content = Annotated[str, StringConstraints(max_length=32_000)]
Zero = Annotated[float, Field(ge=0, le=0)]


class TextPart(Body):
    """A part of a message that is text."""

    type: Literal["text"]
    text: Content


class Message(Body):
    """A turn."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Content | Annotated[tuple[TextPart, ...], Field(max_length=64)] | None = None
    name: Annotated[str, StringConstraints(max_length=64)] | None = None
    refusal: Content | None = None

    @property
    def text(self) -> str:
        """All that it says."""
        content = self.content or ""
        return content if isinstance(content, str) else "\n".join(part.text for part in content)


class StreamOptions(Body):
    """What a stream says beside its text."""

    include_usage: bool = False
    include_obfuscation: bool = False


class ChatRequest(Body):
    """A conversation whose last user message is the question.

    Fields that would change the text in ways that the server does not know (`tools`, `stop`, `logit_bias`, ...) are
    refused like all unknown ones; penalties may be 0.
    """

    model: Annotated[str, StringConstraints(max_length=256)]
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=MAX_MESSAGES)]
    n: NumSamples | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    max_tokens: MaxTokens | None = None
    max_completion_tokens: MaxTokens | None = None
    seed: Seed | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    user: Annotated[str, StringConstraints(max_length=256)] | None = None
    frequency_penalty: Zero | None = None
    presence_penalty: Zero | None = None
    logprobs: Literal[False] | None = None
    store: Literal[False] | None = None
    strategy: StrategyName | None = None
    k: Count = DEFAULT_K
    top_n: Count = DEFAULT_TOP_N

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not any(message.role == "user" and message.text.strip() for message in self.messages):
            raise ValueError("expected a message of the user with a text")
        return self

    @property
    def question(self) -> str:
        """The last text of the user."""
        texts = [message.text for message in self.messages if message.role == "user" and message.text.strip()]
        return texts[-1]
