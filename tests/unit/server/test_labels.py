"""Cluster numbers one at a time are those of all answers at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.answers import cluster
from server.engine.labels import Labels

ANSWERS = ("1/2", "0.5", r"\frac{1}{2}", "2", "2.0", "x+1", "1+x", r"\sqrt{8}", r"2\sqrt{2}", "Tom", "tom", "", None)


@settings(deadline=None)
@given(st.lists(st.sampled_from(ANSWERS), max_size=14))
def test_numbers_do_not_depend_on_what_follows(answers: list[str | None]) -> None:
    labels = Labels()
    assert [labels.add(answer) for answer in answers] == cluster(answers)
