"""Names of models to engines: embedded, a folder, a hub name, `vllm:` before either, or `openai:URL,URL#MODEL`.

What needs torch is imported by the function that needs it: a model behind a URL needs none.
"""

import difflib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reasoning.engines import Judge, Sampler
from reasoning.errors import InputError
from reasoning.model_folder import ModelCard, check_kind, check_model_folder, read_card
from rerank.strategies import STRATEGIES

if TYPE_CHECKING:
    from evaluator.calibration import ChoiceCalibration
    from reasoning.engines.openai_engine import OpenAIEngine

EMBEDDED = "embedded"
REMOTE, VLLM = "openai:", "vllm:"
EMBEDDED_MODELS = Path(str(files("quorum.embedded")))  # a folder for each kind of model
Kind = Literal["generator", "evaluator"]
Precision = Literal["fp32", "bf16"]
LOCAL_PRECISION: Precision = "fp32"  # of evaluators, unless another is asked for


def load_generator(name: str, *, device: str | None = None) -> Sampler:
    """The engine that samples from a model.

    Args:
        name: embedded, a folder, a hub name, or `openai:URL#MODEL`.
        device: where it runs, as torch names it; None for an accelerator where there is one. It does not concern a
            server and vLLM; see `check_option`.

    Raises:
        InputError: no such model, or one that was trained as evaluator.
    """
    if name.startswith(REMOTE):
        return _remote(name)
    local = _local(name, "generator")
    if name.startswith(VLLM):
        from reasoning.engines.vllm_engine import VllmEngine

        return VllmEngine.from_pretrained(local)
    from reasoning.engines.loading import load_model
    from reasoning.engines.transformers_engine import TransformersEngine

    _hide_progress()
    loaded = load_model(local, device=device, kind="generator")
    return TransformersEngine(replace(loaded, name=name) if name == EMBEDDED else loaded)


def load_evaluator(
    name: str, *, device: str | None = None, precision: Precision | None = None, calibrated: bool = True
) -> Judge:
    """The engine that judges solutions; see `load_generator`.

    Args:
        name: as there.
        device: as there.
        precision: of weights and calculation; None for `precision_of` the model.
        calibrated: give probabilities where the folder's card knows how.

    Raises:
        InputError: no such model, one that was trained as generator, or a precision for one that Quorum does not run.
    """
    check_option("--precision", precision, name)
    if name.startswith(REMOTE):
        from evaluator.label_judge import LabelJudge

        return LabelJudge(_remote(name))
    local = _local(name, "evaluator")
    if name.startswith(VLLM):
        from evaluator.calibration import calibration_of
        from evaluator.label_judge import LabelJudge
        from reasoning.engines.vllm_engine import VllmEngine

        card = model_card(name, "evaluator")
        if card is not None and card.score == "likelihood":
            raise InputError(
                f"{name}: expected an evaluator that gives verdicts, found one that reads; leave out {VLLM}"
            )
        calibration = calibration_of(card, name=local) if calibrated else None
        return LabelJudge(VllmEngine.from_pretrained(local), calibrate=calibration.scores if calibration else None)
    from evaluator.scoring import Scorer

    _hide_progress()
    called = name if name == EMBEDDED else None
    return Scorer.from_pretrained(
        local, device=device, precision=precision or LOCAL_PRECISION, calibrated=calibrated, called=called
    )


def check_option(option: str, value: str | None, *names: str | None) -> None:
    """Whether an option of how models are run, if it was given, concerns one of the named models at least.

    A server computes as it was started to, and vLLM on the GPUs that it sees, in the precision of the weights.

    Raises:
        InputError: Quorum runs none of them itself.
    """
    found = [name for name in names if name is not None]
    if value is not None and not any(map(_runs_here, found)):
        raise InputError(
            f"{option}: expected a model that Quorum runs itself, found {' and '.join(found)}; leave it out, since a "
            "server and vLLM decide that for themselves"
        )


def precision_of(name: str, asked: Precision | None) -> Precision | None:
    """The precision in which an evaluator computes; None where that is not known here."""
    return asked or (LOCAL_PRECISION if _runs_here(name) else None)


def _runs_here(name: str) -> bool:
    return not name.startswith((REMOTE, VLLM))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far an evaluator's choices are to be trusted.

    Attributes:
        confidence: the chosen cluster's share to P(it is correct); None where nothing was calibrated for such choices.
        min_confidence: below it the accepted risk asks for no answer; None where none was stated.
        note: why there is no confidence although something was calibrated.
    """

    confidence: Callable[[float], float] | None = None
    min_confidence: float | None = None
    note: str | None = None


def load_calibration(
    evaluator: str | None, *, strategy: str, num_samples: int, k: int, top_n: int, max_risk: float | None
) -> Calibration:
    """What the evaluator's card says about choices that are made in this way.

    Raises:
        InputError: a risk is stated, and there is no calibration for it.
    """
    card = None if evaluator is None else model_card(evaluator, "evaluator")
    if card is None or card.calibration is None:
        if max_risk is not None:
            raise InputError("--max-risk: expected a calibrated evaluator, found none; run `quorum calibrate` on one")
        return Calibration()
    from evaluator.calibration import calibration_of

    found = calibration_of(card, name=str(evaluator))
    choice = found.choices.get(strategy) if found else None
    number = {"k": k, "n": top_n, None: None}[STRATEGIES[strategy].parameter]
    if choice is None or (choice.num_samples, choice.k) != (num_samples, number):
        note = f"The evaluator is not calibrated for {_described(strategy, num_samples, number)}"
        note += "." if choice is None else f", but for {_described(strategy, choice.num_samples, choice.k)}."
        if max_risk is not None:
            raise InputError(f"--max-risk: {note[0].lower()}{note[1:-1]}; use that, or run `quorum calibrate`")
        return Calibration(note=note)
    return Calibration(choice.confidence, None if max_risk is None else _min_confidence(choice, max_risk))


def _described(strategy: str, num_samples: int, number: int | None) -> str:
    option = "" if number is None else f" --{'top-n' if STRATEGIES[strategy].parameter == 'n' else 'k'} {number}"
    return f"--strategy {strategy} --n {num_samples}{option}"


def _min_confidence(choice: "ChoiceCalibration", max_risk: float) -> float:
    """The lowest confidence that keeps the risk: that of the largest calibrated risk which is no larger."""
    thresholds = [threshold for threshold in choice.thresholds if threshold.risk <= max_risk]
    if not thresholds:
        risks = ", ".join(f"{threshold.risk:g}" for threshold in choice.thresholds) or "none"
        raise InputError(
            f"--max-risk {max_risk:g}: expected a risk that the evaluator was calibrated for, which are {risks}; "
            f"run `quorum calibrate --risk {max_risk:g}`"
        )
    kept = [t.min_confidence for t in sorted(thresholds, key=lambda t: t.risk) if t.min_confidence is not None]
    if not kept:
        raise InputError(
            f"--max-risk {max_risk:g}: expected a confidence from which on the risk is kept, found that calibration "
            "could show none; accept a larger risk, or calibrate on more problems"
        )
    return kept[-1]


def notices(generator: str, evaluator: str | None) -> tuple[str, ...]:
    """What demonstration models say of themselves, each once."""
    cards = [model_card(generator, "generator")]
    if evaluator is not None:
        cards.append(model_card(evaluator, "evaluator"))
    return tuple(dict.fromkeys(card.demonstration for card in cards if card and card.demonstration))


def model_card(name: str, kind: Kind) -> ModelCard | None:
    """The card of an embedded model or of a folder; None for any other model."""
    folder = model_folder(name, kind)
    return None if folder is None else read_card(folder)


def model_folder(name: str, kind: Kind) -> Path | None:
    """The folder that a name means; None for a remote model and for a hub name, which is NAME or OWNER/NAME.

    Raises:
        InputError: the folder is no model folder, or its model was trained as something else.
    """
    if name.startswith(REMOTE):
        return None
    name = name.removeprefix(VLLM)
    folder = EMBEDDED_MODELS / kind if name == EMBEDDED else Path(name)
    if name == EMBEDDED and not folder.is_dir():
        raise InputError(
            f"expected the embedded {kind}, found none in {folder.parent}; name a model with --{kind}, as a folder"
        )
    looks_like_a_path = name.startswith((".", "/", "~")) or name.endswith("/") or name.count("/") > 1
    if not folder.exists() and not looks_like_a_path:
        if difflib.get_close_matches(name, [EMBEDDED], cutoff=0.8):
            raise InputError(f"{name}: expected a model, found no folder of this name; did you mean {EMBEDDED}?")
        return None
    check_model_folder(folder)
    check_kind(folder, kind)
    return folder


def has_embedded(kind: Kind) -> bool:
    """Whether a model of this kind ships with Quorum."""
    return (EMBEDDED_MODELS / kind).is_dir()


def weights_digest(name: str, kind: Kind) -> str | None:
    """SHA-256 of the weights in a model's folder; None for a remote model and for a hub name."""
    folder = model_folder(name, kind)
    if folder is None:
        return None
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def engine_name(name: str, kind: Kind) -> str:
    """The name that the loaded engine has, without loading it."""
    if name.startswith(REMOTE):
        return _remote(name).name
    local = _local(name, kind)
    if name == EMBEDDED:
        return name
    if name.startswith(VLLM) or model_folder(name, kind) is not None:
        return local
    from transformers import AutoConfig

    revision = getattr(AutoConfig.from_pretrained(local, trust_remote_code=False), "_commit_hash", None)
    return f"{local}@{revision[:12]}" if revision else local


def _local(name: str, kind: Kind) -> str:
    folder = model_folder(name, kind)
    return name.removeprefix(VLLM) if folder is None else str(folder)


def _hide_progress() -> None:
    """Of reading weights, which takes a moment."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _remote(name: str) -> "OpenAIEngine":
    """The engine behind `openai:URL#MODEL`, or behind several servers of the model: `openai:URL,URL#MODEL`."""
    place, _, model = name.removeprefix(REMOTE).partition("#")
    urls = place.split(",")
    if not all(url.startswith(("http://", "https://")) for url in urls):
        raise InputError(f"expected openai:URL#MODEL, as openai:http://127.0.0.1:8000/v1#qwen, found {name!r}")
    from reasoning.engines.openai_engine import OpenAIEngine

    return OpenAIEngine(urls, model or None)
