"""Reading and writing solves: plain functions of an engine, each one transaction. They block."""

import json
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, and_, delete, insert, or_, select

from server.history.cursor import Cursor
from server.history.solve import ID, Solve, Summary
from server.history.tables import SOLVES

_LISTED = tuple(SOLVES.c[name] for name in Summary.__slots__)
_DAY_US = 86_400_000_000


def add_solve(engine: Engine, solve: Solve) -> None:
    """Write one."""
    record = {"settings": dict(solve.settings), "result": dict(solve.result)}
    fields = {
        "id": solve.id,
        "owner": solve.owner,
        "created_us": solve.created_us,
        "question": _storable(solve.question),
        "answer": None if solve.result.get("answer") is None else _storable(solve.result["answer"]),
        "strategy": solve.result["strategy"],
        "confidence": solve.result.get("confidence"),
        "num_samples": solve.result["usage"]["num_samples"],
        "record": json.dumps({"question": solve.question, **record, "candidates": list(map(dict, solve.candidates))}),
    }
    with engine.begin() as connection:
        connection.execute(insert(SOLVES).values(fields))


def find_solve(engine: Engine, solve_id: str, *, owner: str) -> Solve | None:
    """One by its id; None where there is none, or it is another owner's."""
    if ID.fullmatch(solve_id) is None:  # PostgreSQL would refuse to look for a NUL
        return None
    columns = SOLVES.c.id, SOLVES.c.owner, SOLVES.c.created_us, SOLVES.c.record
    with engine.begin() as connection:
        found = connection.execute(select(*columns).where(SOLVES.c.id == solve_id, SOLVES.c.owner == owner)).first()
    return None if found is None else _solve(found)


def list_solves(
    engine: Engine, *, owner: str, limit: int, before: Cursor | None = None
) -> tuple[list[Summary], Cursor | None]:
    """The newest solves of an owner, and the cursor of the next page; None where there is none.

    Pages are found by their place in the index, so the hundredth is as fast as the first, and what is written
    meanwhile neither repeats a line nor leaves one out.
    """
    query = select(*_LISTED).where(SOLVES.c.owner == owner)
    if before is not None:
        query = query.where(_older(before))
    query = query.order_by(SOLVES.c.created_us.desc(), SOLVES.c.id.desc()).limit(limit + 1)
    with engine.begin() as connection:
        found = [Summary(*row) for row in connection.execute(query)]
    shown = found[:limit]
    return shown, Cursor(shown[-1].created_us, shown[-1].id) if len(found) > limit else None


def purge(engine: Engine, *, now_us: int, max_age_days: float | None, max_solves: int | None) -> int:
    """Delete what is older than the age, and all but the newest of all owners; return how many went."""
    num_deleted = 0
    with engine.begin() as connection:
        if max_age_days is not None:
            oldest_us = now_us - int(max_age_days * _DAY_US)
            num_deleted += connection.execute(delete(SOLVES).where(SOLVES.c.created_us < oldest_us)).rowcount
        if max_solves is not None:
            newest_first = select(SOLVES.c.created_us, SOLVES.c.id).order_by(
                SOLVES.c.created_us.desc(), SOLVES.c.id.desc()
            )
            last_kept = connection.execute(newest_first.offset(max_solves - 1).limit(1)).first()
            if last_kept is not None:
                num_deleted += connection.execute(delete(SOLVES).where(_older(Cursor(*last_kept)))).rowcount
    return num_deleted


def _older(than: Cursor) -> ColumnElement[bool]:
    same_time = and_(SOLVES.c.created_us == than.created_us, SOLVES.c.id < than.id)
    return or_(SOLVES.c.created_us < than.created_us, same_time)


def _storable(text: str) -> str:
    """Without what databases refuse: NUL, and halves of surrogate pairs."""
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


def _solve(row: Row[Any, Any, Any, Any]) -> Solve:
    return Solve(id=row.id, owner=row.owner, created_us=row.created_us, **json.loads(row.record))
