"""What a training loop drives: backward, step, save, load. Here in plain PyTorch, for one process."""

from pathlib import Path
from typing import Protocol

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from reasoning.training.models import merged
from reasoning.training.settings import OptimizerSection

WEIGHTS, OPTIMIZER = "weights.safetensors", "optimizer.safetensors"


class Engine(Protocol):
    """A model with its optimizer."""

    @property
    def model(self) -> nn.Module:
        """What is called to compute; logits come out."""
        ...

    def backward(self, loss: Tensor, *, last: bool) -> None:
        """Add a part of the step's gradient.

        Args:
            loss: this process's part; the parts of all processes add up.
            last: whether the step's last part of this process.
        """
        ...

    def step(self, lr: float) -> float:
        """Clip the gradient, change the weights, and forget the gradient; return its norm before clipping."""
        ...

    def save(self, folder: Path) -> None:
        """Write weights and optimizer into a folder that there is. Every process calls it."""
        ...

    def load(self, folder: Path) -> None:
        """Read what `save` wrote. Every process calls it."""
        ...

    def weights(self) -> dict[str, Tensor]:
        """The weights as the model alone would have them. Every process calls it; the first gets them."""
        ...


def adamw(model: nn.Module, section: OptimizerSection) -> torch.optim.AdamW:
    """AdamW over the weights that are trained; matrices decay, vectors do not."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": section.weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=section.lr, betas=section.betas, eps=section.eps, fused=True)


class PlainEngine:
    """One process, no DeepSpeed. Its checkpoints are safetensors, the optimizer's averages too."""

    def __init__(self, model: nn.Module, section: OptimizerSection) -> None:
        self.model = model
        self._clip = section.clip
        self._optimizer = adamw(model, section)

    def backward(self, loss: Tensor, *, last: bool) -> None:
        loss.backward()  # type: ignore[no-untyped-call]

    def step(self, lr: float) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = lr
        clip = float("inf") if self._clip is None else self._clip
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return float(norm)

    def save(self, folder: Path) -> None:
        save_file({name: p.detach().contiguous() for name, p in self._trained()}, folder / WEIGHTS)
        state = {
            f"{name}/{key}": value.contiguous()
            for name, parameter in self._trained()
            for key, value in self._optimizer.state.get(parameter, {}).items()
        }
        save_file(state, folder / OPTIMIZER)

    def load(self, folder: Path) -> None:
        weights, state = load_file(folder / WEIGHTS), load_file(folder / OPTIMIZER)
        with torch.no_grad():
            for name, parameter in self._trained():
                parameter.copy_(weights[name])
                kept = {key: state[f"{name}/{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
                self._optimizer.state[parameter] = {
                    key: value.to(parameter.device).clone() for key, value in kept.items()
                }

    def weights(self) -> dict[str, Tensor]:
        return merged(self.model, dict(self.model.state_dict()))

    def _trained(self) -> list[tuple[str, nn.Parameter]]:
        return [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
