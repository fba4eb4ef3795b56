"""`quorum env`: versions, devices and what is missing, as a bug report needs them."""

import argparse
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

DISTRIBUTION = "quorum-math"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PURPOSES = {
    None: "Quorum itself",
    "dev": "make test",
    "ray": "sample, score and rerank on many machines, with --backend ray",
    "vllm": "sampling in process on a GPU",
}


@dataclass(frozen=True)
class Device:
    """Where torch can compute.

    Attributes:
        memory_gib: its own memory; None where it shares the machine's.
        bf16: whether it has instructions for bfloat16; None where that is not known.
    """

    name: str
    description: str
    memory_gib: float | None
    bf16: bool | None


@dataclass(frozen=True)
class Missing:
    """Something absent, what it is for, and how to get it."""

    name: str
    needed_for: str
    remedy: str


@dataclass(frozen=True)
class Environment:
    """What this machine has. Versions are None where a dependency is not installed."""

    quorum: str | None
    python: str
    platform: str
    num_cpus: int
    memory_gib: float | None
    versions: dict[str, str | None]
    devices: tuple[Device, ...]
    missing: tuple[Missing, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the environment."""
    environment = inspect_environment()
    print(json.dumps(asdict(environment), indent=2) if args.json else as_text(environment))
    return 0


def inspect_environment() -> Environment:
    """Look at this machine. Imports torch, and nothing else of the dependencies, to ask for devices."""
    extras = dependencies()
    versions = {name: installed_version(name) for name in extras}
    return Environment(
        quorum=installed_version(DISTRIBUTION),
        python=platform.python_version(),
        platform=platform.platform(),
        num_cpus=os.cpu_count() or 1,
        memory_gib=memory_gib(),
        versions=versions,
        devices=devices() if versions.get("torch") else (),
        missing=(*missing_packages(extras, versions), *missing_programs()),
    )


def dependencies() -> dict[str, str | None]:
    """What Quorum asks for and the extra that asks for it, None for what is always needed; those come first.

    Nothing when Quorum is not installed, since what it asks for is read from what was installed.
    """
    try:
        requirements = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return {}
    found = {}
    for requirement in requirements:
        extra = re.search(r'extra == "([^"]+)"', requirement)
        system = re.search(r'sys_platform == "([^"]+)"', requirement)
        if system is None or system[1] == sys.platform:
            found[re.split(r"[^\w.-]", requirement, maxsplit=1)[0]] = extra[1] if extra else None
    return dict(sorted(found.items(), key=lambda item: item[1] is not None))


def installed_version(distribution: str) -> str | None:
    """The version of an installed distribution, read from its metadata; None when it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def memory_gib() -> float | None:
    """The machine's memory; None where the system does not say."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return round(size / 2**30, 1)


def devices() -> tuple[Device, ...]:
    """Where torch can compute, accelerators first."""
    import torch

    found = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        memory = round(properties.total_memory / 2**30, 1)
        with torch.cuda.device(index):
            found.append(Device(f"cuda:{index}", properties.name, memory, torch.cuda.is_bf16_supported()))
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU", None, torch.backends.mps.is_macos_or_newer(14, 0)))
    return (*found, cpu())


def cpu() -> Device:
    """The processor; where Linux does not describe it, only its architecture is known."""
    path = Path("/proc/cpuinfo")
    text = path.read_text() if path.exists() else ""
    model = re.search(r"^model name\s*: (.+)", text, flags=re.MULTILINE)
    # Without such instructions torch still computes bf16, but more slowly than float32.
    bf16 = bool(re.search(r"\b(avx512_|amx_)?bf16\b", text)) if text else None
    return Device("cpu", model[1] if model else platform.machine(), None, bf16)


def missing_packages(extras: Mapping[str, str | None], versions: Mapping[str, str | None]) -> Iterator[Missing]:
    """The dependencies that are not installed."""
    for name, extra in extras.items():
        if versions[name] is None:
            what = f".[{extra}]" if extra else "."
            remedy = f"pip install --constraint constraints.txt --editable '{what}'"
            yield Missing(name, PURPOSES[extra], remedy)


def missing_programs() -> Iterator[Missing]:
    """The programs that are not Python packages and not installed."""
    if not any(map(shutil.which, BROWSERS)):
        yield Missing("chromium", "the tests of the report's page", "apt-get install chromium")
    if sys.platform == "linux" and not shutil.which("bwrap"):
        purpose = "full Python programs in a sandbox"
        yield Missing("bubblewrap", purpose, "apt-get install bubblewrap")


def as_text(environment: Environment) -> str:
    """The environment for a reader: one line a fact."""
    memory = "unknown" if environment.memory_gib is None else f"{environment.memory_gib} GiB"
    lines = [
        f"quorum    {environment.quorum or 'not installed: pip install --editable .'}",
        f"python    {environment.python}",
        f"platform  {environment.platform}",
        f"cpus      {environment.num_cpus}",
        f"memory    {memory}",
        "",
        "devices",
        *(f"  {device_text(device)}" for device in environment.devices),
        "",
        "dependencies",
        *(f"  {name:<24} {installed or '-'}" for name, installed in environment.versions.items()),
        "",
        "missing" if environment.missing else "nothing is missing",
        *(f"  {item.name}: for {item.needed_for}; {item.remedy}" for item in environment.missing),
    ]
    return "\n".join(lines)


def device_text(device: Device) -> str:
    """One device on one line."""
    memory = "" if device.memory_gib is None else f", {device.memory_gib} GiB"
    bf16 = {True: "yes", False: "no", None: "unknown"}[device.bf16]
    return f"{device.name:<8} {device.description}{memory}, bf16 {bf16}"
