"""The programs of ``benchmarks/native``: found, run, read."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

PROGRAMS = Path(__file__).parents[2] / "build/release/benchmarks/native"


def program(name: str) -> str:
    """The path of a program; CXRELAY_BENCHMARK_PROGRAMS names another folder to look in."""
    path = Path(os.environ.get("CXRELAY_BENCHMARK_PROGRAMS", PROGRAMS)) / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run scripts/bench, which builds it")
    return str(path)


def run_program(name: str, **options: object) -> dict[str, Any]:
    """Runs a program to its end; returns the JSON object that it prints."""
    command = [program(name)]
    for option, value in options.items():
        command += [f"--{option.replace('_', '-')}", str(value)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class BareServer:
    """A running server; its address and what it has counted."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid
        self.url = f"http://127.0.0.1:{port}"

    def items(self) -> int:
        """Updates that batches have brought so far."""
        return int(httpx.get(f"{self.url}/counts").json()["items"])


@contextmanager
def bare_server(latency_ms: int = 0, core: int | None = None) -> Iterator[BareServer]:
    """A bare server, on one core if given; it ends with the block or with this process."""
    process = subprocess.Popen(
        [program("bare_server"), "--latency-ms", str(latency_ms)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(process.stdout.readline())
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        try:
            yield BareServer(port, process.pid)
        finally:
            process.stdin.close()
