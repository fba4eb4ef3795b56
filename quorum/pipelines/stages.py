"""Stages: pieces of long work, each kept in a folder that is named by a hash of all that decides its result.

A stage whose settings and inputs are as they were is not run again; one that changed is, and so is whatever follows
it with other inputs. What a stage ran before stays where it is, so that going back to old settings costs nothing.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reasoning.config import differences
from reasoning.errors import InputError
from reasoning.formats.write import atomic_file
from reasoning.model_folder import CARD

RECORD = "stage.json"  # in a stage's folder, written last: without it, the stage is not done
INPUT = "input:"  # a setting `input:NAME` stands for the path of the input NAME
_HASH_DIGITS = 12
_MOST_REASONS = 3

Settings = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A piece of work with one result.

    Attributes:
        name: unique among the stages; without `input:` and slashes.
        settings: JSON values; with the inputs' contents, all that decides the result.
        inputs: files, folders or earlier stages, by a name of their own.
        work: called with the settings, `input:NAME` replaced by paths, and the stage's folder. Called again after a
            kill, it goes on to the same result. It writes the result whole or not at all.
        output: the result's name in the folder, a file or a folder.
    """

    name: str
    settings: Settings
    inputs: "Mapping[str, Path | Stage]"
    work: Callable[[Settings, Path], object]
    output: str


@dataclass(frozen=True, slots=True)
class Done:
    """A stage that is done.

    Attributes:
        output: where its result is.
        digest: of the result.
        took_s: seconds, what an earlier call did before it was killed not counted.
        settings, inputs: what it was made from; the inputs as digests.
    """

    output: Path
    digest: str
    took_s: float
    settings: Settings
    inputs: dict[str, str]


def run_stages(
    stages: Sequence[Stage],
    folder: Path,
    *,
    say: Callable[[str], None],
    overwrite: bool = False,
    before: Mapping[str, Done] | None = None,
) -> dict[str, Done]:
    """Run what is not done yet, in order.

    Args:
        stages: each after those that it takes as inputs.
        folder: holds a folder for each stage and its hash; one process at a time works in it.
        say: is told of each stage what is done with it, and why.
        overwrite: remove every stage that the folder holds before.
        before: what earlier calls returned, whose stages these may take as inputs.

    Returns:
        What was done, by the stage's name, `before` included.

    Raises:
        InputError: an input is missing, or another process works in the folder. And whatever a stage raises.
    """
    done = dict(before or {})
    with _alone_in(folder):
        for path in folder.iterdir() if overwrite else ():
            if path.is_dir():
                shutil.rmtree(path)
        for number, stage in enumerate(stages, 1):
            paths = {name: _path(source, done) for name, source in stage.inputs.items()}
            digests = {name: _digest(source, done) for name, source in stage.inputs.items()}
            place = folder / f"{stage.name}-{stage_hash(stage, digests)}"
            found = _read(stage, place)
            title = f"[{number}/{len(stages)}] {stage.name}"
            if found is not None:
                say(f"{title}: reused, same settings and inputs")
            else:
                say(f"{title}: runs, {_reason(stage, digests, place)}")
            done[stage.name] = found or _run(stage, paths, digests, place)
    return done


def stage_hash(stage: Stage, digests: Mapping[str, str]) -> str:
    """The part of a stage's folder name that its settings and its inputs' contents decide."""
    text = json.dumps([stage.name, stage.settings, dict(digests)], sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def content_digest(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files.

    A model's card does not count: it tells of its making, with the paths of that day.

    Raises:
        InputError: there is nothing at the path.
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if not path.is_dir():
        raise InputError(f"{path}: expected a file or a folder to read, found nothing there; correct the recipe")
    digest = hashlib.sha256()
    for name in sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file() and p.name != CARD):
        digest.update(f"{name}\0{content_digest(path / name)}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _run(stage: Stage, paths: Mapping[str, Path], digests: dict[str, str], place: Path) -> Done:
    start = time.monotonic()
    place.mkdir(parents=True, exist_ok=True)
    stage.work(_filled(stage.settings, paths), place)
    took_s = round(time.monotonic() - start, 1)
    done = Done(place / stage.output, content_digest(place / stage.output), took_s, stage.settings, digests)
    record = {"name": stage.name, **{k: v for k, v in asdict(done).items() if k != "output"}}
    with atomic_file(place / RECORD) as file:
        file.write(json.dumps(record, indent=1, ensure_ascii=False).encode() + b"\n")
    return done


def _read(stage: Stage, place: Path) -> Done | None:
    """The stage as it was done; None where it was not, or not to the end."""
    try:
        record = json.loads((place / RECORD).read_bytes())
        output = place / stage.output
        done = Done(output, record["digest"], record["took_s"], record["settings"], record["inputs"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{place / RECORD}: expected a stage's record, found {error!r}; remove {place}") from error
    return done if output.exists() else None


def _reason(stage: Stage, digests: Mapping[str, str], place: Path) -> str:
    """Why a stage is not reused."""
    if (place / RECORD).exists():
        return "its result is gone"
    if place.exists():
        return "going on where it was cut off"
    earlier = [_read(stage, path) for path in place.parent.glob(f"{stage.name}-{'?' * _HASH_DIGITS}")]
    known = [done for done in earlier if done is not None]
    if not known:
        return "for the first time"
    changes = [
        differences(done.settings, stage.settings)
        + [f"other {name}" for name, digest in digests.items() if done.inputs.get(name) != digest]
        for done in known
    ]
    fewest = min(changes, key=len)
    more = ", ..." if len(fewest) > _MOST_REASONS else ""
    return "; ".join(fewest[:_MOST_REASONS]) + more


def _path(source: Path | Stage, done: Mapping[str, Done]) -> Path:
    return done[source.name].output if isinstance(source, Stage) else source


def _digest(source: Path | Stage, done: Mapping[str, Done]) -> str:
    return done[source.name].digest if isinstance(source, Stage) else content_digest(source)


def _filled(value: Any, paths: Mapping[str, Path]) -> Any:
    """The settings with paths in the places of inputs."""
    if isinstance(value, dict):
        return {key: _filled(part, paths) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, paths) for part in value]
    if isinstance(value, str) and value.startswith(INPUT):
        return str(paths[value.removeprefix(INPUT)])
    return value


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """The system opens the lock when the process ends, however it does."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError(
            "expected one process, found that a launcher started several; run a training that needs several by "
            "itself, with quorum train ssft or quorum train evaluator"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise InputError(f"{folder}: expected a folder to write to, found {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"{folder}: expected no other run in it, found one going on; wait for it") from error
        yield
