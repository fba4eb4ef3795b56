"""The learning rate over the steps."""

import math
from typing import Literal

Schedule = Literal["cosine", "linear", "constant"]


def lr_share(step: int, *, num_steps: int, warmup_steps: int, schedule: Schedule, final_share: float = 0.0) -> float:
    """The learning rate of a step over the highest one.

    Args:
        step: from 0.
        num_steps: of the whole run.
        warmup_steps: the share rises to 1 in these, starting at 1 / warmup_steps.
        schedule: how it goes from 1 to `final_share` in the other steps.
        final_share: what it is after the last step.
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    if schedule == "constant":
        return 1.0
    done = (step - warmup_steps) / max(1, num_steps - warmup_steps)
    left = 1.0 - done if schedule == "linear" else 0.5 * (1.0 + math.cos(math.pi * done))
    return final_share + (1.0 - final_share) * left
