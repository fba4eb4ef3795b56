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


async def ask(port: int, sent: Callable[[int], bytes], load: Load, *, until: float, most: float, name: int) -> None:
    """One connection."""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    number = 0
    while time.monotonic() < until and number < most:
        start = time.monotonic()
        try:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent(name * 1_000_000 + number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            load.add(int(head.split(b" ", 2)[1]), time.monotonic() - start)
        except (OSError, asyncio.IncompleteReadError, IndexError):
            load.add(0, time.monotonic() - start)
            reader = writer = None
        number += 1
    if writer is not None:
        writer.close()


async def loaded(
    port: int, sent: Callable[[int], bytes], *, connections: int, seconds: float, most: float = float("inf")
) -> Load:
    """All connections, for some seconds or until each has had `most` answers."""
    load, start = Load(), time.monotonic()
    until = start + seconds
    await asyncio.gather(*(ask(port, sent, load, until=until, most=most, name=i) for i in range(connections)))
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
