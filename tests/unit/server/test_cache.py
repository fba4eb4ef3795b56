"""The cache of answers keeps its bounds, and tells requests apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cache import Cache, cache_key


def test_an_answer_is_found_again() -> None:
    cache: Cache[str] = Cache()
    assert cache.get("a") is None
    cache.put("a", "1", num_bytes=1)
    assert cache.get("a") == "1"
    assert (cache.num_hits, cache.num_misses) == (1, 1)


def test_the_one_not_used_for_longest_goes() -> None:
    cache: Cache[int] = Cache(max_entries=2)
    for i, key in enumerate("ab"):
        cache.put(key, i, num_bytes=1)
    cache.get("a")
    cache.put("c", 2, num_bytes=1)
    assert [cache.get(key) for key in "abc"] == [0, None, 2]


def test_bytes_are_bounded_and_a_larger_entry_is_not_kept() -> None:
    cache: Cache[int] = Cache(max_bytes=10)
    cache.put("a", 0, num_bytes=6)
    cache.put("b", 1, num_bytes=4)
    cache.put("c", 2, num_bytes=11)
    assert [cache.get(key) for key in "abc"] == [0, 1, None]
    cache.put("d", 3, num_bytes=1)
    assert cache.get("a") is None
    assert cache.num_bytes == 5


def test_a_larger_answer_takes_the_place_of_the_old_one() -> None:
    cache: Cache[int] = Cache(max_bytes=10)
    cache.put("a", 0, num_bytes=6)
    cache.put("a", 1, num_bytes=9)
    assert (cache.get("a"), len(cache), cache.num_bytes) == (1, 1, 9)
    cache.put("a", 2, num_bytes=99)
    assert (cache.get("a"), len(cache), cache.num_bytes) == (None, 0, 0)


def test_no_entries_is_no_cache() -> None:
    cache: Cache[int] = Cache(max_entries=0)
    cache.put("a", 0, num_bytes=1)
    assert cache.get("a") is None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 12)), max_size=40))
def test_the_bounds_always_hold(puts: list[tuple[str, int]]) -> None:
    cache: Cache[int] = Cache(max_entries=3, max_bytes=20)
    for key, num_bytes in puts:
        cache.put(key, num_bytes, num_bytes=num_bytes)
        kept = [cache.get(name) for name in "abcdef"]
        assert len(cache) <= 3
        assert cache.num_bytes == sum(size for size in kept if size is not None) <= 20


@pytest.mark.parametrize(
    "other", [{"n": 1.0, "s": "x"}, {"n": "1", "s": "x"}, {"n": 1, "s": None}, {"n": 1, "s": "x "}]
)
def test_requests_that_differ_have_other_keys(other: dict[str, object]) -> None:
    assert cache_key(n=1, s="x") == cache_key(s="x", n=1) != cache_key(**other)
