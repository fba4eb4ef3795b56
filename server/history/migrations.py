"""Bring a database to the newest tables, in steps that are never changed once released.

A step is a few statements that SQLite and PostgreSQL both read. That is all the history needs of a migration tool, so
there is none: Alembic would add a folder of templates and of Python files that run from a configured path.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update

from reasoning.errors import InputError
from server.history.tables import SCHEMA

Step = tuple[str, ...]

MIGRATIONS: tuple[Step, ...] = (
    (
        "CREATE TABLE solves (id VARCHAR(32) NOT NULL PRIMARY KEY, owner VARCHAR(64) NOT NULL, "
        "created_us BIGINT NOT NULL, question TEXT NOT NULL, answer TEXT, "
        "strategy VARCHAR(32) NOT NULL, confidence DOUBLE PRECISION, "
        "num_samples INTEGER NOT NULL, record TEXT NOT NULL)",
        "CREATE INDEX solves_by_owner ON solves (owner, created_us, id)",
        "CREATE INDEX solves_by_age ON solves (created_us, id)",
    ),
)

_WAIT_S = 60  # for another server's migration
_LOCK = 7_236_835_001  # any number that no other program takes as an advisory lock in the same database


def migrate(engine: Engine, migrations: Sequence[Step] = MIGRATIONS) -> int:
    """Apply the steps that a database has not had yet, all or none of them.

    Servers that start together wait for each other.

    Returns:
        The version that it was at; 0 for an empty database.

    Raises:
        InputError: a newer Quorum made it.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL statement_timeout = '{_WAIT_S}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = _version(connection)
        if version > len(migrations):
            raise InputError(
                f"{engine.url.render_as_string()}: expected a history of version {len(migrations)} or less, found "
                f"{version}; a newer Quorum made it, so use that one or another database"
            )
        for step in migrations[version:]:
            for statement in step:
                connection.execute(text(statement))
        connection.execute(update(SCHEMA).values(version=len(migrations)))
    return version


def _version(connection: Connection) -> int:
    if not inspect(connection).has_table(SCHEMA.name):
        SCHEMA.create(connection)
        connection.execute(insert(SCHEMA).values(version=0))
    version: int = connection.execute(select(SCHEMA.c.version)).scalar_one()
    return version
