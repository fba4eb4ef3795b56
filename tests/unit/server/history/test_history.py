"""The history on SQLite and on a real PostgreSQL: the same code, tables and answers."""

import asyncio
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

from reasoning.errors import InputError
from server.history import History, HistorySettings, Solve, Summary, Unavailable
from server.history import store as stored
from server.history.cursor import Cursor, read_cursor
from server.history.database import connect
from server.history.migrations import MIGRATIONS, migrate
from server.history.tables import METADATA
from tests import postgres_server
from tests.postgres_server import PostgresServer

BINARIES = postgres_server.find_binaries()
HOSTILE = "NUL \0, half a pair \ud800, 日本 \U0001f9ee '; DROP TABLE solves; -- <b> %s :x \\u0000"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if BINARIES is None:
        pytest.skip("no PostgreSQL")
    with postgres_server.running(BINARIES) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'solves.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    engine = connect(server.url)
    with engine.begin() as connection:
        for table in ("solves", "schema_version"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    engine.dispose()
    return server.url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = connect(url)
    migrate(engine)
    yield engine
    engine.dispose()


def solve(question: str = "1 + 1?", answer: str | None = "2", **fields: Any) -> Solve:
    result: dict[str, Any] = {
        "answer": answer,
        "strategy": "w.rr",
        "confidence": 0.5,
        "usage": {"num_samples": 8},
        "clusters": [],
    }
    return Solve(question=question, settings={"n": 8, "seed": None}, result=result, **fields)


def questions(page: tuple[list[Summary], Cursor | None]) -> list[str]:
    return [summary.question for summary in page[0]]


def run(url: str, work: Callable[[History], Any], **settings: Any) -> Any:
    history = History.open(HistorySettings(url=url, **settings))
    try:
        return asyncio.run(work(history))
    finally:
        history.close()


# migrations


def test_migrations_end_with_the_tables_that_the_code_reads(engine: Engine) -> None:
    for table in METADATA.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in inspect(engine).get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}


def test_a_database_gets_only_the_steps_it_has_not_had(url: str) -> None:
    engine = connect(url)
    assert migrate(engine) == 0
    stored.add_solve(engine, solve("kept", id="a"))
    later = (*MIGRATIONS, ("ALTER TABLE solves ADD COLUMN note TEXT", "UPDATE solves SET note = 'old'"))
    assert migrate(engine, later) == len(MIGRATIONS)
    assert migrate(engine, later) == len(later)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT question, note FROM solves")).all() == [("kept", "old")]
    engine.dispose()


def test_a_step_that_fails_leaves_nothing(url: str) -> None:
    engine = connect(url)
    broken = (*MIGRATIONS, ("ALTER TABLE solves ADD COLUMN note TEXT", "no statement"))
    with pytest.raises(Exception, match="no"):
        migrate(engine, broken)
    assert inspect(engine).get_table_names() == []
    assert migrate(engine) == 0
    engine.dispose()


def test_a_newer_database_is_refused(url: str) -> None:
    engine = connect(url)
    migrate(engine, (*MIGRATIONS, ("CREATE INDEX more ON solves (answer)",)))
    engine.dispose()
    with pytest.raises(InputError, match=rf"version {len(MIGRATIONS)} or less, found {len(MIGRATIONS) + 1}"):
        History.open(HistorySettings(url=url))


def test_servers_that_start_together_agree(url: str) -> None:
    engines = [connect(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        versions = sorted(threads.map(migrate, engines))
    assert versions == [0, *[len(MIGRATIONS)] * 3]
    for engine in engines:
        engine.dispose()


# reading and writing


def test_what_is_written_is_read_back(engine: Engine) -> None:
    written = solve(HOSTILE, HOSTILE, candidates=[{"sample": 0, "generation": HOSTILE, "score": None}])
    stored.add_solve(engine, written)
    assert stored.find_solve(engine, written.id, owner="") == written
    (summary,), _ = stored.list_solves(engine, owner="", limit=5)
    shown = HOSTILE.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert summary == Summary(written.id, written.created_us, shown, shown, "w.rr", 0.5, 8)


@pytest.mark.parametrize("word", ["", "nothing", "\0", "\ud800", "' OR 1 = 1; --", "x" * 5_000])
def test_a_word_that_is_no_id_finds_nothing(engine: Engine, word: str) -> None:
    stored.add_solve(engine, solve())
    assert stored.find_solve(engine, word, owner="") is None


def test_no_answer_is_none(engine: Engine) -> None:
    stored.add_solve(engine, solve(answer=None))
    (summary,), _ = stored.list_solves(engine, owner="", limit=5)
    assert summary.answer is None


def test_an_owner_sees_no_other_ones_solves(engine: Engine) -> None:
    for owner in ("ann", "bob"):
        stored.add_solve(engine, solve(f"of {owner}", id=owner, owner=owner))
    assert questions(stored.list_solves(engine, owner="ann", limit=5)) == ["of ann"]
    assert stored.find_solve(engine, "bob", owner="ann") is None
    assert stored.find_solve(engine, "bob", owner="bob") is not None
    assert stored.list_solves(engine, owner="", limit=5) == ([], None)


def test_pages_hold_everything_once_whatever_is_written_meanwhile(engine: Engine) -> None:
    """Ten solves, four of them of the same microsecond; a new one comes after each page."""
    times = [1, 2, 3, 3, 3, 3, 4, 5, 6, 7]
    for i, created_us in enumerate(times):
        stored.add_solve(engine, solve(str(i), created_us=created_us))
    seen: list[Summary] = []
    cursor: Cursor | None = None
    for _ in range(10):
        page, cursor = stored.list_solves(engine, owner="", limit=3, before=cursor)
        seen += page
        stored.add_solve(engine, solve("new"))
        if cursor is None:
            break
        cursor = read_cursor(str(cursor))
    assert [summary.created_us for summary in seen] == times[::-1]
    assert {summary.question for summary in seen} == set(map(str, range(10)))


def test_a_full_last_page_has_no_next(engine: Engine) -> None:
    for i in range(3):
        stored.add_solve(engine, solve(created_us=i))
    assert stored.list_solves(engine, owner="", limit=3)[1] is None
    assert stored.list_solves(engine, owner="", limit=2)[1] is not None


def test_pages_are_found_by_an_index(engine: Engine) -> None:
    """Neither a sort nor a scan of the table, however far back the page is."""
    for i in range(200):
        stored.add_solve(engine, solve(created_us=i))
    statement = (
        "SELECT id FROM solves WHERE owner = '' AND (created_us < 90 OR (created_us = 90 AND id < 'x')) "
        "ORDER BY created_us DESC, id DESC LIMIT 3"
    )
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # for so few rows it would rather scan and sort
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
            connection.execute(text("SET LOCAL enable_sort = off"))
        plan = " ".join(str(tuple(row)) for row in connection.execute(text(explain + statement)))
    assert "solves_by_" in plan  # by owner, or by age where most of it is one owner's
    assert "sort" not in plan.lower()
    assert "b-tree" not in plan.lower()


@pytest.mark.parametrize(
    "word", ["", "1", "1.", ".a", "x.a", "1.a b", "1.a\n", "f" * 15 + ".a", "1.'; --", "1." + "a" * 33]
)
def test_what_is_no_cursor_is_none(word: str) -> None:
    assert read_cursor(word) is None


# retention


def test_the_oldest_go_by_count(engine: Engine) -> None:
    for i in range(6):
        stored.add_solve(engine, solve(str(i), created_us=i, owner=str(i % 2)))
    assert stored.purge(engine, now_us=10, max_age_days=None, max_solves=4) == 2
    assert stored.purge(engine, now_us=10, max_age_days=None, max_solves=4) == 0
    assert questions(stored.list_solves(engine, owner="0", limit=9)) == ["4", "2"]
    assert questions(stored.list_solves(engine, owner="1", limit=9)) == ["5", "3"]


def test_the_oldest_go_by_age(engine: Engine) -> None:
    day_us = 24 * 3600 * 1_000_000
    for i in range(4):
        stored.add_solve(engine, solve(str(i), created_us=i * day_us))
    assert stored.purge(engine, now_us=4 * day_us, max_age_days=2, max_solves=None) == 2
    assert questions(stored.list_solves(engine, owner="", limit=9)) == ["3", "2"]


def test_nothing_goes_without_a_limit(engine: Engine) -> None:
    stored.add_solve(engine, solve(created_us=0))
    assert stored.purge(engine, now_us=2**60, max_age_days=None, max_solves=None) == 0


# beside an event loop


def test_a_solve_is_found_from_the_moment_it_is_recorded(url: str) -> None:
    async def work(history: History) -> None:
        for i in range(20):
            one = solve(str(i))
            assert history.record(one)
            found = await history.find(one.id)
            assert found is not None
            assert found.as_dict() == one.as_dict()
        assert questions(await history.page(limit=2)) == ["19", "18"]

    run(url, work)
    assert run(url, lambda history: history.page(limit=1))[0][0].question == "19"


def test_the_limits_hold_while_solves_come_in(url: str) -> None:
    async def work(history: History) -> list[str]:
        for i in range(7):
            history.record(solve(str(i)))
        return questions(await history.page())

    assert run(url, work, max_solves=3) == ["6", "5", "4"]


def test_what_waits_is_written_before_closing(url: str) -> None:
    history = History.open(HistorySettings(url=url))
    for i in range(20):
        history.record(solve(str(i)))
    history.close()
    assert not history.record(solve("too late"))
    assert (history.num_written, history.num_lost) == (20, 1)
    assert len(run(url, lambda history: history.page(limit=50))[0]) == 20


def test_a_full_queue_loses_the_solve_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.history.history.MAX_WAITING", 2)

    async def work(history: History) -> None:
        held = history._engine.connect()
        held.begin()
        assert [history.record(solve()) for _ in range(4)] == [True, True, False, False]
        with pytest.raises(Unavailable, match="busy"):
            await history.page()
        held.close()

    history = History.open(HistorySettings(url=f"sqlite:///{tmp_path / 'solves.sqlite'}"))
    asyncio.run(work(history))
    history.close()
    assert (history.num_written, history.num_lost) == (2, 2)


def test_the_event_loop_turns_while_the_database_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.history.history.READ_TIMEOUT_S", 0.1)

    async def work(history: History) -> int:
        other = connect(f"sqlite:///{tmp_path / 'solves.sqlite'}")
        held = other.connect()
        held.begin()
        history.record(solve())
        turns = 0
        read = asyncio.ensure_future(history.page())
        while not read.done():
            turns += 1
            await asyncio.sleep(0.005)
        with pytest.raises(Unavailable, match="within"):
            read.result()
        held.close()
        other.dispose()
        return turns

    assert run(f"sqlite:///{tmp_path / 'solves.sqlite'}", work) > 2


def test_a_database_that_goes_away_costs_only_history(postgres: PostgresServer) -> None:
    async def work(history: History) -> None:
        history.record(solve("before"))
        await history.page()
        postgres.stop()
        try:
            assert history.record(solve("lost"))
            with pytest.raises(Unavailable):
                await history.page()
        finally:
            postgres.start()
        history.record(solve("after"))
        assert questions(await history.page(limit=2)) == ["after", "before"]
        assert (history.num_written, history.num_lost) == (2, 1)

    run(postgres.url, work)


# connecting


def test_sqlite_writes_ahead_and_keeps_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "solves.sqlite"
    engine = connect(f"sqlite:///{path}")
    with engine.begin() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    engine.dispose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nothing",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://root:hush@host/db",
        "http://host/",
        "sqlite:////proc/no/file",
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="expected") as raised:
        connect(url)
    assert "hush" not in str(raised.value)


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(InputError, match=r"database at postgresql\+psycopg://ann:\*\*\*@127.0.0.1:1/x") as raised:
        History.open(HistorySettings(url="postgresql://ann:hush@127.0.0.1:1/x"))
    assert "hush" not in str(raised.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look at " * 40)
    with pytest.raises(InputError, match="not a database"):
        History.open(HistorySettings(url=f"sqlite:///{path}"))
    assert path.read_text().startswith("not a database")


def test_the_default_is_the_users_folder_for_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert HistorySettings().url == "sqlite:////somewhere/quorum/solves.sqlite"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setitem(os.environ, "HOME", "/home/ann")
    assert HistorySettings().url == "sqlite:////home/ann/.local/state/quorum/solves.sqlite"
