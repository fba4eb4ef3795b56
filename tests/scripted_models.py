"""Models that do what the question says, for a server under test.

A question may hold `batch 0.05` (seconds before a batch's first sample), `sample 0.2` (seconds before each), `hostile`,
`fail` and `die`; the evaluator knows `fail` only.
"""

import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluator.label_judge import LabelJudge
from reasoning.engines import Completion, Request, SamplingParams
from reasoning.engines.scripted import ScriptedEngine
from reasoning.errors import QuorumError
from reasoning.prompts import LABELS
from server.engine import Models

NOTICE = "Scripted models, for tests."


def says(prompt: str, seed: int) -> str:
    """5 in one sample of three, 6 in the others; what hostile generators say, where the question asks for it."""
    if "hostile" in prompt:
        return HOSTILE[seed % len(HOSTILE)]
    return f"<b>so</b> it is\n#### {5 if seed % 3 == 0 else 6}"


def believes(prompt: str, label: str) -> float:
    """In 5; fails where the question asks for it."""
    if "fail" in prompt:
        raise QuorumError("the scripted evaluator fails, with a secret")
    return 0.99 if ("#### 5" in prompt) == (label == LABELS[0]) else 0.01


HOSTILE = (
    "\\boxed{" * 5000,
    "#### 10**10**10",
    "\x00\x1b[31m</script><script>alert(1)</script>\n#### 7",
    "\ud800 lone\n#### 8",
    "#### \\frac{" + "1}{" * 900,
)


class Slow(ScriptedEngine):
    """A scripted generator that takes its time, fails or dies, as the questions in its batch say."""

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Completion]:
        text = " ".join(request.prompt for request in requests)
        if "die" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "fail" in text:
            raise QuorumError("the scripted generator fails, with a secret")
        time.sleep(_seconds("batch", text))
        for completion in super().sample(requests, params):
            time.sleep(_seconds("sample", text))
            yield completion


@dataclass(frozen=True)
class Scripted:
    """Loads the scripted models."""

    has_judge: bool = True

    def __call__(self) -> Models:
        judge = LabelJudge(ScriptedEngine(says, probs=believes, name="scripted evaluator"))
        return Models(
            sampler=Slow(says, name="scripted generator"),
            judge=judge if self.has_judge else None,
            notices=(NOTICE,),
        )


def _seconds(word: str, text: str) -> float:
    return max((float(found) for found in re.findall(rf"\b{word} (\d+\.?\d*)", text)), default=0.0)
