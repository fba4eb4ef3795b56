"""Loading a model's tokenizer as it was saved."""

import json
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from reasoning.errors import InputError

# what transformers writes for a tokenizer that its tokenizer.json describes in full
_GENERIC = ("TokenizersBackend", "PreTrainedTokenizerFast")


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder or of a name on the hub.

    Of some architectures (Qwen2 among them), AutoTokenizer puts the class of the published models in place of the one
    that a folder names, which cuts texts in another way than the model was trained on. A folder whose tokenizer is of
    no such class is therefore loaded as its tokenizer.json says.

    Raises:
        InputError: there is none, or it has no end-of-sequence token.
    """
    try:
        factory = PreTrainedTokenizerFast if _is_generic(Path(name)) else AutoTokenizer
        tokenizer: PreTrainedTokenizerBase = factory.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"{name}: expected a model folder, or a model's name on the hub, found no tokenizer there: {reason[:300]}"
        ) from error
    if tokenizer.eos_token_id is None:
        raise InputError(f"{name}: expected a tokenizer with an end-of-sequence token, found none; set eos_token")
    return tokenizer


def _is_generic(folder: Path) -> bool:
    config = folder / "tokenizer_config.json"
    if not config.is_file() or not (folder / "tokenizer.json").is_file():
        return False
    return json.loads(config.read_text(encoding="utf-8")).get("tokenizer_class") in _GENERIC
