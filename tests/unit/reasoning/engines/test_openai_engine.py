"""The openai engine against a real HTTP server that fails, ignores and refuses on demand."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from reasoning.engines import Completion, Request, SamplingParams, remote
from reasoning.engines.openai_engine import OpenAIEngine
from reasoning.engines.remote import Remote
from reasoning.errors import InputError, QuorumError, Unavailable
from reasoning.prompts import LABELS
from tests.tiny_models import CONTEXT, tiny_model, tiny_tokenizer
from tests.tiny_server import MODEL, TinyServer

PARAMS = SamplingParams(temperature=1.0, max_tokens=4)
REQUEST = Request("Problem: Ann has 3 pens.", (1, 2, 3))
GREEDY = replace(PARAMS, temperature=0.0)
# What proxies and hosted routers send with status 200 while something behind them is busy.
NO_ANSWERS = (
    '{"error": {"message": "Provider returned error", "code": 502}}',
    "<html>Bad gateway</html>",
    '{"choices": []}',
    '{"choices": null}',
    '{"choices": [null]}',
    '{"choices": [{"index": 0, "text": null, "message": null, "finish_reason": "stop"}]}',
    '["busy"]',
    "null",
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyServer]:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.02)
    monkeypatch.setattr(remote, "FIRST_PAUSE_S", 0.01)
    tokenizer = tiny_tokenizer(chat=True)
    with TinyServer(tiny_model("llama", tokenizer), tokenizer).running() as running:
        yield running


def sampled(engine: OpenAIEngine, params: SamplingParams = PARAMS) -> list[Completion]:
    return sorted(engine.sample([REQUEST], params), key=lambda c: c.sample)


class TestAsking:
    def test_each_seed_is_a_request_with_all_options(self, server: TinyServer) -> None:
        sampled(OpenAIEngine(server.url, MODEL), SamplingParams(temperature=0.6, top_p=0.9, top_k=7, max_tokens=4))
        assert sorted(body["seed"] for body in server.asked) == [1, 2, 3]
        for body in server.asked:
            assert body == {
                "model": MODEL,
                "prompt": REQUEST.prompt,
                "temperature": 0.6,
                "top_p": 0.9,
                "top_k": 7,
                "max_tokens": 4,
                "seed": body["seed"],
            }

    def test_greedy_is_asked_for_once(self, server: TinyServer) -> None:
        found = sampled(OpenAIEngine(server.url, MODEL), GREEDY)
        assert len(found) == 3
        assert len(server.asked) == 1
        assert len({(c.text, c.num_tokens) for c in found}) == 1

    def test_n_asks_for_all_samples_at_once(self, server: TinyServer) -> None:
        engine = OpenAIEngine(server.url, MODEL, use_n=True)
        assert [c.sample for c in sampled(engine)] == [0, 1, 2]
        assert [(body["n"], body["seed"]) for body in server.asked] == [(3, 1)]

    def test_where_n_is_ignored_the_rest_is_asked_for_again(self, server: TinyServer) -> None:
        server.takes_n = False
        found = sampled(OpenAIEngine(server.url, MODEL, use_n=True))
        assert [c.sample for c in found] == [0, 1, 2]
        assert [body["seed"] for body in server.asked] == [1, 2, 3]
        assert len({c.text for c in found}) > 1

    def test_chat_is_used_where_plain_completions_are_not_served(self, server: TinyServer) -> None:
        server.serves_completions = False
        engine = OpenAIEngine(server.url, MODEL, concurrency=1)
        assert len(sampled(engine)) == 3
        assert [("messages" in body) for body in server.asked] == [False, True, True, True]
        assert server.asked[1]["messages"] == [{"role": "user", "content": REQUEST.prompt}]

    def test_that_there_is_only_chat_may_be_found_out_by_two_threads(
        self, server: TinyServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.serves_completions = False
        one = Remote(server.url, MODEL, api_key=None, chat=None, timeout_s=60, max_retries=0)
        completions = one._client.completions
        create = completions.create

        def be_second(**options: Any) -> Any:
            try:
                return create(**options)
            finally:
                one.chat = True

        monkeypatch.setattr(completions, "create", be_second)
        assert len(one.complete(REQUEST.prompt, GREEDY, n=1, seed=1).texts) == 1


class TestModels:
    def test_the_only_model_needs_no_name(self, server: TinyServer) -> None:
        assert OpenAIEngine(server.url).name == MODEL

    def test_several_models_are_listed(self, server: TinyServer) -> None:
        server.models = ("a", "b")
        with pytest.raises(InputError, match=r"expected one model, found a, b; name one: openai:http.*#MODEL"):
            _ = OpenAIEngine(server.url).name

    def test_an_unknown_model_is_refused(self, server: TinyServer) -> None:
        with pytest.raises(InputError, match="model gpt-9 there: it says the model gpt-9 does not exist"):
            sampled(OpenAIEngine(server.url, "gpt-9"))


class TestFaults:
    @pytest.mark.parametrize("status", [408, 429, 500, 503])
    def test_passing_ones_are_tried_again(self, server: TinyServer, status: int) -> None:
        expected = sampled(OpenAIEngine(server.url, MODEL))
        server.faults = [status] * 4
        assert sampled(OpenAIEngine(server.url, MODEL)) == expected

    def test_lasting_ones_end_the_run(self, server: TinyServer) -> None:
        server.faults = [503] * 100
        with pytest.raises(QuorumError, match="expected an answer, found 503: it says not now"):
            sampled(OpenAIEngine(server.url, MODEL, max_retries=1))

    def test_a_time_out_is_named(self, server: TinyServer) -> None:
        server.faults = [0] * 100
        with pytest.raises(QuorumError, match=r"expected an answer in 0.1 s, found none in 2 attempts"):
            sampled(OpenAIEngine(server.url, MODEL, timeout_s=0.1, max_retries=1))

    def test_no_server_is_named(self) -> None:
        engine = OpenAIEngine("http://127.0.0.1:1/v1", MODEL, max_retries=0)
        with pytest.raises(QuorumError, match=r"127.0.0.1:1/v1: expected an OpenAI-compatible server, found no conn"):
            sampled(engine)

    @pytest.mark.parametrize("body", NO_ANSWERS)
    def test_what_is_no_answer_is_asked_for_again(self, server: TinyServer, body: str) -> None:
        expected = sampled(OpenAIEngine(server.url, MODEL))
        server.instead = [body] * 4
        assert sampled(OpenAIEngine(server.url, MODEL)) == expected

    @pytest.mark.parametrize("body", NO_ANSWERS)
    def test_what_is_no_answer_in_the_end_is_shown(self, server: TinyServer, body: str) -> None:
        for chat in (None, True):
            engine = OpenAIEngine(server.url, MODEL, chat=chat, max_retries=1)
            server.instead = [body] * 100
            with pytest.raises(Unavailable, match=r"v1: expected choices with texts, found .+; check the URL"):
                sampled(engine)
            with pytest.raises(Unavailable, match="expected choices with texts, found"):
                engine.label_logprobs(["Problem:"], LABELS)

    def test_what_is_no_answer_is_shown_in_part_and_steers_no_terminal(self, server: TinyServer) -> None:
        server.instead = ["<html>\n\x1b]0;title\x07\u202e" + "x" * 10_000] * 100
        with pytest.raises(Unavailable, match=r"found <html> \\x1b\]0;title\\x07\\u202exxx") as caught:
            sampled(OpenAIEngine(server.url, MODEL, max_retries=0))
        assert len(str(caught.value)) < 500
        assert str(caught.value).isprintable()

    def test_another_server_is_asked_where_one_sends_no_answer(self, server: TinyServer) -> None:
        expected = sampled(OpenAIEngine(server.url, MODEL))
        with TinyServer(server.model, server.tokenizer, instead=[NO_ANSWERS[0]] * 100).running() as other:
            assert sampled(OpenAIEngine([other.url, server.url], MODEL)) == expected
        assert other.asked

    @pytest.mark.parametrize("body", ["<html>busy</html>", '{"error": {"message": "no"}}'])
    def test_what_is_no_list_of_models_is_shown(self, server: TinyServer, body: str) -> None:
        server.instead = [body]
        with pytest.raises(Unavailable, match=r"expected a list of models, found .+; check the URL"):
            _ = OpenAIEngine(server.url).name

    def test_an_option_that_the_server_does_not_know_is_named(self, server: TinyServer) -> None:
        server.faults = [422] * 100
        with pytest.raises(InputError, match="expected it to know every option; leave out: it says not now"):
            sampled(OpenAIEngine(server.url, MODEL))

    def test_a_prompt_that_is_too_long_is_an_error_of_its_samples(self, server: TinyServer) -> None:
        long = Request(" 1" * CONTEXT, (1, 2))
        found = {(c.request, c.sample): c for c in OpenAIEngine(server.url, MODEL).sample([long, REQUEST], PARAMS)}
        assert len(found) == 5
        assert found[0, 1].finish_reason == "error"
        assert f"maximum context length is {CONTEXT}" in (found[0, 1].error or "")
        assert found[1, 0].error is None

    def test_a_generator_that_is_left_stops_asking(self, server: TinyServer) -> None:
        engine = OpenAIEngine(server.url, MODEL, concurrency=1)
        completions = engine.sample([Request(REQUEST.prompt, tuple(range(200)))], PARAMS)
        next(completions)
        completions.close()  # type: ignore[attr-defined]
        assert len(server.asked) < 100


class TestKeys:
    def test_loopback_gets_no_key_of_the_environment(self, server: TinyServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "secret")
        server.key = "none"
        assert sampled(OpenAIEngine(server.url, MODEL))

    def test_a_key_can_be_given(self, server: TinyServer) -> None:
        server.key = "mine"
        assert sampled(OpenAIEngine(server.url, MODEL, api_key="mine"))

    def test_a_wrong_key_is_named_but_not_shown(self, server: TinyServer) -> None:
        server.key = "mine"
        with pytest.raises(InputError, match="set OPENAI_API_KEY: it says wrong key") as caught:
            sampled(OpenAIEngine(server.url, MODEL, api_key="yours"))
        assert "yours" not in str(caught.value)


class TestLabels:
    PROMPT = "The above candidate solution is"

    def _expected(self, server: TinyServer) -> list[float]:
        tokens: Any = server.tokenizer(self.PROMPT, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            logprobs = server.model(tokens).logits[0, -1].log_softmax(-1)
        return [float(logprobs[server.tokenizer(label)["input_ids"][0]]) for label in LABELS]

    def test_are_read_from_the_most_likely_tokens(self, server: TinyServer) -> None:
        server.top, server.echoes = 400, False
        (found,) = OpenAIEngine(server.url, MODEL).label_logprobs([self.PROMPT], LABELS)
        assert found == pytest.approx(self._expected(server), abs=1e-4)
        assert len(server.asked) == 1

    def test_are_asked_of_chat_where_there_is_nothing_else(self, server: TinyServer) -> None:
        server.top, server.serves_completions = 400, False
        found = OpenAIEngine(server.url, MODEL).label_logprobs([self.PROMPT], LABELS)
        assert [("messages" in body) for body in server.asked] == [False, True]
        assert server.asked[1]["logprobs"] is True
        assert server.asked[1]["top_logprobs"] == 20
        assert found == OpenAIEngine(server.url, MODEL, chat=True).label_logprobs([self.PROMPT], LABELS)

    def test_are_read_from_the_echo_where_they_are_less_likely(self, server: TinyServer) -> None:
        server.top = 0
        (found,) = OpenAIEngine(server.url, MODEL).label_logprobs([self.PROMPT], LABELS)
        assert found == pytest.approx(self._expected(server), abs=1e-4)
        assert len(server.asked) == 3

    @pytest.mark.parametrize("gives_logprobs", [True, False])
    def test_are_refused_where_the_server_gives_neither(self, server: TinyServer, gives_logprobs: bool) -> None:
        server.top, server.echoes, server.gives_logprobs = 0, False, gives_logprobs
        with pytest.raises(InputError, match="expected log-probabilities of the label ' correct', found it neither"):
            OpenAIEngine(server.url, MODEL).label_logprobs([self.PROMPT], LABELS)

    def test_behind_a_prompt_that_is_too_long_are_none(self, server: TinyServer) -> None:
        server.top = 400
        engine = OpenAIEngine(server.url, MODEL)
        assert engine.label_logprobs([" 1" * CONTEXT], LABELS) == [None]
        none, found = engine.label_logprobs([" 1" * CONTEXT, self.PROMPT], LABELS)
        assert none is None
        assert found == pytest.approx(self._expected(server), abs=1e-4)

    def test_behind_a_prompt_that_is_too_long_to_be_echoed_with_them_are_none(self, server: TinyServer) -> None:
        server.top = 0
        room_for_one = " 1" * (CONTEXT - 1)
        assert OpenAIEngine(server.url, MODEL).label_logprobs([room_for_one], LABELS) == [None]
        assert "echo" not in server.asked[0]

    @pytest.mark.parametrize("chat", [None, True])
    def test_are_an_error_where_every_request_is_refused(self, server: TinyServer, chat: bool | None) -> None:
        server.faults = [400] * 100
        with pytest.raises(QuorumError, match="expected it to take this request: it says not now"):
            OpenAIEngine(server.url, MODEL, chat=chat).label_logprobs([self.PROMPT], LABELS)

    def test_that_merge_with_the_prompt_are_refused(self, server: TinyServer) -> None:
        with pytest.raises(InputError, match="expected log-probabilities of the label 'blem'"):
            OpenAIEngine(server.url, MODEL).label_logprobs(["Pro"], ["blem"])
