"""What a training loop drives, over DeepSpeed: several processes, ZeRO 0 to 3."""

import json
import os
import warnings
from pathlib import Path
from typing import Any

import deepspeed
import torch
from deepspeed.utils import safe_get_full_fp32_param
from torch import Tensor, nn

from reasoning.errors import InputError
from reasoning.formats.parse import shown
from reasoning.training.engine import adamw
from reasoning.training.models import merged
from reasoning.training.processes import Place, meet
from reasoning.training.settings import OptimizerSection, RunSection

# what the recipe says, so that it stands in one place
OWNED = (
    "optimizer",
    "scheduler",
    "gradient_clipping",
    "gradient_accumulation_steps",
    "train_batch_size",
    "train_micro_batch_size_per_gpu",
    "bf16",
    "fp16",
)


class DeepSpeedEngine:
    """A sharded or replicated model. Its checkpoints are DeepSpeed's own, for the same number of processes."""

    def __init__(self, model: nn.Module, optimizer: OptimizerSection, run: RunSection, place: Place) -> None:
        assert run.deepspeed is not None
        config = deepspeed_config(run.deepspeed)
        config |= {
            "train_micro_batch_size_per_gpu": 1,  # steps are counted by the loop; this only has to be there
            "gradient_accumulation_steps": 1,
            "gradient_clipping": optimizer.clip or 0.0,
            "bf16": {"enabled": run.precision == "bf16"},
            "zero_force_ds_cpu_optimizer": False,
        }
        _keep_quiet()
        meet(place.device, alone=place.num_ranks == 1)
        os.environ.setdefault("LOCAL_RANK", "0")
        self._place = place
        self._engine, self._optimizer, _, _ = deepspeed.initialize(
            model=model.to(place.device), optimizer=adamw(model, optimizer), config=config
        )
        self.model: nn.Module = self._engine

    def backward(self, loss: Tensor, *, last: bool) -> None:
        self._engine.set_gradient_accumulation_boundary(last)
        self._engine.backward(loss * self._place.num_ranks)  # DeepSpeed takes the mean over processes

    def step(self, lr: float) -> float:
        for group in self._engine.optimizer.param_groups:
            group["lr"] = lr
        norm = None
        if self._engine.zero_optimization_stage() == 0:  # DeepSpeed then tells none, and each process has it all
            norm = torch.nn.utils.clip_grad_norm_(self._engine.module.parameters(), float("inf"))
        self._engine.step()
        return float(self._engine.get_global_grad_norm() if norm is None else norm)

    def save(self, folder: Path) -> None:
        self._engine.save_checkpoint(str(folder), tag="deepspeed")

    def load(self, folder: Path) -> None:
        self._engine.load_checkpoint(str(folder), tag="deepspeed")

    def weights(self) -> dict[str, Tensor]:
        gathered: dict[int, Tensor] = {}  # tied weights stay one tensor
        weights: dict[str, Tensor] = {}
        for name, parameter in self._engine.module.named_parameters(remove_duplicate=False):
            if id(parameter) not in gathered:
                gathered[id(parameter)] = self._whole(parameter)
            weights[name] = gathered[id(parameter)]
        kept = self._engine.module.state_dict()
        buffers = {name: b for name, b in self._engine.module.named_buffers() if name in kept}
        return merged(self._engine.module, weights | buffers) if self._place.is_first else {}

    def _whole(self, parameter: nn.Parameter) -> Tensor:
        """One weight from all processes, in fp32 where it is trained; empty on all but the first."""
        if parameter.requires_grad:
            tensor = safe_get_full_fp32_param(parameter)
            if tensor is not None:
                return self._kept(tensor)
        with deepspeed.zero.GatheredParameters([parameter], enabled=hasattr(parameter, "ds_id")):
            return self._kept(parameter)

    def _kept(self, tensor: Tensor) -> Tensor:
        return tensor.detach().float().cpu().clone() if self._place.is_first else torch.empty(0)


def deepspeed_config(source: Path | dict[str, Any]) -> dict[str, Any]:
    """DeepSpeed's settings, inline or from a JSON file.

    A value "auto", as files for other trainers have, is left to the recipe.

    Raises:
        InputError: the file cannot be read, or it sets what the recipe sets.
    """
    place = "run.deepspeed" if isinstance(source, dict) else str(source)
    try:
        config = source if isinstance(source, dict) else json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{place}: expected DeepSpeed's JSON, found {error}") from error
    if not isinstance(config, dict):
        raise InputError(f"{place}: expected a JSON object, found {shown(config)}")
    config = _without_auto(config)
    taken = [name for name in OWNED if name in config]
    if taken:
        raise InputError(
            f"{place}: expected no {', '.join(taken)}, which the recipe's batch, optimizer and run.precision say; "
            "take it out"
        )
    return config


def _keep_quiet() -> None:
    """Neither compile DeepSpeed's faster exchange between processes on a CPU, nor hear of names it uses in PyTorch."""
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    warnings.filterwarnings("ignore", message=r"`torch\.distributed\.\w+` is deprecated", category=FutureWarning)


def _without_auto(config: dict[str, Any]) -> dict[str, Any]:
    """The settings without those left to the trainer, and without sections that this leaves empty."""
    kept = {}
    for name, value in config.items():
        if isinstance(value, dict):
            value = _without_auto(value) or None
        if value is not None and value != "auto":
            kept[name] = value
    return kept
