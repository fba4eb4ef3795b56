"""How likely labels are after prompts, over the full vocabulary.

Shapes: R rows, T tokens, K tokens of a label at most, V vocabulary.
"""

from collections.abc import Sequence

import torch

from reasoning.engines.encoding import Encoder, Tokens
from reasoning.engines.forward import Forward, right_aligned
from reasoning.training.batches import split_padded

TOKENS_PER_BATCH = 8192


def label_logprobs(
    forward: Forward,
    encoder: Encoder,
    prompts: Sequence[str],
    labels: Sequence[str],
    *,
    limit: int | None,
    device: torch.device,
) -> list[tuple[float, ...] | None]:
    """log p(label | prompt), one tuple a prompt, in the order of the labels.

    A label of several tokens has the sum of their log-probabilities. What two labels and two prompts share is computed
    once where it is a whole sequence, as the prompt is before labels of one token each.

    A prompt without tokens, or one that does not fit into the context with its labels, has None.
    """
    asked = {text: (encoder.prompt(text), [encoder.label(text, label) for label in labels]) for text in prompts}
    asked = {text: (prompt, ends) for text, (prompt, ends) in asked.items() if _fits(prompt, ends, limit)}
    reads: dict[Tokens, dict[Tokens, None]] = {}  # a sequence to read, and the labels whose last token follows it
    for prompt, ends in asked.values():
        for label in ends:
            reads.setdefault(prompt + label[:-1], {})[label] = None
    found = _read(forward, reads, device)
    logprobs = {
        text: tuple(found[prompt + label[:-1], label] for label in ends) for text, (prompt, ends) in asked.items()
    }
    return [logprobs.get(text) for text in prompts]


def _fits(prompt: Tokens, labels: Sequence[Tokens], limit: int | None) -> bool:
    """Whether a prompt can be read with each label but its last token behind it."""
    longest = len(prompt) + max((len(label) - 1 for label in labels), default=0)
    return bool(prompt) and (limit is None or longest <= limit)


@torch.inference_mode()
def _read(
    forward: Forward, reads: dict[Tokens, dict[Tokens, None]], device: torch.device
) -> dict[tuple[Tokens, Tokens], float]:
    """The summed log-probability of each label behind each sequence that ends before its last token."""
    sequences = sorted(reads, key=len)
    keep = max((len(label) for labels in reads.values() for label in labels), default=1)
    found = {}
    for batch in split_padded(range(len(sequences)), [len(s) for s in sequences], tokens=TOKENS_PER_BATCH):
        rows = [sequences[i] for i in batch]
        logits_RKV = forward(*right_aligned(rows, device), keep=keep)
        logprobs_RKV = logits_RKV.double().log_softmax(dim=-1).cpu()
        for row, sequence in enumerate(rows):
            for label in reads[sequence]:
                places = range(-len(label), 0)
                found[sequence, label] = sum(
                    float(logprobs_RKV[row, place, token]) for place, token in zip(places, label, strict=True)
                )
    return found
