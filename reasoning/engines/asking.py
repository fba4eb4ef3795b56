"""Asking many things of a server at once, in threads that nobody waits for."""

import contextlib
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def answers(
    ask: Callable[[Item], Answer], items: Sequence[Item], *, num_threads: int
) -> Generator[tuple[int, Answer], None, None]:
    """The number of each item with the answer to it, as they come.

    Where it ends early, by an error, an interrupt or its reader, no further item is asked about. What is being asked
    is not waited for, which may take as long as a server hangs: its answer is dropped, and its thread does not keep
    the process from ending. Threads of a `ThreadPoolExecutor` would.

    Args:
        ask: called in threads; what it raises is raised here.
        items: asked about in this order.
        num_threads: at most so many are asked about at a time.
    """
    left = threading.Event()
    todo: SimpleQueue[tuple[int, Item]] = SimpleQueue()
    done: SimpleQueue[tuple[int, Future[Answer]]] = SimpleQueue()
    for pair in enumerate(items):
        todo.put(pair)

    def work() -> None:
        with contextlib.suppress(Empty):
            while not left.is_set():
                number, item = todo.get_nowait()
                done.put((number, _outcome(ask, item)))

    try:
        for _ in range(min(num_threads, len(items))):
            threading.Thread(target=work, name="asking", daemon=True).start()
        for _ in items:
            number, outcome = done.get()
            yield number, outcome.result()
    finally:
        left.set()


def _outcome(ask: Callable[[Item], Answer], item: Item) -> "Future[Answer]":
    outcome: Future[Answer] = Future()
    try:
        outcome.set_result(ask(item))
    except BaseException as error:
        outcome.set_exception(error)
    return outcome
