"""Connecting to SQLite or PostgreSQL by URL."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from reasoning.errors import InputError

TIMEOUT_S = 5  # for a connection, a lock and a statement

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def connect(url: str) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql://...`; connects when it is first used.

    Raises:
        InputError: another kind of database, a missing driver, or a file that cannot be made.
    """
    parsed = _parse(url)
    try:
        return _sqlite(parsed) if parsed.drivername == "sqlite" else _postgresql(parsed)
    except (ImportError, NoSuchModuleError) as error:
        raise InputError(
            f"{parsed.render_as_string()}: expected its driver, found none; pip install 'quorum-math[postgres]'"
        ) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InputError("history: expected the URL of a database as sqlite:///FILE, found no URL") from error
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None or (driver == "sqlite" and parsed.database in (None, "", ":memory:")):
        raise InputError(
            f"history: expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE, found "
            f"{parsed.render_as_string()}"
        )
    return parsed.set(drivername=driver)


def _postgresql(url: URL) -> Engine:
    options = {"connect_timeout": TIMEOUT_S, "options": f"-c statement_timeout={TIMEOUT_S}s"}
    return create_engine(url, connect_args=options, pool_pre_ping=True, pool_size=1, max_overflow=0)


def _sqlite(url: URL) -> Engine:
    _private_file(Path(str(url.database)))
    engine = create_engine(url, connect_args={"timeout": TIMEOUT_S, "check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _private_file(path: Path) -> None:
    """Questions may be private: the file is its owner's alone, and so is its folder where it is new."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise InputError(f"{path}: expected a file for the history, found {error.strerror}; name another") from error


def _prepare(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # else the driver begins transactions itself, and not around CREATE TABLE
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = NORMAL")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to its write-ahead log; where another server does so now, SQLite says locked without waiting."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    """At once with the right to write: a transaction that asks for it later fails where another one writes."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
