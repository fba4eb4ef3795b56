"""How the server runs: a YAML file, environment variables, or both."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml  # type: ignore[import-untyped]  # ships no types
from pydantic import Field

from reasoning.config import Section, check_recipe
from reasoning.errors import InputError
from server.history import HistorySettings

PREFIX = "QUORUM_SERVE_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class KeySettings(Section):
    """An API key: its name in logs, and the SHA-256 of the key itself, which is kept nowhere."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    tokens_per_minute: int | None = Field(None, ge=1, description="n x max_tokens that it may ask for; null: no limit.")
    concurrent: int | None = Field(None, ge=1, description="Requests at a time; null: no limit.")


class ServeSettings(Section):
    """All settings of `quorum serve`."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535, description="0 takes a free one.")
    generator: str = "embedded"
    evaluator: str | None = Field(None, description="none votes; null: the embedded one with the embedded generator.")
    device: str | None = None
    keys: tuple[KeySettings, ...] = Field((), description="Without any, only the loopback is served.")
    open_to_all: bool = Field(False, description="Serve other addresses without keys all the same.")
    hosts: tuple[str, ...] = Field((), description="Names in the Host header; empty: the loopback's, or any with keys.")
    cors_origins: tuple[str, ...] = ()

    default_n: int = Field(32, ge=1, le=256)
    max_active: int = Field(32, ge=1, le=1024, description="Solves at a time.")
    max_waiting: int = Field(64, ge=0, le=10_000, description="Solves that wait for them.")
    max_request_tokens: int = Field(262_144, ge=1, description="n x max_tokens of one request.")
    max_body_bytes: int = Field(4 * 2**20, ge=1024)
    timeout_s: float = Field(60.0, gt=0, le=600, description="Of a request that names none.")
    body_timeout_s: float = Field(15.0, gt=0, description="For a request to arrive.")
    write_timeout_s: float = Field(30.0, gt=0, description="For a reader to take the next part of a stream.")
    keep_alive_s: float = Field(10.0, gt=0, description="Between two signs of life in a stream.")
    drain_s: float = Field(30.0, ge=0, description="For accepted requests to finish after SIGTERM.")
    cache_entries: int = Field(1024, ge=0, description="Answers that are given again to identical requests; 0: none.")
    log_questions: bool = False
    history: HistorySettings = HistorySettings()


def load_settings(
    path: Path | None, environment: Mapping[str, str], overrides: Sequence[tuple[str, Any]] = ()
) -> ServeSettings:
    """Read the settings: a file, over it `QUORUM_SERVE_PORT=80` or `QUORUM_SERVE_HISTORY__URL=...`, over it overrides.

    Raises:
        InputError: no such file, an unknown setting (the nearest known one is suggested), or a bad value.
    """
    fields = {} if path is None else _read(path)
    for name, text in sorted(environment.items()):
        if name.startswith(PREFIX):
            _set(fields, name.removeprefix(PREFIX).lower().split("__"), _value(name, text))
    for name, value in overrides:
        _set(fields, name.split("."), value)
    settings = check_recipe(ServeSettings, fields, "serve" if path is None else str(path))
    check_exposure(settings)
    return settings


def check_exposure(settings: ServeSettings) -> None:
    """Refuse to serve other machines without keys by accident."""
    if settings.host not in LOOPBACK and not settings.keys and not settings.open_to_all:
        raise InputError(
            f"expected API keys for {settings.host}, which other machines can reach, found none; set `keys`, serve "
            "127.0.0.1, or set open_to_all"
        )
    names = [key.name for key in settings.keys]
    if len(set(names)) < len(names):
        raise InputError("keys: expected different names, found one twice; rename it")


def _read(path: Path) -> dict[str, Any]:
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: expected settings to read, found {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected YAML, found {' '.join(str(error).split())}") from error
    if not isinstance(fields, dict | None):
        raise InputError(f"{path}: expected a mapping of settings, found something else")
    return fields or {}


def _value(name: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{name}: expected a value in YAML, found {re.sub('[^ -~]', '?', text)!r}") from error


def _set(fields: dict[str, Any], keys: list[str], value: Any) -> None:
    place = fields
    for key in keys[:-1]:
        below = place.setdefault(key, {})
        if not isinstance(below, dict):
            raise InputError(f"{'.'.join(keys)}: expected settings under {key}, found a value")
        place = below
    place[keys[-1]] = value
