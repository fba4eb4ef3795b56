"""Load on a server: many connections that ask one request after the other, in one thread."""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Load:
    """What came back.

    Attributes:
        statuses: how often each came; 0 for a connection that broke.
        seconds: of each answer, by status.
        wall_s: of all.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: dict[int, list[float]] = field(default_factory=dict)
    wall_s: float = 0.0

    def add(self, status: int, took_s: float) -> None:
        self.statuses[status] += 1
        self.seconds.setdefault(status, []).append(took_s)

    def rate(self, status: int = 200) -> float:
        """Answers a second."""
        return self.statuses[status] / self.wall_s

    def quantile_ms(self, share: float, status: int = 200) -> float:
        """Milliseconds within which this share of the answers came."""
        ordered = sorted(self.seconds.get(status, [0.0]))
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request_bytes(path: str, body: dict[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content


class Asking(asyncio.Protocol):
    """One connection: asks, and asks again once the answer is there.

    A bare protocol, since what measures runs on the same cores as what is measured.
    """

    def __init__(self, sent: Callable[[int], bytes], load: Load, *, until: float, most: float, name: int) -> None:
        self._sent, self._load = sent, load
        self._until, self._most = until, most
        self._number, self._last = name * 1_000_000, name * 1_000_000 + most
        self._received = b""
        self.over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()  # whether it broke

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self._received = body[length:]
        self._load.add(int(head.split(b" ", 2)[1]), time.monotonic() - self._asked)
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self._load.add(0, time.monotonic() - self._asked)
            self.over.set_result(True)

    def _ask(self) -> None:
        self._asked = time.monotonic()
        if self._asked >= self._until or self._number >= self._last:
            self.over.set_result(False)
            self._transport.close()
            return
        self._transport.write(self._sent(self._number))
        self._number += 1


async def loaded(
    port: int, sent: Callable[[int], bytes], *, connections: int, seconds: float, most: float = float("inf")
) -> Load:
    """All connections, for some seconds or until each has had `most` answers; one that breaks is made anew."""
    load, start = Load(), time.monotonic()
    until = start + seconds
    loop = asyncio.get_running_loop()

    async def ask(name: int) -> None:
        is_broken = True
        while is_broken and time.monotonic() < until:
            try:
                _, asking = await loop.create_connection(
                    lambda: Asking(sent, load, until=until, most=most, name=name), "127.0.0.1", port
                )
            except OSError:
                load.add(0, 0.0)
                await asyncio.sleep(0.01)
                continue
            is_broken = await asking.over

    await asyncio.gather(*(ask(name) for name in range(connections)))
    load.wall_s = time.monotonic() - start
    return load


def processor_s(pid: int) -> float:
    """Processor seconds that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def num_descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
