"""The transformers engine: what a batch computes, what ends a text, and what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from reasoning.engines import Completion, Request, SamplingParams
from reasoning.engines.decoding import PREFILL_PADDING
from reasoning.engines.loading import LoadedModel
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.errors import QuorumError
from reasoning.model_folder import ModelCard
from tests.tiny_models import ARCHITECTURES, CONTEXT, arith_texts, tiny_model, tiny_tokenizer

PARAMS = SamplingParams(temperature=1.0, max_tokens=20)
PROMPTS = [text[: 20 + 11 * i] for i, text in enumerate(arith_texts(9))]
REQUESTS = [Request(prompt, tuple(range(5 * i, 5 * i + 5))) for i, prompt in enumerate(PROMPTS)]


def loaded(
    architecture: str = "llama", *, chat: bool = False, card: ModelCard | None = None, **config: Any
) -> LoadedModel:
    tokenizer = tiny_tokenizer(chat=chat)
    return LoadedModel(tiny_model(architecture, tokenizer, **config), tokenizer, card, "tiny", torch.device("cpu"))


def by_key(completions: Iterator[Completion]) -> dict[tuple[int, int], Completion]:
    return {(c.request, c.sample): c for c in completions}


class Widths:
    """The rows of each forward pass, and its columns: one in each pass that draws on."""

    def __init__(self, model: Any) -> None:
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.tokens = 0
        model.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, model: Any, args: Any, kwargs: dict[str, Any]) -> None:
        rows, columns = kwargs["input_ids"].shape
        self.rows.append(rows)
        self.columns.append(columns)
        self.tokens += rows * columns


class TestBatches:
    def test_a_prompt_is_read_once_for_all_its_samples(self) -> None:
        model = loaded()
        widths = Widths(model.model)
        list(TransformersEngine(model).sample([Request(PROMPTS[3], tuple(range(50)))], replace(PARAMS, max_tokens=1)))
        assert widths.tokens == len(model.tokenizer(PROMPTS[3])["input_ids"])

    def test_a_long_prompt_does_not_pad_many_short_ones(self) -> None:
        model = loaded()
        widths = Widths(model.model)
        prompts = [PROMPTS[0]] * 40 + [PROMPTS[8]]
        requests = [Request(prompt, (i,)) for i, prompt in enumerate(prompts)]
        list(TransformersEngine(model).sample(requests, replace(PARAMS, max_tokens=1)))
        lengths = [len(model.tokenizer(prompt)["input_ids"]) for prompt in prompts]
        assert len(lengths) * max(lengths) - sum(lengths) > 4 * PREFILL_PADDING
        assert widths.tokens <= sum(lengths) + PREFILL_PADDING * len(widths.rows)
        assert len(widths.rows) < 4

    def test_equal_texts_are_one_row(self) -> None:
        model = loaded()
        widths = Widths(model.model)
        greedy = replace(PARAMS, temperature=0.0)
        completions = list(TransformersEngine(model).sample([Request(PROMPTS[0], tuple(range(50)))], greedy))
        assert len(completions) == 50
        assert set(widths.rows) == {1}

    def test_rows_that_end_leave(self) -> None:
        model = loaded()
        widths = Widths(model.model)
        completions = list(TransformersEngine(model).sample(REQUESTS, replace(PARAMS, max_tokens=60)))
        ended = sum(c.num_tokens < 60 for c in completions)
        assert 0 < ended < len(completions)
        assert widths.rows[-1] == len(completions) - ended

    @pytest.mark.parametrize("architecture", ARCHITECTURES)
    @pytest.mark.parametrize(("max_samples", "cache_tokens"), [(1, None), (7, None), (1000, 700), (1000, 1)])
    def test_texts_do_not_depend_on_what_fits(
        self, architecture: str, max_samples: int, cache_tokens: int | None
    ) -> None:
        model = loaded(architecture)
        whole = by_key(TransformersEngine(model).sample(REQUESTS, PARAMS))
        tight = TransformersEngine(model, max_samples=max_samples, cache_tokens=cache_tokens)
        assert by_key(tight.sample(REQUESTS, PARAMS)) == whole

    def test_no_more_samples_than_allowed_are_drawn_at_a_time(self) -> None:
        model = loaded()
        widths = Widths(model.model)
        list(TransformersEngine(model, max_samples=7).sample(REQUESTS, PARAMS))
        assert max(widths.rows) <= 7

    def test_long_waiting_lines_do_not_lengthen_what_is_attended_to(self) -> None:
        model = loaded()
        engine = TransformersEngine(model, max_samples=5)
        widest = 0

        def note(module: Any, args: Any, kwargs: dict[str, Any]) -> None:
            nonlocal widest
            widest = max(widest, kwargs["attention_mask"].shape[1])

        model.model.register_forward_pre_hook(note, with_kwargs=True)
        completions = list(engine.sample(REQUESTS, PARAMS))
        assert widest < max(c.num_prompt_tokens for c in completions) + PARAMS.max_tokens
        assert widest < sum(c.num_tokens for c in completions)

    def test_completions_come_as_they_end(self) -> None:
        model = loaded()
        widths = Widths(model.model)
        first = next(TransformersEngine(model).sample(REQUESTS, replace(PARAMS, max_tokens=100)))
        assert widths.columns.count(1) == first.num_tokens
        assert not torch.is_inference_mode_enabled()


class TestEnds:
    def test_every_stop_token_ends_a_text(self) -> None:
        model = loaded()
        stops = [model.tokenizer.eos_token_id, *range(10, 22)]
        model.model.generation_config.eos_token_id = stops
        engine = TransformersEngine(model)
        assert engine.stop_tokens == frozenset(stops)
        ended_by = set()
        for completion in engine.sample(REQUESTS, replace(PARAMS, temperature=0.0)):
            inputs = model.tokenizer(REQUESTS[completion.request].prompt, return_tensors="pt")
            output = model.model.generate(**inputs, do_sample=False, max_new_tokens=PARAMS.max_tokens)
            tokens = output[0, completion.num_prompt_tokens :].tolist()
            if tokens[-1] in stops:
                ended_by.add(tokens.pop())
            assert completion.num_tokens == len(tokens)
            assert completion.text == model.tokenizer.decode(tokens)
        assert len(ended_by) > 1

    @pytest.mark.parametrize("architecture", ARCHITECTURES)
    def test_the_context_ends_a_text(self, architecture: str) -> None:
        model = loaded(architecture)
        model.model.generation_config.eos_token_id = None
        model.tokenizer.eos_token = None
        prompt = arith_texts(1)[0]
        (completion,) = TransformersEngine(model).sample(
            [Request(prompt, (0,))], SamplingParams(0.0, max_tokens=10_000)
        )
        assert completion.finish_reason == "length"
        assert completion.num_tokens + completion.num_prompt_tokens == CONTEXT

    def test_a_prompt_that_fills_the_context_is_an_error_of_its_samples(self) -> None:
        model = loaded()
        long = " 1" * CONTEXT
        found = by_key(
            TransformersEngine(model).sample([Request(long, (1, 2)), REQUESTS[0], Request("", (1,))], PARAMS)
        )
        assert len(found) == 8
        for key in ((0, 0), (0, 1)):
            assert found[key].finish_reason == "error"
            assert found[key].error == f"expected a prompt of at most {CONTEXT - 1} tokens, found {CONTEXT}; shorten it"
            assert found[key].text == ""
        assert found[1, 0].error is None
        assert found[2, 0].error == "expected a prompt, found an empty one"

    def test_damaged_weights_are_named(self) -> None:
        model = loaded()
        with torch.no_grad():
            model.model.get_output_embeddings().weight[5] = float("nan")
        with pytest.raises(QuorumError, match="expected finite logits"):
            list(TransformersEngine(model).sample(REQUESTS, PARAMS))


class TestChat:
    def test_follows_the_card_then_the_tokenizer(self) -> None:
        assert not TransformersEngine(loaded()).chat
        assert TransformersEngine(loaded(chat=True)).chat
        assert not TransformersEngine(loaded(chat=True, card=ModelCard(kind="generator"))).chat
        assert TransformersEngine(loaded(chat=True, card=ModelCard(kind="generator", chat=True))).chat
        assert not TransformersEngine(loaded(chat=True), chat=False).chat


class TestLabels:
    def test_a_label_that_merges_with_the_prompt_is_read_by_itself(self) -> None:
        model = loaded()
        tokenizer = model.tokenizer
        joined = tokenizer("Problem")["input_ids"]
        assert len(joined) < len(tokenizer("Pro")["input_ids"]) + len(tokenizer("blem")["input_ids"])
        (found,) = TransformersEngine(model).label_logprobs(["Pro"], ["blem"])
        prompt, label = tokenizer("Pro")["input_ids"], tokenizer("blem")["input_ids"]
        with torch.inference_mode():
            logprobs = model.model(torch.tensor([prompt + label])).logits[0].log_softmax(-1)
        expected = sum(float(logprobs[len(prompt) - 1 + i, token]) for i, token in enumerate(label))
        assert found == pytest.approx((expected,), abs=1e-5)

    def test_labels_of_several_lengths_stand_beside_each_other(self) -> None:
        engine = TransformersEngine(loaded())
        together = engine.label_logprobs(PROMPTS, [" correct", " correct answer", " 12"])
        for prompt, row in zip(PROMPTS, together, strict=True):
            assert row is not None
            correct, longer, number = row
            assert engine.label_logprobs([prompt], [" correct"]) == [pytest.approx((correct,), abs=1e-5)]
            assert engine.label_logprobs([prompt], [" 12"]) == [pytest.approx((number,), abs=1e-5)]
            assert longer < correct

    def test_a_prompt_fits_up_to_the_last_token_before_its_labels_end(self) -> None:
        engine = TransformersEngine(loaded())
        longest = " 1" * (CONTEXT + 1 - len(loaded().tokenizer(" correct answer")["input_ids"]))
        (fits,) = engine.label_logprobs([longest], [" correct", " correct answer"])
        assert fits is not None
        assert engine.label_logprobs([longest + " 1", ""], [" correct", " correct answer"]) == [None, None]


def test_nothing_asked_is_no_work() -> None:
    engine = TransformersEngine(loaded())
    assert list(engine.sample([Request("", ()), Request("a", ())], PARAMS)) == []
