"""Settings from a file, from the environment and from options."""

from pathlib import Path

import pytest

from reasoning.errors import InputError
from server.settings import load_settings

DIGEST = "0" * 64


def test_a_file_then_the_environment_then_options(tmp_path: Path) -> None:
    path = tmp_path / "serve.yaml"
    path.write_text("port: 1\nmax_active: 2\nhistory:\n  enabled: false\n  max_solves: 5\n")
    environment = {"QUORUM_SERVE_MAX_ACTIVE": "3", "QUORUM_SERVE_HISTORY__MAX_SOLVES": "6", "OTHER": "x"}
    settings = load_settings(path, environment, [("port", 4)])
    assert (settings.port, settings.max_active) == (4, 3)
    assert (settings.history.enabled, settings.history.max_solves) == (False, 6)


def test_keys_in_the_environment() -> None:
    text = f"[{{name: ann, sha256: '{DIGEST}', concurrent: 2}}]"
    settings = load_settings(None, {"QUORUM_SERVE_KEYS": text, "QUORUM_SERVE_HOST": "0.0.0.0"})
    assert [(key.name, key.concurrent) for key in settings.keys] == [("ann", 2)]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([("prot", 1)], "found prot; did you mean port"),
        ([("port", 70_000)], "port"),
        ([("host", "0.0.0.0")], "expected API keys for 0.0.0.0"),
        ([("keys", [{"name": "ann", "sha256": "s3cret"}])], "keys.0.sha256"),
        ([("keys", [{"name": "ann", "sha256": DIGEST}] * 2)], "different names"),
        ([("history.max_solves", 0)], "history.max_solves"),
        ([("timeout_s", float("nan"))], "timeout_s"),
        ([("port.x", 1), ("port", 1), ("port.y", 1)], "found a value"),
    ],
)
def test_bad_settings(overrides: list[tuple[str, object]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_settings(None, {}, overrides)


def test_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "serve.yaml"
    with pytest.raises(InputError, match="expected settings to read"):
        load_settings(path, {})
    path.write_text("- 1\n")
    with pytest.raises(InputError, match="expected a mapping"):
        load_settings(path, {})
    path.write_text("{")
    with pytest.raises(InputError, match="expected YAML"):
        load_settings(path, {})
    path.write_text("")
    assert load_settings(path, {}).port == 8000


def test_other_machines_without_keys_only_if_meant() -> None:
    assert load_settings(None, {}, [("host", "0.0.0.0"), ("open_to_all", True)]).open_to_all
