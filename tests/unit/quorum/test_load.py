"""Names of models: what each means, and what is refused before anything is loaded."""

from pathlib import Path

import pytest

from quorum import load
from quorum.load import (
    check_option,
    load_evaluator,
    load_generator,
    model_card,
    model_folder,
    notices,
    precision_of,
    weights_digest,
)
from reasoning.errors import InputError
from reasoning.model_folder import ModelCard, write_card


def make_folder(folder: Path, card: ModelCard | None = None, *, weights: bytes = b"weights") -> Path:
    """What has the names of a model's files; nothing here reads the weights."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    if card is not None:
        write_card(card, folder)
    return folder


def test_a_folder(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "mine")
    assert model_folder(str(folder), "generator") == folder
    assert model_card(str(folder), "generator") is None


@pytest.mark.parametrize("name", ["gpt2", "Qwen/Qwen3-0.6B", "openai:http://127.0.0.1:8000/v1#qwen"])
def test_names_that_are_no_folder(name: str) -> None:
    assert model_folder(name, "generator") is None
    assert model_card(name, "evaluator") is None
    assert weights_digest(name, "generator") is None


@pytest.mark.parametrize("name", ["./nothing", "/nowhere/to/be", "a/b/c", "nothing/"])
def test_a_path_to_nothing_is_not_looked_up_on_the_hub(name: str) -> None:
    with pytest.raises(InputError, match="expected a model folder, found nothing"):
        model_folder(name, "generator")


@pytest.mark.parametrize(("kind", "other"), [("generator", "evaluator"), ("evaluator", "generator")])
def test_a_model_trained_as_something_else_is_refused(kind: load.Kind, other: load.Kind, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "mine", ModelCard(kind=other))
    with pytest.raises(InputError, match=f"expected a model trained as {kind}, found one trained as {other}"):
        model_folder(str(folder), kind)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "mine")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"found pytorch_model\.bin, a pickle"):
        load_generator(str(folder))


def test_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "EMBEDDED_MODELS", tmp_path)
    with pytest.raises(InputError, match="expected the embedded generator, found none"):
        model_folder("embedded", "generator")
    card = ModelCard(kind="generator", demonstration="For word problems only.")
    folder = make_folder(tmp_path / "generator", card)
    make_folder(tmp_path / "evaluator", ModelCard(kind="evaluator", demonstration="For word problems only."))
    assert model_folder("embedded", "generator") == folder
    assert notices("embedded", "embedded") == ("For word problems only.",)
    assert notices("embedded", None) == ("For word problems only.",)
    assert notices("gpt2", None) == ()


def test_workers_call_embedded_models_as_one_process_does() -> None:
    assert load.engine_name("embedded", "generator") == load.load_generator("embedded").name
    assert load.engine_name("embedded", "evaluator") == load.load_evaluator("embedded").name


def test_a_slip_of_the_finger_is_not_looked_up_on_the_hub() -> None:
    with pytest.raises(InputError, match="found no folder of this name; did you mean embedded"):
        model_folder("embeded", "generator")


def test_the_digest_is_of_the_weights(tmp_path: Path) -> None:
    digests = [
        weights_digest(str(make_folder(tmp_path / name, weights=weights)), "generator")
        for name, weights in (("a", b"1"), ("b", b"1"), ("c", b"2"))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_a_remote() -> None:
    """Nothing is asked of the server before something is wanted of the model."""
    name = "openai:http://127.0.0.1:9/v1#qwen"
    assert load_generator(name).name == load_evaluator(name).name == "qwen"


@pytest.mark.parametrize("name", ["openai:http://127.0.0.1:9/v1#qwen", "vllm:Qwen/Qwen3-0.6B"])
def test_what_quorum_does_not_run_takes_no_precision_and_no_device(name: str) -> None:
    for precision in ("fp32", "bf16"):
        with pytest.raises(InputError, match=f"--precision: expected a model that Quorum runs itself, found {name}"):
            load_evaluator(name, precision=precision)
    with pytest.raises(InputError, match=f"--device: expected .+, found {name} and {name}; leave it out"):
        check_option("--device", "cpu", name, name)
    check_option("--device", "cpu", name, "embedded")
    check_option("--device", None, name, None)
    assert precision_of(name, None) is None
    assert precision_of("Qwen/Qwen3-0.6B", None) == "fp32"


@pytest.mark.parametrize("name", ["openai:", "openai:127.0.0.1:8000", "openai:file:///etc/passwd#x"])
def test_a_remote_without_an_address_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="expected openai:URL#MODEL"):
        load_generator(name)
