"""The engine process: reads jobs from a pipe, works on all of them at once, writes events.

Messages are JSON in bytes: nothing that comes over the pipe is ever unpickled.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from reasoning.engines import Request, SamplingParams
from reasoning.errors import InputError, QuorumError
from reasoning.prompts import solution_prompt
from server.engine import tasks
from server.engine.batching import Batcher, BatchReport, SharedSampler, Stopped, Work
from server.engine.judging import Bench, SharedJudge
from server.engine.models import Models
from server.page.explaining import explain

TASKS = {"solve": tasks.solve, "score": tasks.score, "rerank": tasks.rerank, "explain": explain}
_WARM_QUESTION = "Tom has 2 apples and buys 3 more. How many apples does he have?"


def main(pipe: Connection, load: Callable[[], Models]) -> None:
    """Load the models, say so, and work until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches all; the server alone answers it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    outbox = Outbox(pipe)
    try:
        engine = Worker(load(), outbox)
        engine.warm_up()
    except QuorumError as error:
        outbox.send(None, "failed", {"error": str(error), "is_input": isinstance(error, InputError)})
        sys.exit(1)
    outbox.send(None, "ready", engine.described)
    try:
        while True:
            message = json.loads(pipe.recv_bytes())
            engine.handle(message)
    except (EOFError, OSError):
        os._exit(0)  # the server is gone, whatever threads are doing


class Outbox:
    """The way back to the server, for all threads."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, job: int | None, event: str, fields: dict[str, Any]) -> None:
        text = json.dumps([job, event, fields]).encode()
        try:
            with self._lock:
                self._pipe.send_bytes(text)
        except OSError:
            os._exit(0)


class Worker:
    """Jobs at work, a thread each."""

    def __init__(self, models: Models, outbox: Outbox) -> None:
        self._models = models
        self._outbox = outbox
        self._jobs: dict[int, Work] = {}
        self._batcher: Batcher | None = None
        if models.sampler is not None and models.shares_batches:
            self._batcher = Batcher(models.sampler, ToldBatches(outbox))
            if models.before_sampling is not None:
                models.before_sampling(self._batcher.check)
        self._bench = None if models.judge is None else Bench(models.judge, is_remote=models.judge_is_remote)
        if self._bench is not None and models.before_judging is not None:
            models.before_judging(self._bench.check)

    @property
    def described(self) -> dict[str, Any]:
        generator, evaluator = self._models.sampler, self._models.judge
        return {
            "pid": os.getpid(),
            "generator": None if generator is None else generator.name,
            "evaluator": None if evaluator is None else evaluator.name,
            "notices": list(self._models.notices),
        }

    def warm_up(self) -> None:
        """One small inference by each model, so that the first request does not pay for what comes first."""
        if self._models.sampler is not None:
            request = Request(solution_prompt(_WARM_QUESTION), (0,))
            for completion in self._models.sampler.sample([request], SamplingParams(max_tokens=4)):
                if completion.finish_reason == "error":
                    raise QuorumError(f"the generator failed on its first sample: {completion.error}")
        if self._models.judge is not None:
            self._models.judge.score(_WARM_QUESTION, ["2 + 3 = 5\n#### 5"])

    def handle(self, message: dict[str, Any]) -> None:
        """Begin a job, or end one."""
        job = message["job"]
        if message["task"] == "cancel":
            work = self._jobs.pop(job, None)
            if work is not None:
                work.stop()
            return
        work = self._jobs[job] = Work()
        threading.Thread(target=self._work, args=(job, message, work), name=f"job {job}", daemon=True).start()

    def _work(self, job: int, message: dict[str, Any], work: Work) -> None:
        try:
            for event, fields in self._told(message, work):
                work.check()
                self._outbox.send(job, event, fields)
        except Stopped:
            pass
        except tasks.TaskRefused as error:
            self._outbox.send(job, "refused", {"detail": str(error)})
        except Exception as error:  # whatever it is, one job fails and the others go on
            self._outbox.send(job, "failed", {"error": f"{type(error).__name__}: {error}"[:2000]})
        finally:
            self._jobs.pop(job, None)

    def _told(self, message: dict[str, Any], work: Work) -> Iterator[tasks.Told]:
        sampler = self._models.sampler if self._batcher is None else SharedSampler(self._batcher, work)
        judge = None if self._bench is None else SharedJudge(self._bench, work)
        parts = tasks.Parts(work, sampler, judge, self._models.calibrate, self._models.notices)
        return TASKS[message["task"]](message["ask"], parts)


class ToldBatches(BatchReport):
    """Sends the size of each batch to the server."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def __call__(self, num_requests: int, num_samples: int) -> None:
        self._outbox.send(None, "batch", {"num_requests": num_requests, "num_samples": num_samples})
