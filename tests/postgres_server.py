"""A real PostgreSQL in a temporary folder, for as long as a test needs it."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")


def find_binaries() -> Path | None:
    """The folder of initdb and pg_ctl; None where there is no PostgreSQL, or no other user to run it as root."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(_DEBIAN.glob("*/bin"), reverse=True)
    usable = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    return usable[0] if usable and (os.geteuid() != 0 or _user() is not None) else None


@contextlib.contextmanager
def running(binaries: Path) -> Iterator["PostgresServer"]:
    """A new server on a free port of the loopback, gone with its data when the block ends."""
    with tempfile.TemporaryDirectory(prefix="quorum-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = _user()
        if os.geteuid() == 0 and user is not None:
            shutil.chown(folder, user=user)
        server = PostgresServer(binaries, folder / "data", _free_port())
        server.call("initdb", "-U", "quorum", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C")
        server.start()
        try:
            yield server
        finally:
            server.stop()


class PostgresServer:
    """Starts and stops; it may be started again on the same port with the same data."""

    def __init__(self, binaries: Path, data: Path, port: int) -> None:
        self._binaries, self._data, self._port = binaries, data, port

    @property
    def url(self) -> str:
        return f"postgresql://quorum@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self.call("pg_ctl", "start", "-w", "-l", str(self._data.parent / "log"), "-o", options)

    def stop(self) -> None:
        self.call("pg_ctl", "stop", "-w", "-m", "immediate")

    def call(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs, which refuse root, on the data."""
        command = [str(self._binaries / program), "-D", str(self._data), *arguments]
        user = _user() if os.geteuid() == 0 else None
        # Output to nothing: the server inherits it, and a pipe would stay open for as long as it runs.
        subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, env=_environment())


def _user() -> str | None:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
