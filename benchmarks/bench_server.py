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
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.load import Load, loaded, processor_s, request_bytes
from tests.scripted_server import ROOT, scripted_server

CONNECTIONS = 16
CLIENTS = 32
BATCH_S = 0.05


def main() -> None:
    """Run both and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
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
    answered = {}
    for name, path, at, process in (
        ("quorum", "/v1/rerank", port, pid),
        ("bare FastAPI that reranks alike", "/v1/rerank", bare_port, bare_pid),
        ("bare FastAPI that sums", "/sum", bare_port, bare_pid),
    ):
        sent = request_bytes(path, body)
        load, cost_ms = answered[name] = measured(at, process, lambda _, sent=sent: sent, seconds)  # type: ignore[misc]
        told(f"rerank of 64, {CONNECTIONS} connections, {name}, {cost_ms:.3f} ms of processor time each", load)
    ours, our_ms = answered.pop("quorum")
    for name, (load, cost_ms) in answered.items():
        print(
            f"quorum over {name}: processor time {our_ms / cost_ms:.2f}, throughput {ours.rate() / load.rate():.2f}",
            flush=True,
        )


def told(name: str, load: Load) -> None:
    """Print what came back."""
    spread = f"p50 {load.quantile_ms(0.5):.1f} ms, p99 {load.quantile_ms(0.99):.1f} ms"
    print(f"{name}: {load.rate():.1f}/s, {spread}, statuses {dict(load.statuses)}", flush=True)


def measured(port: int, pid: int, sent: Callable[[int], bytes], seconds: float) -> tuple[Load, float]:
    """The load, and the server's processor time for one request in milliseconds."""
    asyncio.run(loaded(port, sent, connections=CONNECTIONS, seconds=1.0))
    before = processor_s(pid)
    load = asyncio.run(loaded(port, sent, connections=CONNECTIONS, seconds=seconds))
    return load, 1000 * (processor_s(pid) - before) / max(1, sum(load.statuses.values()))


def solve(port: int, seconds: float) -> None:
    """A generator that takes 50 ms a batch, whatever is in it."""

    def sent(number: int) -> bytes:
        return request_bytes("/solve", {"question": f"batch {BATCH_S} {number}", "n": 8})

    alone = asyncio.run(loaded(port, sent, connections=1, seconds=seconds))
    together = asyncio.run(loaded(port, sent, connections=CLIENTS, seconds=seconds))
    told(f"solve with {1000 * BATCH_S:.0f} ms a batch, 1 client", alone)
    told(f"the same, {CLIENTS} clients", together)
    gain, added_ms = together.rate() / alone.rate(), alone.quantile_ms(0.99) - 1000 * BATCH_S
    print(f"throughput, {CLIENTS} clients over one: {gain:.1f}; one client's p99 adds {added_ms:.1f} ms")


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
