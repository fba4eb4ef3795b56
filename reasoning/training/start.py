"""From a model and a recipe's sections to what the loop drives."""

from contextlib import AbstractContextManager

import torch
from torch import nn
from transformers import PreTrainedModel

from reasoning.errors import InputError
from reasoning.training.engine import Engine, PlainEngine
from reasoning.training.models import with_lora
from reasoning.training.plan import Plan
from reasoning.training.processes import Place
from reasoning.training.schedule import lr_share
from reasoning.training.settings import LoraSection, OptimizerSection, RunSection


def model_to_train(base: PreTrainedModel, *, run: RunSection, lora: LoraSection | None, seed: int) -> nn.Module:
    """The model as it is trained: with adapters, compiled, recomputing layers, as the recipe says."""
    if run.gradient_checkpointing:
        # its name since transformers 5; both recompute without reentrant autograd, which hooks and adapters need
        enable = getattr(base, "activation_checkpointing_enable", None) or base.gradient_checkpointing_enable
        enable({"use_reentrant": False})
    if run.compile:
        base.base_model.compile(dynamic=True)
    model = base if lora is None else with_lora(base, lora, seed=seed)
    return model.train()


def start_engine(model: nn.Module, *, optimizer: OptimizerSection, run: RunSection, place: Place) -> Engine:
    """DeepSpeed where the recipe has settings for it, else plain PyTorch.

    Raises:
        InputError: several processes without DeepSpeed's settings, or those are not what they must be.
    """
    if run.deepspeed is not None:
        from reasoning.training.deepspeed_engine import DeepSpeedEngine  # only here: it takes seconds to import

        return DeepSpeedEngine(model, optimizer, run, place)
    if place.num_ranks > 1:
        raise InputError(
            f"run.deepspeed: expected DeepSpeed's settings for {place.num_ranks} processes, found none; "
            "add --set run.deepspeed.zero_optimization.stage=2"
        )
    return PlainEngine(model.to(place.device), optimizer)


def precision(run: RunSection, place: Place) -> AbstractContextManager[None]:
    """What the forward pass runs in: autocast in plain PyTorch, whose weights are fp32; DeepSpeed's are bf16."""
    enabled = run.precision == "bf16" and run.deepspeed is None
    return torch.autocast(place.device.type, torch.bfloat16, enabled=enabled)


def num_steps(run: RunSection, plan: Plan) -> int:
    """How many steps the run has."""
    if run.max_steps is not None:
        return run.max_steps
    assert run.epochs is not None
    return plan.num_steps(run.epochs)


def lr_of_step(section: OptimizerSection, step: int, *, num_steps: int) -> float:
    """The learning rate of a step, counted from 0."""
    return section.lr * lr_share(
        step,
        num_steps=num_steps,
        warmup_steps=section.warmup_steps,
        schedule=section.schedule,
        final_share=section.final_lr_share,
    )
