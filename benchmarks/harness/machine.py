"""What the numbers were taken on, and how quiet it was."""

import os
import platform
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import cxrelay
from cxrelay import _core

PEERS = ("pydantic", "msgspec", "orjson", "httpx", "persist-queue")


def describe() -> dict[str, str]:
    """Processor, system and versions, as text."""
    libraries = ", ".join(f"{name} {number}" for name, number in _core.library_versions().items())
    peers = ", ".join(f"{name} {version(name)}" for name in PEERS)
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} x {_processor()}",
        "system": f"Linux {platform.release()}, {platform.freedesktop_os_release()['PRETTY_NAME']}",
        "cxrelay": f"{cxrelay.__version__} ({libraries})",
        "python": f"CPython {platform.python_version()}, sqlite3 {sqlite3.sqlite_version}, {peers}",
    }


def _processor() -> str:
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def noise() -> str:
    """A warning if others use the machine; empty if it is quiet."""
    load = os.getloadavg()[0]
    if load < 0.7 * (os.cpu_count() or 1):
        return ""
    return f"load average {load:.1f} at the start: others used the machine, so trust ratios only"


def two_cores() -> tuple[int | None, int | None]:
    """A core for the client and one for the server; None where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Keeps this thread, and those that it starts meanwhile, on one core."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
