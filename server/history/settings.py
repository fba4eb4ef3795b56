"""Where the history is kept, how much of it, and whether at all."""

import os
from pathlib import Path

from pydantic import Field

from reasoning.config import Section


def default_url() -> str:
    """SQLite in the user's folder for state: `$XDG_STATE_HOME/quorum`, or `~/.local/state/quorum`."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return f"sqlite:///{Path(state) / 'quorum' / 'solves.sqlite'}"


class HistorySettings(Section):
    """The history of solves."""

    enabled: bool = Field(True, description="Keep what was asked and answered; off, nothing is written.")
    url: str = Field(
        default_factory=default_url,
        description="sqlite:///FILE, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE with the extra `postgres`.",
    )
    max_age_days: float | None = Field(90, gt=0, description="Older solves are deleted; null keeps them.")
    max_solves: int | None = Field(10_000, ge=1, description="The newest that are kept; null keeps all.")
