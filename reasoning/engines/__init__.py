"""Engines: what runs a language model, behind three protocols."""

from reasoning.engines.protocols import (
    Completion,
    FinishReason,
    Judge,
    LabelScorer,
    Request,
    Sampler,
    SamplingParams,
)

__all__ = ["Completion", "FinishReason", "Judge", "LabelScorer", "Request", "Sampler", "SamplingParams"]
