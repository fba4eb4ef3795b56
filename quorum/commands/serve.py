"""`quorum serve`: answer questions over HTTP."""

import argparse
import hashlib
import os
import secrets
from pathlib import Path

from quorum.commands.sampling import MODEL_HELP
from reasoning.errors import InputError

EMBEDDED, NONE = "embedded", "none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in YAML; docs/serving.md has them all")
    parser.add_argument("--generator", "--model", metavar="MODEL", help=f"{MODEL_HELP} (default: embedded)")
    parser.add_argument(
        "--evaluator",
        metavar="MODEL",
        help="the same, or none, which votes (default: embedded with the embedded generator, else none)",
    )
    parser.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="0 takes a free one (default: 8000)")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: an accelerator where there is one)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides", help="one setting, as max_active=8"
    )
    parser.add_argument("--new-key", metavar="NAME", help="print a new API key and its setting, and exit")


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    if args.new_key is not None:
        print(_new_key(args.new_key))
        return 0
    from quorum.load import check_option, has_embedded, model_folder
    from quorum.serving import NamedModels
    from server.app import create_app
    from server.history import History
    from server.running import serve
    from server.settings import load_settings

    settings = load_settings(args.config, os.environ, _overrides(args))
    ships_with_evaluator = settings.generator == EMBEDDED and has_embedded("evaluator")
    evaluator = settings.evaluator or (EMBEDDED if ships_with_evaluator else NONE)
    models = NamedModels(settings.generator, None if evaluator == NONE else evaluator, settings.device)
    check_option("device", models.device, models.generator, models.evaluator)
    model_folder(models.generator, "generator")  # says what is wrong before anything starts
    if models.evaluator is not None:
        model_folder(models.evaluator, "evaluator")
    history = History.open(settings.history) if settings.history.enabled else None
    serve(create_app(settings, models, preload=models.modules, history=history), settings)
    return 0


def _overrides(args: argparse.Namespace) -> list[tuple[str, object]]:
    import yaml  # type: ignore[import-untyped]  # ships no types

    named = [(name, getattr(args, name)) for name in ("generator", "evaluator", "host", "port", "device")]
    found: list[tuple[str, object]] = [(name, value) for name, value in named if value is not None]
    for override in args.overrides:
        name, equals, text = override.partition("=")
        if not name or not equals:
            raise InputError(f"--set: expected KEY=VALUE as max_active=8, found {override!r}")
        try:
            found.append((name, yaml.safe_load(text)))
        except yaml.YAMLError as error:
            raise InputError(f"--set {name}: expected a value in YAML, found {text!r}") from error
    return found


def _new_key(name: str) -> str:
    key = secrets.token_urlsafe(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"key: {key}\nkeys:\n  - name: {name}\n    sha256: {digest}"
