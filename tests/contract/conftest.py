"""Servers that all contract tests of the server ask, each started once."""

import hashlib
from collections.abc import Iterator

import pytest

from tests.scripted_server import ScriptedServer, scripted_server

KEYS = {"ann": "key-of-ann", "bob": "key-of-bob"}


@pytest.fixture(scope="session")
def server() -> Iterator[ScriptedServer]:
    """Scripted models, no keys."""
    with scripted_server(default_n=6, keep_alive_s=0.1, body_timeout_s=1.0, max_body_bytes=2**20) as running:
        yield running


@pytest.fixture(scope="session")
def locked() -> Iterator[ScriptedServer]:
    """Two keys, no evaluator, one place, one in the queue, no cache."""
    ann, bob = (
        {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), **limits}
        for (name, key), limits in zip(KEYS.items(), ({}, {"tokens_per_minute": 1000, "concurrent": 1}), strict=True)
    )
    settings = {"max_active": 1, "max_waiting": 1, "cache_entries": 0, "cors_origins": ["https://friend.example"]}
    with scripted_server(has_judge=False, keys=[ann, bob], default_n=6, **settings) as running:
        yield running
