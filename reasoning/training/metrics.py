"""What a run says while it goes on: lines of JSON, TensorBoard, and progress on standard error."""

import json
import sys
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from reasoning.formats.write import atomic_file
from reasoning.training.processes import Place
from reasoning.training.run_folder import RunFolder

_LINE_EVERY_S = 10.0
_RECENT_STEPS = 100  # of which the rate is told


class Metrics:
    """Writes a run's metrics, in its first process. Lines of steps that a resumed run takes again are dropped.

    Args:
        folder: of the run.
        place: this process.
        first_step: steps that were done when the run starts or goes on.
        num_steps: of the whole run.
    """

    def __init__(self, folder: RunFolder, place: Place, *, first_step: int, num_steps: int) -> None:
        self._folder, self._place = folder, place
        self._first_step, self._num_steps = first_step, num_steps
        self._recent = deque([(time.monotonic(), 0)], maxlen=_RECENT_STEPS)
        self._last_line = time.monotonic()
        self._bar = None
        if place.is_first and sys.stderr.isatty():
            self._bar = tqdm(total=num_steps, initial=first_step, unit="step", file=sys.stderr, desc="training")

    def __enter__(self) -> Self:
        if self._place.is_first:
            _drop_after(self._folder.metrics, self._first_step)
            self._file = self._folder.metrics.open("a", encoding="utf-8")
            self._events = SummaryWriter(str(self._folder.tensorboard), purge_step=self._first_step + 1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._place.is_first:
            self._file.close()
            self._events.close()
        if self._bar is not None:
            self._bar.close()

    def write(self, step: int, values: dict[str, float]) -> None:
        """Keep values of a step."""
        if self._place.is_first:
            self._file.write(json.dumps({"step": step, **values}) + "\n")
            self._file.flush()
            for name, value in values.items():
                self._events.add_scalar(name, value, step)

    def count(self, num_tokens: int) -> float:
        """Count the tokens of a step that was just taken; return the tokens a second of the last steps."""
        start, before = self._recent[0]
        self._recent.append((time.monotonic(), self._recent[-1][1] + num_tokens))
        now, counted = self._recent[-1]
        return (counted - before) / max(1e-9, now - start)

    def show(self, step: int, text: str) -> None:
        """Say how far the run is."""
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(step - self._bar.n)
            return
        now = time.monotonic()
        if now - self._last_line >= _LINE_EVERY_S or step == self._num_steps:
            self._last_line = now
            step_s = (now - self._recent[0][0]) / max(1, len(self._recent) - 1)
            left = _duration(step_s * (self._num_steps - step))
            self._place.say(f"step {step:,}/{self._num_steps:,}  {text}  {left} left")

    def say(self, text: str) -> None:
        """Say something once."""
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            self._place.say(text)


def _drop_after(path: Path, step: int) -> None:
    """Leave out the lines of steps that are done again, and one that was cut short."""
    if not path.exists():
        return
    kept = []
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            if line.endswith(b"\n") and json.loads(line)["step"] <= step:
                kept.append(line)
        except (ValueError, KeyError, TypeError):
            continue
    with atomic_file(path) as file:
        file.writelines(kept)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:d}:{minutes:02d}:{seconds:02d}"
