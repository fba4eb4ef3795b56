"""Serve scripted models in this process: `python -m tests.serve_scripted '{"port": 0}' [no judge]`."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from server.app import create_app
from server.history import History
from server.running import serve
from server.settings import load_settings
from tests.scripted_models import Scripted


def run(fields: Mapping[str, Any], *, has_judge: bool) -> None:
    """Serve in this process."""
    settings = load_settings(None, {}, list(fields.items()))
    history = History.open(settings.history) if settings.history.enabled else None
    app = create_app(settings, Scripted(has_judge), preload=["tests.scripted_models"], history=history)
    serve(app, settings)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]), has_judge=len(sys.argv) < 3)
