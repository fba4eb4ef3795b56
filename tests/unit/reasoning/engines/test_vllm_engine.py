"""The vllm engine without vLLM: what it asks of it. What it answers is tested by the contract, where vLLM is."""

import sys
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from reasoning.engines.encoding import Encoder
from tests.tiny_models import CONTEXT, tiny_tokenizer

LABELS = (" correct", " correct answer")


class Llm:
    """As `vllm.LLM`: every token has the log-probability -1, and an input that is too long is an error."""

    llm_engine = SimpleNamespace(model_config=SimpleNamespace(max_model_len=CONTEXT))

    def generate(self, inputs: Sequence[dict[str, list[int]]], params: Any, *, use_tqdm: bool) -> list[Any]:
        tokens = [each["prompt_token_ids"] for each in inputs]
        assert tokens
        assert all(0 < len(each) < CONTEXT for each in tokens)
        return [
            SimpleNamespace(prompt_logprobs=[None, *({t: SimpleNamespace(logprob=-1.0)} for t in each[1:])])
            for each in tokens
        ]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    vllm = ModuleType("vllm")
    vllm.__dict__.update(LLM=Llm, SamplingParams=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    monkeypatch.delitem(sys.modules, "reasoning.engines.vllm_engine", raising=False)
    from reasoning.engines.vllm_engine import VllmEngine

    yield VllmEngine(Llm(), name="stand-in", encoder=Encoder(tiny_tokenizer(), chat=False))
    del sys.modules["reasoning.engines.vllm_engine"]


def test_a_label_has_the_sum_of_its_tokens_and_a_prompt_that_is_too_long_has_none(engine: Any) -> None:
    tokenizer = tiny_tokenizer()
    expected = tuple(-float(len(tokenizer(label)["input_ids"])) for label in LABELS)
    found = engine.label_logprobs([" 1", " 1" * CONTEXT, " 2", " 1", ""], LABELS)
    assert found == [expected, None, expected, expected, None]
    assert engine.label_logprobs([" 1" * CONTEXT], LABELS) == [None]
    assert engine.label_logprobs([], LABELS) == []
