"""Asking in threads: every answer once, and nobody waits for what is not wanted any more."""

import threading
from collections.abc import Iterator

import pytest

from reasoning.engines.asking import answers

WAIT_S = 60.0  # a limit for a machine that hangs


class Asked:
    """Answers even numbers at once; an odd one when `released`, or when the test is over."""

    def __init__(self) -> None:
        self.items: list[int] = []
        self.released = threading.Event()
        self.began = threading.Event()

    def __call__(self, item: int) -> int:
        self.items.append(item)
        if item % 2:
            self.began.set()
            self.released.wait(WAIT_S)
        return 10 * item


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "asking"]


@pytest.fixture
def asked() -> Iterator[Asked]:
    made = Asked()
    yield made
    made.released.set()
    for thread in threads():
        thread.join(WAIT_S)


def test_every_item_has_its_answer() -> None:
    assert sorted(answers(lambda item: 2 * item, range(100), num_threads=7)) == [(i, 2 * i) for i in range(100)]
    assert list(answers(lambda item: item, [], num_threads=7)) == []


def test_answers_come_when_they_are_there(asked: Asked) -> None:
    found = answers(asked, [1, 2, 4, 6], num_threads=2)
    assert [next(found) for _ in range(3)] == [(1, 20), (2, 40), (3, 60)]
    asked.released.set()
    assert list(found) == [(0, 10)]


def test_as_many_are_asked_about_at_a_time_as_there_are_threads() -> None:
    together = threading.Barrier(3)
    assert len(list(answers(lambda item: together.wait(WAIT_S), range(6), num_threads=3))) == 6
    with pytest.raises(threading.BrokenBarrierError):
        list(answers(lambda item: together.wait(0.2), range(3), num_threads=2))


def test_left_early_it_asks_about_nothing_more(asked: Asked) -> None:
    found = answers(asked, [2, 1, 4, 6], num_threads=1)
    assert next(found) == (0, 20)
    assert asked.began.wait(WAIT_S)
    found.close()
    (thread,) = threads()
    asked.released.set()
    thread.join(WAIT_S)
    assert asked.items == [2, 1]


def test_an_error_is_raised_without_waiting_for_the_others(asked: Asked) -> None:
    def fail(item: int) -> int:
        if item == 2:
            raise ValueError("no")
        return asked(item)

    with pytest.raises(ValueError, match="no"):
        list(answers(fail, [1, 2], num_threads=2))
    assert not asked.released.is_set()


def test_its_threads_do_not_keep_the_process_from_ending(asked: Asked) -> None:
    found = answers(asked, [1, 2], num_threads=2)
    assert next(found) == (1, 20)
    assert asked.began.wait(WAIT_S)
    assert all(thread.daemon for thread in threads())
