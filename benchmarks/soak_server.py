"""Hard times for a server: ten times overload, clients that leave, engines that are killed.

python benchmarks/soak_server.py [--seconds 20] [--leavers 1000]
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.load import loaded, memory_mb, num_descriptors, request_bytes
from tests.scripted_server import ScriptedServer, scripted_server

LIMITS: dict[str, Any] = {"max_active": 16, "max_waiting": 8, "cache_entries": 0, "history": {"enabled": False}}
OVERLOAD = 256  # connections


def sent(number: int) -> bytes:
    """A question that nobody asked before, and an engine that takes 50 ms a batch."""
    return request_bytes("/solve", {"question": f"batch 0.05 {number}", "n": 4})


def main() -> None:
    """Run all and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="of overload, and of killing")
    parser.add_argument("--leavers", type=int, default=1000)
    arguments = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the start")
    with scripted_server(has_judge=True, **LIMITS) as server:
        overload(server, arguments.seconds)
        leave(server, arguments.leavers)
        kill(server, arguments.seconds)


def overload(server: ScriptedServer, seconds: float) -> None:
    """More than ten times as many clients as places and queue can hold."""
    peak = asyncio.run(loaded(server.port, sent, connections=24, seconds=max(3.0, seconds / 4)))
    before_mb = memory_mb(server.pid)
    load = asyncio.run(loaded(server.port, sent, connections=OVERLOAD, seconds=seconds))
    grown_mb = memory_mb(server.pid) - before_mb
    after = asyncio.run(loaded(server.port, sent, connections=1, seconds=5, most=3))
    print(
        f"overload, {OVERLOAD} connections: statuses {dict(load.statuses)}, 503 within p99 "
        f"{load.quantile_ms(0.99, 503):.0f} ms, accepted {load.rate():.0f}/s of {peak.rate():.0f}/s at peak "
        f"({load.rate() / max(peak.rate(), 0.001):.2f}), memory {grown_mb:+.1f} MB, "
        f"afterwards p99 {after.quantile_ms(0.99):.0f} ms"
    )


def leave(server: ScriptedServer, num_leavers: int) -> None:
    """Clients that go away before their answer."""
    before = num_descriptors(server.pid)
    asyncio.run(_leavers(server.port, num_leavers))
    time.sleep(1.0)
    held = asyncio.run(loaded(server.port, sent, connections=16, seconds=10, most=2))
    left = num_descriptors(server.pid) - before
    print(f"{num_leavers} clients that left: {left} descriptors more, then 16 at a time: {dict(held.statuses)}")


async def _leavers(port: int, num_leavers: int) -> None:
    for first in range(0, num_leavers, 20):
        await asyncio.gather(*(_leaver(port, first + i) for i in range(20)))


async def _leaver(port: int, number: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent(10**9 + number))
    await asyncio.sleep(0.001 * (number % 60))
    writer.transport.abort()


def kill(server: ScriptedServer, seconds: float) -> None:
    """kill -9 of the engine every few seconds under load."""

    async def run() -> tuple[dict[int, int], int]:
        load = asyncio.create_task(loaded(server.port, sent, connections=8, seconds=seconds))
        num_killed = 0
        while not load.done():
            await asyncio.wait({load}, timeout=4.0)
            if not load.done():
                os.kill(server.engine_pid(), signal.SIGKILL)
                num_killed += 1
        return dict(load.result().statuses), num_killed

    statuses, num_killed = asyncio.run(run())
    started = [entry for entry in server.entries() if entry["event"] == "engine ready" and entry["generator"]]
    print(f"{num_killed} kills under 8 clients: statuses {statuses} (8 may fail a kill), {len(started)} engines")


if __name__ == "__main__":
    main()
