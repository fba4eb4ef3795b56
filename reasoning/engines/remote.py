"""An OpenAI-compatible server: what is asked of it, and what its refusals mean."""

import contextlib
import ipaddress
import json
import os
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import openai
from openai import OpenAI
from openai.types.chat.chat_completion import ChoiceLogprobs

from reasoning.engines.protocols import SamplingParams
from reasoning.errors import InputError, QuorumError, Unavailable

TOP_LOGPROBS = 20  # as many as vLLM gives unless it is told otherwise
NO_KEY = "none"  # the client wants one; a server without keys ignores it
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0  # between attempts
MOST_SHOWN = 300  # characters of what a server sent


@dataclass(frozen=True, slots=True)
class Reply:
    """Texts that a server sent for one prompt.

    Attributes:
        texts: one a choice.
        reasons: why each ended, in the server's words.
        num_tokens: of all texts together, as the server counts; 0 where it does not.
        num_prompt_tokens: likewise.
    """

    texts: tuple[str, ...]
    reasons: tuple[str | None, ...]
    num_tokens: int
    num_prompt_tokens: int


class Refused(QuorumError):
    """The server will not answer this request; others may do better."""


class NoAnswer(Unavailable):
    """What came with status 200 is no answer, as a gateway's page, or an error of the server behind it."""


class Remote:
    """One model of one server.

    Args:
        url: as `http://127.0.0.1:8000/v1`.
        model: its name there; None takes the only one that there is.
        api_key: None takes OPENAI_API_KEY, except on loopback, where no key is sent.
        chat: use the chat endpoint; None does so where plain completions are not served.
        timeout_s: of one attempt.
        max_retries: after the first attempt, with growing pauses, at time-outs, broken connections, 429, 5xx and what
            is no answer.
    """

    def __init__(
        self, url: str, model: str | None, *, api_key: str | None, chat: bool | None, timeout_s: float, max_retries: int
    ) -> None:
        local = _is_loopback(url)
        key = api_key or (NO_KEY if local else os.environ.get("OPENAI_API_KEY") or NO_KEY)
        self.url = url
        self.chat = chat
        self._model = model
        self._client = OpenAI(
            base_url=url,
            api_key=key,
            timeout=timeout_s,
            max_retries=max_retries,
            http_client=openai.DefaultHttpxClient(trust_env=False) if local else None,  # no proxy knows our loopback
        )
        weakref.finalize(self, self._client.close)

    @property
    def model(self) -> str:
        """The model's name on the server.

        Raises:
            InputError: none was given, and there are several, or none.
        """
        if self._model is None:
            with self._errors():
                listed: Any = self._client.get("/models", cast_to=object)  # `models.list` fails at what is no list
            models = listed.get("data") if isinstance(listed, dict) else None
            if not isinstance(models, list):
                raise self._no_answer("a list of models", listed)
            names = [str(model["id"]) for model in models]
            if len(names) != 1:
                found = ", ".join(names[:8]) or "none"
                raise InputError(f"{self.url}: expected one model, found {found}; name one: openai:{self.url}#MODEL")
            self._model = names[0]
        return self._model

    def complete(self, prompt: str, params: SamplingParams, *, n: int, seed: int | None) -> Reply:
        """Texts that continue a prompt; the server may send fewer than `n`.

        Raises:
            Refused: this request, as where its prompt is too long.
            QuorumError: the server cannot be reached, or refuses everything.
        """
        options: dict[str, Any] = {
            "temperature": params.temperature,
            "top_p": params.top_p,
            "max_tokens": params.max_tokens,
        }
        options |= {"n": n} if n > 1 else {}
        options |= {"seed": seed} if seed is not None else {}
        options |= {"extra_body": {"top_k": params.top_k}} if params.top_k else {}
        answer = self._ask(prompt, options)
        return Reply(
            texts=tuple(_text(choice) or "" for choice in answer.choices),
            reasons=tuple(choice.finish_reason for choice in answer.choices),
            num_tokens=(answer.usage and answer.usage.completion_tokens) or 0,
            num_prompt_tokens=(answer.usage and answer.usage.prompt_tokens) or 0,
        )

    def next_tokens(self, prompt: str) -> dict[str, float]:
        """Log-probabilities of the most likely next tokens; empty where the server gives none."""
        options = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 1, "logprobs": TOP_LOGPROBS}
        given = self._ask(prompt, options).choices[0].logprobs
        if isinstance(given, ChoiceLogprobs):
            return {token.token: token.logprob for place in (given.content or [])[:1] for token in place.top_logprobs}
        return dict((given.top_logprobs or [{}])[0] or {}) if given else {}

    def echoed(self, text: str) -> list[tuple[str, float]]:
        """The tokens of a text with their log-probabilities, 0 for the first; empty where the server gives none."""
        options = {"temperature": 1.0, "max_tokens": 1, "echo": True, "logprobs": 1}
        answer = self._ask(text, options)
        given, usage = answer.choices[0].logprobs, answer.usage
        tokens = (given and given.tokens) or []
        if usage is None or len(tokens) < usage.prompt_tokens:  # the completion's tokens alone
            return []
        pairs: Sequence[tuple[str, float | None]] = list(zip(tokens, given.token_logprobs, strict=True))
        return [(token, logprob or 0.0) for token, logprob in pairs[: usage.prompt_tokens]]

    def _ask(self, prompt: str, options: dict[str, Any]) -> Any:
        """A server's answer, which has a choice at least, and a text in each."""
        with self._errors():
            for attempt in range(self._client.max_retries):
                with contextlib.suppress(json.JSONDecodeError, NoAnswer):  # the client would not ask again
                    return self._ask_once(prompt, options)
                time.sleep(min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S))
            return self._ask_once(prompt, options)

    def _ask_once(self, prompt: str, options: dict[str, Any]) -> Any:
        asked_as = self.chat  # another thread may find out while this request is under way
        if asked_as:
            return self._ask_chat(prompt, options)
        try:
            answer = self._checked(self._client.completions.create(model=self.model, prompt=prompt, **options))
        except openai.APIStatusError as error:
            if asked_as is not None or error.status_code not in (404, 405, 501):
                raise
            answer_of_chat = self._ask_chat(prompt, options)
            self.chat = True
            return answer_of_chat
        self.chat = False
        return answer

    def _ask_chat(self, prompt: str, options: dict[str, Any]) -> Any:
        turn = [{"role": "user", "content": prompt}]
        if "logprobs" in options:
            options = options | {"logprobs": True, "top_logprobs": options["logprobs"]}
        answer = self._client.chat.completions.create(model=self.model, messages=turn, **options)  # type: ignore[arg-type]
        return self._checked(answer)

    def _checked(self, answer: Any) -> Any:
        choices = getattr(answer, "choices", None)
        if not isinstance(choices, list) or not choices or any(_text(choice) is None for choice in choices):
            raise self._no_answer("choices with texts", answer)
        return answer

    def _no_answer(self, expected: str, found: Any) -> NoAnswer:
        body = found.to_json(indent=None, warnings=False) if isinstance(found, openai.BaseModel) else found
        shown = _one_line(body if isinstance(body, str) else json.dumps(body)) or "nothing"
        return NoAnswer(f"{self.url}: expected {expected}, found {shown}; check the URL, and see the server's log")

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """The client's errors as ours."""
        try:
            yield
        except openai.APITimeoutError as error:
            raise Unavailable(
                f"{self.url}: expected an answer in {self._client.timeout} s, found none in "
                f"{self._client.max_retries + 1} attempts; see whether the server is busy"
            ) from error
        except openai.APIConnectionError as error:
            raise Unavailable(
                f"{self.url}: expected an OpenAI-compatible server, found no connection "
                f"({error.__cause__ or error}); start it, or name another"
            ) from error
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise InputError(f"{self.url}: expected a key that it takes; set OPENAI_API_KEY: {_said(error)}") from error
        except openai.NotFoundError as error:
            raise InputError(f"{self.url}: expected this URL and model {self._model} there: {_said(error)}") from error
        except openai.BadRequestError as error:
            raise Refused(f"{self.url}: expected it to take this request: {_said(error)}") from error
        except openai.UnprocessableEntityError as error:
            raise InputError(f"{self.url}: expected it to know every option; leave out: {_said(error)}") from error
        except openai.APIStatusError as error:
            kind = Unavailable if error.status_code in (408, 409, 429) or error.status_code >= 500 else QuorumError
            raise kind(f"{self.url}: expected an answer, found {error.status_code}: {_said(error)}") from error
        except openai.APIError as error:
            raise QuorumError(f"{self.url}: expected an answer in OpenAI's form: {_said(error)}") from error
        except json.JSONDecodeError as error:
            raise Unavailable(f"{self.url}: expected an answer in JSON, found {error}") from error


def _said(error: openai.APIError) -> str:
    """What the server said, on one line."""
    body = error.body
    told = body.get("message") or body.get("detail") or body if isinstance(body, dict) else error.message
    return f"it says {_one_line(str(told))}"


def _one_line(text: str) -> str:
    """The beginning of a text, on one line, with no character that a terminal obeys."""
    shown = " ".join(text.split())[:MOST_SHOWN]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


def _text(choice: Any) -> str | None:
    """The text of a choice, plain or of chat; "" where an assistant says nothing, None where it is no choice."""
    message: Any = getattr(choice, "message", None)
    text = (message.content or "") if hasattr(message, "content") else getattr(choice, "text", None)
    return text if isinstance(text, str) else None


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")
