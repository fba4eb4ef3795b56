"""Full Python with unit tests, kept from the machine."""

import platform
from collections.abc import Iterator

import pytest

from reasoning.errors import InputError
from reasoning.programs.sandbox import check_available, passes_tests

TESTS = "assert square(3) == 9"
SQUARE = "def square(x):\n    return x * x\n"


def is_available() -> bool:
    try:
        check_available()
    except InputError:
        return False
    return True


needs_bubblewrap = pytest.mark.skipif(not is_available(), reason="bubblewrap may not be used here")


@needs_bubblewrap
@pytest.mark.parametrize(
    ("program", "passes"),
    [
        (SQUARE, True),
        ("import re, json, collections\n" + SQUARE, True),
        ("import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()\n" + SQUARE, True),
        ("open('/tmp/mine', 'w').write('x')\n" + SQUARE, True),
        ("def square(x):\n    return x + x\n", False),
        ("def square(x) return", False),
        ("raise SystemExit(0)\n" + SQUARE, False),
        ("import os\nos._exit(0)\n", False),
    ],
)
def test_reward_is_that_all_tests_pass(program: str, passes: bool) -> None:
    assert passes_tests(program, TESTS) is passes


@needs_bubblewrap
@pytest.mark.parametrize(
    "hostile",
    [
        "import os\nif os.fork() == 0: os._exit(0)",
        "import os\nos.posix_spawn('/usr/bin/true', ['true'], {})",
        "import socket\nsocket.create_connection(('127.0.0.1', 22), 2)",
        "open('/etc/passwd').read()",
        "open('/usr/mine', 'w')",
        "memory = bytearray(3 << 30)",
        "open('/tmp/mine', 'wb').write(bytes(64 << 20))",
        "import torch",
    ],
)
def test_what_reaches_for_the_machine_fails(hostile: str) -> None:
    assert not passes_tests(f"{hostile}\n{SQUARE}", TESTS)


@needs_bubblewrap
def test_nothing_of_the_host_is_seen() -> None:
    hidden = f"import os\nassert not os.path.exists({__file__!r})\nassert not os.path.exists('/proc/self')\n"
    assert passes_tests(f"{hidden}assert len(os.environ) <= 2, os.environ\n{SQUARE}", TESTS)


@needs_bubblewrap
@pytest.mark.parametrize(
    "endless", ["while True: pass", "while True: print('x' * 1000)", "import time; time.sleep(99)"]
)
def test_what_does_not_end_is_ended(endless: str) -> None:
    assert not passes_tests(f"{endless}\n{SQUARE}", TESTS, wall_s=0.8)


@pytest.fixture
def unknown() -> Iterator[None]:
    """What is known of the machine is forgotten, before and after."""
    check_available.cache_clear()
    yield
    check_available.cache_clear()


@pytest.mark.usefixtures("unknown")
def test_without_bubblewrap_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match=r"found no program `bwrap`; install it, as with apt-get install bubblewrap"):
        passes_tests(SQUARE, TESTS)


@pytest.mark.usefixtures("unknown")
def test_without_user_namespaces_it_is_refused(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("bin")
    (folder / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    (folder / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    with pytest.raises(InputError, match="found: bwrap: No permissions to create new namespace; allow user namespaces"):
        passes_tests(SQUARE, TESTS)


@pytest.mark.usefixtures("unknown")
def test_on_another_kind_of_machine_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(InputError, match="expected Linux on x86_64 or aarch64"):
        passes_tests(SQUARE, TESTS)
