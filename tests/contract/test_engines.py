"""What every engine promises, each with a model of its own behind it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pytest
import torch

from reasoning.engines import Completion, LabelScorer, Request, Sampler, SamplingParams
from reasoning.engines.loading import LoadedModel, load_model
from reasoning.engines.openai_engine import OpenAIEngine
from reasoning.engines.scripted import ScriptedEngine
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.prompts import LABELS, verdict_prompt
from tests.tiny_models import CONTEXT, arith_texts, save_tiny_model
from tests.tiny_server import MODEL, TinyServer

PROMPTS = [text[:length] for text, length in zip(arith_texts(6), (30, 90, 12, 60, 33, 75), strict=True)]
PARAMS = SamplingParams(temperature=1.0, top_p=0.95, max_tokens=12)
GREEDY = replace(PARAMS, temperature=0.0)
REQUESTS = [Request(prompt, tuple(range(10 * i, 10 * i + 3))) for i, prompt in enumerate(PROMPTS)]
SERVE_DEADLINE_S = 600.0  # a busy machine takes long to import what a server needs


class Engine(Sampler, LabelScorer, Protocol):
    """Both protocols."""


@dataclass(frozen=True)
class Case:
    """An engine and, where it runs one, the model that it should agree with."""

    engine: Engine
    loaded: LoadedModel | None = None
    chat: bool = False
    scores_labels: bool = True
    counts_each: bool = True

    def inputs(self, prompt: str) -> torch.Tensor:
        """The tokens that the model should see."""
        assert self.loaded is not None
        tokenizer = self.loaded.tokenizer
        if self.chat:
            turn = [{"role": "user", "content": prompt}]
            prompt = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        tokens: torch.Tensor = tokenizer(prompt, return_tensors="pt")["input_ids"]
        return tokens


CASES = (
    "scripted",
    "transformers-llama",
    "transformers-qwen2",
    "transformers-gpt_neo",
    "transformers-chat",
    "transformers-split",
    "openai",
    "openai-n",
    "openai-chat",
    "openai-split",
    "openai-transformers_serve",
    "vllm-llama",
)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    kind, _, variant = request.param.partition("-")
    if kind == "scripted":
        yield Case(ScriptedEngine(_scripted, probs=lambda prompt, label: 0.5))
        return
    if kind == "vllm":
        pytest.importorskip("vllm")
    chat, splits = variant == "chat", variant == "split"
    architecture = variant if variant in ("qwen2", "gpt_neo") else "llama"
    folder = save_tiny_model(tmp_path_factory.mktemp("model"), architecture, chat=chat, splits_labels=splits)
    loaded = load_model(str(folder), device="cpu")
    if kind == "transformers":
        yield Case(TransformersEngine(loaded), loaded, chat)
    elif kind == "vllm":
        from reasoning.engines.vllm_engine import VllmEngine

        yield Case(VllmEngine.from_pretrained(str(folder), dtype="float32", enforce_eager=True), loaded)
    elif variant == "transformers_serve":
        with _transformers_serve(folder) as url:
            yield Case(OpenAIEngine(url, str(folder), concurrency=1), loaded, scores_labels=False)
    else:
        with TinyServer(loaded.model, loaded.tokenizer, top=len(loaded.tokenizer) if chat else 20).running() as server:
            engine = OpenAIEngine(server.url, MODEL, chat=chat or None, use_n=variant == "n")
            yield Case(engine, loaded, chat, counts_each=variant != "n")


def _scripted(prompt: str, seed: int) -> str:
    return f"{len(prompt)} and {seed} make" + " so" * (seed % 20)


@contextlib.contextmanager
def _transformers_serve(folder: Path) -> Iterator[str]:
    """A real server with a model folder, that samples where it is asked to."""
    config = folder / "generation_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"do_sample": True, "top_k": 0}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = "from transformers.cli.transformers import main; main()"
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, "serve", str(folder), *options],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=60)


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SERVE_DEADLINE_S
    while True:
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
            return
        assert process.poll() is None, "transformers serve ended before it served"
        assert time.monotonic() < deadline, "transformers serve did not start"
        time.sleep(0.2)


def texts(
    sampler: Sampler, requests: Sequence[Request] = REQUESTS, params: SamplingParams = PARAMS
) -> dict[tuple[str, int], str]:
    """Texts by prompt and seed."""
    return {
        (requests[c.request].prompt, requests[c.request].seeds[c.sample]): c.text
        for c in sampler.sample(requests, params)
    }


def test_each_seed_gives_one_completion(case: Case) -> None:
    completions = list(case.engine.sample(REQUESTS, PARAMS))
    keys = sorted((c.request, c.sample) for c in completions)
    assert keys == [(i, j) for i, request in enumerate(REQUESTS) for j in range(len(request.seeds))]
    assert all(c.finish_reason in ("stop", "length") and c.error is None for c in completions)


def test_prompts_are_counted(case: Case) -> None:
    for completion in case.engine.sample(REQUESTS, PARAMS):
        prompt = REQUESTS[completion.request].prompt
        expected = len(prompt.split()) if case.loaded is None else case.inputs(prompt).shape[1]
        assert completion.num_prompt_tokens == expected


def test_nothing_asked_gives_nothing(case: Case) -> None:
    assert list(case.engine.sample([], PARAMS)) == []
    assert list(case.engine.sample([Request(PROMPTS[0], ())], PARAMS)) == []
    assert case.engine.label_logprobs([], LABELS) == []


def test_has_a_name(case: Case) -> None:
    assert case.engine.name


def test_a_seed_is_a_text(case: Case) -> None:
    assert texts(case.engine) == texts(case.engine)
    assert len(set(texts(case.engine).values())) > 2 * len(PROMPTS)


def test_the_rest_of_the_batch_does_not_matter(case: Case) -> None:
    together = texts(case.engine)
    backwards = [replace(request, seeds=request.seeds[:1]) for request in REQUESTS[::-1]]
    alone = [texts(case.engine, [request]) for request in backwards]
    assert texts(case.engine, backwards) == {key: together[key] for part in alone for key in part}
    assert all(together[key] == text for part in alone for key, text in part.items())


def test_max_tokens_cuts_the_same_text(case: Case) -> None:
    short = replace(PARAMS, max_tokens=3)
    whole = texts(case.engine)
    for completion in case.engine.sample(REQUESTS, short):
        request = REQUESTS[completion.request]
        assert completion.num_tokens <= 3 or not case.counts_each
        text = completion.text.rstrip("\ufffd")  # a character that the cut split
        assert whole[request.prompt, request.seeds[completion.sample]].startswith(text)


def test_some_texts_end_and_some_are_cut(case: Case) -> None:
    completions = list(case.engine.sample(REQUESTS, PARAMS))
    assert {c.finish_reason for c in completions} == {"stop", "length"}
    for completion in completions:
        assert "<eos>" not in completion.text
        if case.counts_each:
            assert completion.num_tokens <= PARAMS.max_tokens
            assert completion.finish_reason == "stop" or completion.num_tokens == PARAMS.max_tokens


def test_greedy_ignores_seeds(case: Case) -> None:
    greedy = texts(case.engine, params=GREEDY)
    for request in REQUESTS:
        assert len({greedy[request.prompt, seed] for seed in request.seeds}) == 1
    other = [replace(request, seeds=(99,)) for request in REQUESTS]
    assert set(texts(case.engine, other, GREEDY).values()) == set(greedy.values())


def test_greedy_is_that_of_the_model(case: Case) -> None:
    if case.loaded is None:
        pytest.skip("a script has no model")
    greedy = texts(case.engine, params=GREEDY)
    for request in REQUESTS:
        assert greedy[request.prompt, request.seeds[0]] == _generated(case, request.prompt)


def _generated(case: Case, prompt: str) -> str:
    """What transformers' own loop says."""
    assert case.loaded is not None
    inputs = case.inputs(prompt)
    output = case.loaded.model.generate(
        inputs, attention_mask=torch.ones_like(inputs), do_sample=False, max_new_tokens=GREEDY.max_tokens
    )
    text: str = case.loaded.tokenizer.decode(output[0, inputs.shape[1] :], skip_special_tokens=True)
    return text


def test_labels_have_the_log_probabilities_of_the_whole_vocabulary(case: Case) -> None:
    if case.loaded is None or not case.scores_labels:
        pytest.skip("there are no log-probabilities to compare with")
    prompts = [verdict_prompt(prompt, "1 + 1 = 2") for prompt in PROMPTS[:3]]
    found = case.engine.label_logprobs([*prompts, prompts[0]], LABELS)
    assert found == [*found[:3], found[0]]
    for prompt, logprobs in zip(prompts, found, strict=False):
        assert logprobs == pytest.approx([_logprob(case, prompt, label) for label in LABELS], abs=1e-4)


def test_a_prompt_that_is_too_long_has_no_log_probabilities(case: Case) -> None:
    if case.loaded is None or not case.scores_labels:
        pytest.skip("there is no context that a prompt could exceed, or no log-probability")
    prompt, *others = (verdict_prompt(prompt, "1 + 1 = 2") for prompt in PROMPTS[:3])
    too_long = verdict_prompt(PROMPTS[0], " 1" * CONTEXT)
    found = case.engine.label_logprobs([prompt, too_long, *others], LABELS)
    assert found.pop(1) is None
    for logprobs, alone in zip(found, case.engine.label_logprobs([prompt, *others], LABELS), strict=True):
        assert logprobs == pytest.approx(alone, abs=1e-4)
    assert case.engine.label_logprobs([too_long], LABELS) == [None]


def _logprob(case: Case, prompt: str, label: str) -> float:
    """Token by token through the bare model."""
    assert case.loaded is not None
    tokens, end = case.inputs(prompt), case.loaded.tokenizer(label, add_special_tokens=False)["input_ids"]
    total = 0.0
    for token in end:
        with torch.inference_mode():
            total += float(case.loaded.model(tokens).logits[0, -1].log_softmax(-1)[token])
        tokens = torch.cat([tokens, torch.tensor([[token]])], dim=1)
    return total


def test_two_engines_on_one_model_give_the_same_greedy_tokens(tmp_path: Path) -> None:
    loaded = load_model(str(save_tiny_model(tmp_path / "model")), device="cpu")
    with TinyServer(loaded.model, loaded.tokenizer).running() as server:
        remote: dict[tuple[int, int], Completion] = _by_key(OpenAIEngine(server.url))
    local = _by_key(TransformersEngine(loaded))
    assert {key: (c.text, c.num_tokens) for key, c in remote.items()} == {
        key: (c.text, c.num_tokens) for key, c in local.items()
    }


def _by_key(sampler: Any) -> dict[tuple[int, int], Completion]:
    return {(c.request, c.sample): c for c in sampler.sample(REQUESTS, GREEDY)}
