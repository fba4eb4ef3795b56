"""Stages: what is run, what is reused, and what a kill leaves."""

import fcntl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quorum.pipelines.stages import RECORD, Settings, Stage, content_digest, run_stages
from reasoning.errors import InputError


class Work:
    """Writes the settings and the input's text; remembers each call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fails_at: str | None = None

    def stage(self, name: str, before: Path | Stage, **settings: Any) -> Stage:
        settings = {"source": "input:before", **settings}
        return Stage(name=name, settings=settings, inputs={"before": before}, work=self._of(name), output="text")

    def _of(self, name: str) -> Any:
        def work(settings: Settings, folder: Path) -> None:
            self.calls.append(name)
            kept = {key: value for key, value in settings.items() if key not in ("source", "unseen")}
            text = Path(settings["source"]).read_text() + f"{name} {kept}\n"
            if self.fails_at == name:
                (folder / "half").write_text(text[:3])
                raise RuntimeError("out of luck")
            (folder / "text").write_text(text)

        return work


@pytest.fixture
def work() -> Work:
    return Work()


def chain(work: Work, tmp_path: Path, **changes: Any) -> list[Stage]:
    """Three stages, each on the one before; a keyword changes a setting of the stage it names."""
    source = tmp_path / "source"
    if not source.exists():
        source.write_text("source\n")
    before: Path | Stage = source
    stages = []
    for name in ("first", "second", "third"):
        before = work.stage(name, before, **changes.get(name, {"size": 1}))
        stages.append(before)
    return stages


def run(stages: list[Stage], tmp_path: Path, **options: Any) -> tuple[str, list[str]]:
    """The last stage's text and what was said."""
    said: list[str] = []
    done = run_stages(stages, tmp_path / "stages", say=said.append, **options)
    return done[stages[-1].name].output.read_text(), said


def test_each_stage_runs_once(work: Work, tmp_path: Path) -> None:
    first = run(chain(work, tmp_path), tmp_path)
    second = run(chain(work, tmp_path), tmp_path)
    assert work.calls == ["first", "second", "third"]
    assert first[0] == second[0] == "source\nfirst {'size': 1}\nsecond {'size': 1}\nthird {'size': 1}\n"
    assert first[1][1] == "[2/3] second: runs, for the first time"
    assert second[1] == [f"[{i}/3] {name}: reused, same settings and inputs" for i, name in enumerate(work.calls, 1)]


def test_a_changed_stage_reruns_it_and_what_follows(work: Work, tmp_path: Path) -> None:
    run(chain(work, tmp_path), tmp_path)
    work.calls.clear()
    text, said = run(chain(work, tmp_path, second={"size": 2}), tmp_path)
    assert work.calls == ["second", "third"]
    assert "second {'size': 2}" in text
    assert said[1:] == ["[2/3] second: runs, size: 1, now 2", "[3/3] third: runs, other before"]


def test_the_same_result_reruns_nothing_behind_it(work: Work, tmp_path: Path) -> None:
    run(chain(work, tmp_path), tmp_path)
    work.calls.clear()
    run(chain(work, tmp_path, second={"size": 1, "unseen": 2}), tmp_path)
    assert work.calls == ["second"]


def test_going_back_reuses_what_was_run_before(work: Work, tmp_path: Path) -> None:
    before = run(chain(work, tmp_path), tmp_path)[0]
    run(chain(work, tmp_path, first={"size": 2}), tmp_path)
    work.calls.clear()
    assert run(chain(work, tmp_path), tmp_path)[0] == before
    assert work.calls == []


def test_an_input_counts_by_its_content(work: Work, tmp_path: Path) -> None:
    run(chain(work, tmp_path), tmp_path)
    work.calls.clear()
    (tmp_path / "other").write_text("source\n")
    run([work.stage("first", tmp_path / "other", size=1)], tmp_path)
    assert work.calls == []
    (tmp_path / "source").write_text("changed\n")
    assert run(chain(work, tmp_path), tmp_path)[0].startswith("changed\n")
    assert work.calls == ["first", "second", "third"]


def test_a_stage_that_fails_is_not_done(work: Work, tmp_path: Path) -> None:
    work.fails_at = "second"
    with pytest.raises(RuntimeError, match="out of luck"):
        run(chain(work, tmp_path), tmp_path)
    assert work.calls == ["first", "second"]
    assert [path.parent.name.partition("-")[0] for path in tmp_path.rglob(RECORD)] == ["first"]
    work.fails_at = None
    text, said = run(chain(work, tmp_path), tmp_path)
    assert text.endswith("third {'size': 1}\n")
    assert said[1] == "[2/3] second: runs, going on where it was cut off"
    assert work.calls == ["first", "second", "second", "third"]


def test_a_lost_result_is_made_again(work: Work, tmp_path: Path) -> None:
    before = run(chain(work, tmp_path), tmp_path)[0]
    next((tmp_path / "stages").glob("third-*/text")).unlink()
    text, said = run(chain(work, tmp_path), tmp_path)
    assert (text, said[2]) == (before, "[3/3] third: runs, its result is gone")


def test_overwrite_starts_again(work: Work, tmp_path: Path) -> None:
    run(chain(work, tmp_path), tmp_path)
    run(chain(work, tmp_path), tmp_path, overwrite=True)
    assert work.calls == ["first", "second", "third"] * 2


def test_a_missing_input_is_named(work: Work, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: expected a file or a folder to read, found nothing there"):
        run([work.stage("first", tmp_path / "nowhere")], tmp_path)
    assert not list((tmp_path / "stages").glob("first-*"))


def test_one_process_at_a_time(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stages").mkdir()
    with (tmp_path / "stages" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="expected no other run in it"):
            run(chain(work, tmp_path), tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="expected one process"):
        run(chain(work, tmp_path), tmp_path)
    assert work.calls == []


def test_a_damaged_record_is_refused(work: Work, tmp_path: Path) -> None:
    run(chain(work, tmp_path), tmp_path)
    next((tmp_path / "stages").glob("second-*")).joinpath(RECORD).write_text("{}")
    with pytest.raises(InputError, match="expected a stage's record"):
        run(chain(work, tmp_path), tmp_path)


def test_the_digest_of_a_folder_leaves_out_the_card(tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "deep").mkdir(parents=True)
    (model / "deep" / "weights").write_text("1")
    before = content_digest(model)
    (model / "quorum.json").write_text("made at some place")
    assert content_digest(model) == before
    (model / "deep" / "weights").write_text("2")
    changed = content_digest(model)
    (model / "deep" / "weights").rename(model / "weights")
    assert len({before, changed, content_digest(model)}) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from quorum.pipelines.stages import Stage, run_stages

def grow(settings, folder):
    part = folder / "part"
    with part.open("a") as file:
        for line in range(len(part.read_text()), settings["lines"]):
            file.write("x")
            file.flush()
            if line == int(sys.argv[1]):
                os.kill(os.getpid(), signal.SIGKILL)
    os.replace(part, folder / "whole")

first = Stage(name="first", settings={"lines": 3}, inputs={}, work=grow, output="whole")
second = Stage(name="second", settings={"lines": 9}, inputs={"first": first}, work=grow, output="whole")
done = run_stages([first, second], Path("stages"), say=print)
"""


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    def start(kill_at: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILLED, str(kill_at)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert start(5).returncode == -9
    assert len(list(tmp_path.rglob(RECORD))) == 1
    assert [len(path.read_text()) for path in tmp_path.rglob("part")] == [6]
    done = start(-1)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[1/2] first: reused, same settings and inputs",
        "[2/2] second: runs, going on where it was cut off",
    ]
    assert sorted(path.read_text() for path in tmp_path.rglob("whole")) == ["x" * 3, "x" * 9]
