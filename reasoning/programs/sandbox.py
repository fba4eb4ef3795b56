"""Full Python with unit tests: one process a program, under bubblewrap, off unless a recipe asks for it.

The program sees Python's own library and an empty folder to write to; no network, no other file, no other process, and
it can start none. What `limits.py` counts is not counted here: these are limits of time and memory, so a program near
one of them may pass on one machine and fail on another.

A program that fails its tests cannot pass by ending early, for passing is told through a channel with a secret. One
that is written to find that secret, or to change what `assert` or a tested builtin means, could: what is run here is
kept from the machine, not from its own tests.
"""

import os
import platform
import secrets
import shutil
import struct
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from reasoning.errors import InputError

MAX_CHARACTERS = 100_000  # of a program and of its tests
CPU_S = 10
WALL_S = 60.0  # far more, since a busy machine must not fail a program
MEMORY_BYTES = 1 << 30
FILE_BYTES = 16 << 20

_PROBE_S = 60.0
# The limits are set inside, so that they hold for the program alone; what is exec'ed then reads the program
_LIMITED = f"""
import os, resource, sys
for name, most in (("CPU", {CPU_S}), ("AS", {MEMORY_BYTES}), ("FSIZE", {FILE_BYTES}), ("NOFILE", 64), ("CORE", 0)):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (most, most))
os.execv(sys.executable, [sys.executable, "-I", "-S", "-B", "-"])
"""
# system calls that start processes: machine -> (audit architecture, clone, clone3, others)
_CALLS = {
    "x86_64": (0xC000003E, 56, 435, (57, 58)),
    "aarch64": (0xC00000B7, 220, 435, ()),
}
_CLONE_THREAD = 0x00010000
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026


def passes_tests(program: str, tests: str, *, wall_s: float = WALL_S) -> bool:
    """Whether a program runs, and its tests behind it, to the end.

    Args:
        program: any Python; hostile.
        tests: Python that raises where the program is wrong, as `assert f(2) == 4`.
        wall_s: seconds after which it has failed; it fails sooner by its limit of processor time.

    Raises:
        InputError: bubblewrap is missing, or may not be used here; it says which.
    """
    check_available()
    if len(program) > MAX_CHARACTERS or len(tests) > MAX_CHARACTERS or "\0" in program:
        return False
    secret = secrets.token_hex(16)
    read_end, write_end = os.pipe()
    try:
        try:
            source = f"{program}\n\n{tests}\n\nimport os\nos.write({write_end}, b'{secret}')\n"
            _run(source, keep=write_end, wall_s=wall_s)
        finally:
            os.close(write_end)
        return os.read(read_end, 2 * len(secret)) == secret.encode()
    finally:
        os.close(read_end)


@cache
def check_available() -> None:
    """Refuse to go on where programs cannot be kept apart from the machine.

    Raises:
        InputError: bubblewrap is missing, or user namespaces are not allowed, or the machine is of another kind.
    """
    if platform.machine() not in _CALLS or sys.platform != "linux":
        raise InputError(
            f"expected Linux on x86_64 or aarch64 to run code with unit tests, found {sys.platform} on "
            f"{platform.machine()}; use grading text or program"
        )
    if shutil.which("bwrap") is None:
        raise InputError(
            "expected bubblewrap to run code with unit tests, found no program `bwrap`; install it, as with "
            "apt-get install bubblewrap, or use grading text or program"
        )
    message = _run("", keep=None, wall_s=_PROBE_S)
    if message is not None:
        raise InputError(
            f"expected bubblewrap to start a program, found: {message}; allow user namespaces "
            "(sysctl kernel.unprivileged_userns_clone=1, or a container with them), or use grading text or program"
        )


def _run(source: str, *, keep: int | None, wall_s: float) -> str | None:
    """Run a source to its end; None, or what bubblewrap or Python said where it did not end well."""
    with tempfile.TemporaryFile() as seccomp:
        seccomp.write(_no_processes())
        seccomp.seek(0)
        passed = (seccomp.fileno(), *(() if keep is None else (keep,)))
        try:
            done = subprocess.run(
                _command(seccomp.fileno()),
                input=source.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE if keep is None else subprocess.DEVNULL,  # what a program says is not read
                timeout=wall_s,
                pass_fds=passed,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return "no end"
        if done.returncode == 0:
            return None
        lines = (done.stderr or b"").decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {done.returncode}"


def _command(seccomp: int) -> list[str]:
    python = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # not the virtual environment's link
    roots = [Path("/usr"), Path("/lib"), Path("/lib64"), Path("/lib32"), Path("/bin"), Path(sys.base_prefix).resolve()]
    binds: list[str] = []
    for root in dict.fromkeys(roots):
        if root.is_symlink():
            binds += ["--symlink", os.readlink(root), str(root)]
        elif root.exists() and (root == roots[0] or not root.is_relative_to(roots[0])):
            binds += ["--ro-bind", str(root), str(root)]
    bwrap = shutil.which("bwrap") or "bwrap"
    apart = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    places = ["--dev", "/dev", "--size", str(FILE_BYTES), "--tmpfs", "/tmp", "--chdir", "/tmp"]
    return [bwrap, *apart, "--seccomp", str(seccomp), *binds, *places, str(python), "-I", "-S", "-B", "-c", _LIMITED]


def _no_processes() -> bytes:
    """A filter of system calls in which no process can be started, but threads can.

    Other architectures' calls are refused, x86_64's with 32-bit pointers among them.
    """
    architecture, clone, clone3, others = _CALLS[platform.machine()]
    load, jump_if, jump_from, jump_set, give = 0x20, 0x15, 0x35, 0x45, 0x06
    program = [
        (load, 0, 0, 4),  # the architecture
        (jump_if, 1, 0, architecture),
        (give, 0, 0, _EPERM),
        (load, 0, 0, 0),  # the call's number
        (jump_from, 0, 1, 0x40000000),
        (give, 0, 0, _EPERM),
        (jump_if, 0, 1, clone3),
        (give, 0, 0, _ENOSYS),  # the C library then takes clone, whose flags can be seen
    ]
    for call in others:
        program += [(jump_if, 0, 1, call), (give, 0, 0, _EPERM)]
    program += [
        (jump_if, 0, 3, clone),
        (load, 0, 0, 16),  # the low half of the first argument
        (jump_set, 1, 0, _CLONE_THREAD),
        (give, 0, 0, _EPERM),
        (give, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
