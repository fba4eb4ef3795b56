from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.formats.keys import KeyTable, Seen

SMALL = st.integers(-3, 12)


@settings(deadline=None)
@given(rows=st.lists(st.tuples(SMALL.filter(lambda key: key != 1), SMALL)))
def test_is_a_dict_of_first_rows(rows: list[tuple[int, int]]) -> None:
    table, known = KeyTable(), dict[int, tuple[int, int]]()
    for line, (key, content) in enumerate(rows, 1):
        seen, file, first_line = table.add(key, content=content, file=2, line=line)
        first_content, expected_line = known.setdefault(key, (content, line))
        assert (file, first_line) == (2, expected_line)
        if expected_line == line:
            assert seen is Seen.NEW
        else:
            assert seen is (Seen.SAME if content == first_content else Seen.CONFLICT)


def test_grows() -> None:
    table = KeyTable()
    keys = [hash(("gsm8k", number)) for number in range(20_000)]
    assert all(table.add(key, content=1, file=0, line=7)[0] is Seen.NEW for key in keys)
    assert all(table.add(key, content=1, file=0, line=8) == (Seen.SAME, 0, 7) for key in keys)
    assert table.add(keys[0], content=2, file=0, line=9)[0] is Seen.CONFLICT
