"""The log: a JSON object a line on standard error, without questions and answers unless they are asked for."""

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER = "quorum"


class JsonLines(logging.Formatter):
    """A record as one line of ASCII JSON; `extra={"fields": {...}}` adds fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage()[:2000],
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)[-8000:]
        return json.dumps(fields, default=str)


def log_to_stderr() -> None:
    """Send this server's and uvicorn's records to standard error; uvicorn's own access lines are left out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, level in ((LOGGER, logging.INFO), ("uvicorn.error", logging.WARNING), ("uvicorn.access", logging.ERROR)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
