"""A model folder: a Hugging Face folder with safetensors weights, and Quorum's card beside them."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from reasoning.errors import InputError
from reasoning.formats.write import atomic_file

CARD = "quorum.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


class ModelCard(BaseModel):
    """What Quorum knows about a model it trained.

    Attributes:
        kind: what the model is for; a generator is refused as evaluator and the other way round.
        chat: whether prompts go through the tokenizer's chat template.
        demonstration: what the model is good for, said to whoever uses it; None for a model of general use.
        score: "likelihood" for a model that only learned to read right solutions, whose raw score is p(X | P) of the
            solution; None for the verdict labels' score, Eq. 7 (evaluators).
        label_audit: what the label audit found (evaluators).
        calibration: how raw scores become probabilities, and the thresholds for a stated risk (evaluators).
        recipe: the resolved recipe that made it.
        figures: what was measured on it, by name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["generator", "evaluator"]
    chat: bool = False
    demonstration: str | None = None
    score: Literal["likelihood"] | None = None
    label_audit: dict[str, Any] | None = None
    calibration: dict[str, Any] | None = None
    recipe: dict[str, Any] | None = None
    figures: dict[str, Any] | None = None


def check_model_folder(folder: Path) -> None:
    """Refuse what is no model folder, and weights that are not safetensors.

    Raises:
        InputError: no folder, no config.json, no tokenizer, or no safetensors weights.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a model folder, found {'a file' if folder.exists() else 'nothing'}")
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder}: expected a Hugging Face model folder, found no config.json in it")
    if not any(folder.glob("*.safetensors")):
        pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        found = f"{pickles[0]}, a pickle, which can run code when loaded" if pickles else "no weights"
        raise InputError(
            f"{folder}: expected weights in *.safetensors, found {found}; "
            "save the model again with save_pretrained(..., safe_serialization=True)"
        )
    if not (folder / "tokenizer.json").is_file() and not (folder / "tokenizer_config.json").is_file():
        raise InputError(f"{folder}: expected a tokenizer beside the model, found none; save it with save_pretrained")


def read_card(folder: Path) -> ModelCard | None:
    """The card of a folder; None where Quorum did not train the model.

    Raises:
        InputError: the card cannot be read.
    """
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"{path}: expected a model card, found {place}: {first['msg']}") from error


def write_card(card: ModelCard, folder: Path) -> None:
    """Write or replace a folder's card."""
    with atomic_file(folder / CARD) as file:
        file.write(json.dumps(card.model_dump(exclude_none=True), indent=1, ensure_ascii=False).encode() + b"\n")


def check_kind(folder: Path, kind: Literal["generator", "evaluator"]) -> None:
    """Refuse an evaluator as generator and the other way round; a model without a card passes."""
    card = read_card(folder)
    if card is not None and card.kind != kind:
        raise InputError(f"{folder}: expected a model trained as {kind}, found one trained as {card.kind}")
