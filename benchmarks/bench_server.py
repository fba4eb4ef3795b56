"""What the server costs: reranking against a bare FastAPI app, and solving with 32 clients against one by one.

    python benchmarks/bench_server.py [--seconds 10]

Ratios of processor time and of throughput, both sides measured in one run, one after the other.
"""

import argparse
import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.load import Load, loaded, processor_s, request_bytes
from benchmarks.ratios import Ratio, ratio_of, tell
from tests.scripted_server import ROOT, scripted_server

CONNECTIONS = 16
CLIENTS = 32
BATCH_S = 0.05
ROUNDS = 3


def main() -> None:
    """Run both and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement, in all rounds")
    seconds = parser.parse_args().seconds
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores before the start")
    with scripted_server(cache_entries=0, history={"enabled": False}, max_active=64) as server, bare() as other:
        rerank(server.port, server.pid, *other, seconds)
        solve(server.port, seconds)


def rerank(port: int, pid: int, bare_port: int, bare_pid: int, seconds: float) -> None:
    """64 scored candidates."""
    draw = random.Random(0)
    candidates = [{"answer": str(draw.randint(1, 12)), "score": round(draw.random(), 4)} for _ in range(64)]
    body = {"candidates": candidates}
    servers = {
        "quorum": ("/v1/rerank", port, pid),
        "a bare FastAPI app that reranks alike": ("/v1/rerank", bare_port, bare_pid),
        "a bare FastAPI app that sums": ("/sum", bare_port, bare_pid),
    }
    costs_ms: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, (path, at, process) in servers.items():
            load, cost_ms = measured(at, process, request_bytes(path, body), seconds / ROUNDS)
            costs_ms[name].append(cost_ms)
            told(f"rerank of 64, {CONNECTIONS} connections, {name}, {cost_ms:.3f} ms of processor time each", load)
    for name in list(servers)[1:]:
        tell("rerank 64 over HTTP, processor time", name, ratio_of(costs_ms["quorum"], costs_ms[name]))


def told(name: str, load: Load) -> None:
    """Print what came back."""
    spread = f"p50 {load.quantile_ms(0.5):.1f} ms, p99 {load.quantile_ms(0.99):.1f} ms"
    print(f"{name}: {load.rate():.1f}/s, {spread}, statuses {dict(load.statuses)}", flush=True)


def measured(port: int, pid: int, sent: bytes, seconds: float) -> tuple[Load, float]:
    """The load, and the server's processor time for one request in milliseconds."""
    asyncio.run(loaded(port, lambda _: sent, connections=CONNECTIONS, seconds=1.0))
    before = processor_s(pid)
    load = asyncio.run(loaded(port, lambda _: sent, connections=CONNECTIONS, seconds=seconds))
    return load, 1000 * (processor_s(pid) - before) / max(1, sum(load.statuses.values()))


def solve(port: int, seconds: float) -> None:
    """A generator that takes 50 ms a batch, whatever is in it."""

    def sent(number: int) -> bytes:
        return request_bytes("/solve", {"question": f"batch {BATCH_S} {number}", "n": 8})

    gains = []
    for _ in range(ROUNDS):
        alone = asyncio.run(loaded(port, sent, connections=1, seconds=seconds / ROUNDS))
        together = asyncio.run(loaded(port, sent, connections=CLIENTS, seconds=seconds / ROUNDS))
        told(f"solve with {1000 * BATCH_S:.0f} ms a batch, 1 client", alone)
        told(f"the same, {CLIENTS} clients", together)
        print(f"one client's p99 adds {alone.quantile_ms(0.99) - 1000 * BATCH_S:.1f} ms")
        gains.append(together.rate() / alone.rate())
    tell(f"solve for {CLIENTS} clients at a time, answers a second", "one client after another", Ratio(tuple(gains)))


@contextlib.contextmanager
def bare() -> Iterator[tuple[int, int]]:
    """A bare server's port and process id."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "tests.bare_server", str(port)], cwd=ROOT)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
