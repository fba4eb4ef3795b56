"""The scripted engine says what its script says."""

import math

import pytest

from reasoning.engines import Request, SamplingParams
from reasoning.engines.scripted import ScriptedEngine
from reasoning.errors import InputError

PARAMS = SamplingParams(max_tokens=4)


def test_a_seed_chooses_a_text() -> None:
    engine = ScriptedEngine({"two?": ["it is 2", "it is 3"]})
    found = list(engine.sample([Request("two?", (0, 1, 2))], PARAMS))
    assert [(c.text, c.num_tokens, c.finish_reason) for c in found] == [
        ("it is 2", 3, "stop"),
        ("it is 3", 3, "stop"),
        ("it is 2", 3, "stop"),
    ]


def test_a_function_sees_prompt_and_seed() -> None:
    engine = ScriptedEngine(lambda prompt, seed: f"{prompt} {seed}")
    assert [c.text for c in engine.sample([Request("a", (5, 6))], PARAMS)] == ["a 5", "a 6"]
    greedy = SamplingParams(temperature=0.0)
    assert [c.text for c in engine.sample([Request("a", (5, 6))], greedy)] == ["a 0", "a 0"]


def test_long_texts_are_cut_between_words() -> None:
    engine = ScriptedEngine({"p": [" one\ntwo  three four five"]})
    (found,) = engine.sample([Request("p", (0,))], PARAMS)
    assert (found.text, found.num_tokens, found.finish_reason) == (" one\ntwo  three four", 4, "length")


def test_no_text_is_an_error_of_the_sample_and_no_prompt_one_of_the_script() -> None:
    engine = ScriptedEngine({"p": []})
    (found,) = engine.sample([Request("p", (0,))], PARAMS)
    assert (found.finish_reason, found.error) == ("error", "the script has no text here")
    with pytest.raises(InputError, match="expected a prompt that the script knows, found 'q'"):
        list(engine.sample([Request("q", (0,))], PARAMS))


def test_labels_are_as_likely_as_they_are_said() -> None:
    engine = ScriptedEngine({"p": [" correct", " correct.", " incorrect", " maybe"], "none": []})
    (found, none) = engine.label_logprobs(["p", "none"], (" correct", " incorrect"))
    assert found == pytest.approx((math.log(0.5), math.log(0.25)))
    assert none == (-math.inf, -math.inf)


def test_labels_can_have_probabilities_of_their_own() -> None:
    engine = ScriptedEngine(lambda prompt, seed: "", probs=lambda prompt, label: 0.25 if label == "a" else 0.75)
    assert engine.label_logprobs(["p"], ["a", "b"]) == [pytest.approx((math.log(0.25), math.log(0.75)))]
    with pytest.raises(InputError, match="expected `probs` beside a script that is a function"):
        ScriptedEngine(lambda prompt, seed: "").label_logprobs(["p"], ["a"])
