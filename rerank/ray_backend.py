"""Work on many items on a Ray cluster, by Ray Data; needs the `ray` extra."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import ray
import ray.data

from rerank.batch import MOST_DEATHS, portable

Item = TypeVar("Item")
Result = TypeVar("Result")


class RayBackend:
    """A `reasoning.bulk.Backend` on the cluster that Ray's own settings name (RAY_ADDRESS), else on this machine.

    Items and results go through Ray's object store; what the work writes must be on a file system that all machines
    see.

    Args:
        workers: actors; None for one a GPU of the cluster, and without GPUs for one a CPU core.
        use_gpus: give each actor a GPU of its own, where the cluster has any.
    """

    def __init__(self, workers: int | None, *, use_gpus: bool = True) -> None:
        self._workers = workers
        self._use_gpus = use_gpus

    def __call__(
        self, work: Callable[[Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, tuple[Result] | None]]:
        """Each item with its result when that is there; with None where it killed its worker three times."""
        if not ray.is_initialized():
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
        all_items = list(items)
        if not all_items:
            return
        for row in self._dataset(work, all_items).iter_rows():
            outcome, value = pickle.loads(row["answer"])
            if outcome == "error":
                raise value
            yield all_items[row["number"]], None if outcome == "aside" else (value,)

    def _dataset(self, work: Callable[[Any], Any], items: list[Any]) -> Any:
        """A row an item, in a block of its own, so that each is a task."""
        ray.data.DataContext.get_current().enable_progress_bars = False
        resources = ray.cluster_resources()
        num_gpus = int(resources.get("GPU", 0)) if self._use_gpus else 0
        size = min(self._workers or num_gpus or int(resources.get("CPU", 1)), len(items))
        numbers = ray.data.from_items([{"number": i} for i in range(len(items))], override_num_blocks=len(items))
        return numbers.map_batches(
            _Worker,
            fn_constructor_args=(
                ray.remote(num_cpus=0)(_Attempts).remote(),
                [ray.put(work)],
                [ray.put(item) for item in items],
            ),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=size, max_tasks_in_flight_per_actor=1),
            num_cpus=1,
            num_gpus=1 if num_gpus else 0,
            max_restarts=-1,
            max_task_retries=-1,
        )


class _Attempts:
    """How often each item was begun since it last ended; an actor that no item can kill.

    Ray does an item again, however often that ended well, when the machine that held its result is lost.
    """

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, number: int) -> int:
        self._begun[number] += 1
        return self._begun[number]

    def end(self, number: int) -> None:
        del self._begun[number]


class _Worker:
    """An actor of the pool.

    Args:
        attempts: handle of `_Attempts`.
        work: reference to the work, in a list so that Ray leaves it a reference; likewise `items`.
        items: references to all items.
    """

    def __init__(self, attempts: Any, work: list[Any], items: list[Any]) -> None:
        self._attempts = attempts
        self._work = ray.get(work[0])
        self._items = items

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        number = int(batch["number"][0])
        answer = np.empty(1, dtype=object)
        answer[0] = pickle.dumps(self._answer(number))
        return {"number": batch["number"], "answer": answer}

    def _answer(self, number: int) -> tuple[str, Any]:
        if ray.get(self._attempts.begin.remote(number)) > MOST_DEATHS:
            return "aside", None
        try:
            answer: tuple[str, Any] = "done", self._work(ray.get(self._items[number]))
        except Exception as error:
            answer = "error", portable(error)
        ray.get(self._attempts.end.remote(number))
        return answer
