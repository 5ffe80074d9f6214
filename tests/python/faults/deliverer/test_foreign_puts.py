"""A deliverer without work notices what another process puts, and costs next to nothing until then."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from service_process import Service, event, wait_until

from cxrelay import Simulator, _core
from support import strace

NOTICED_S = 1.0  # looked for ten times a second
IDLE_S = 5.0
IDLE_CPU_S = 0.25  # 5 %; it takes a fraction of that
HEARTBEATS = 2  # in so short a time

StartService = Callable[..., Service]


@pytest.fixture
def idle(start_service: StartService, cxone_simulator: Simulator) -> Service:
    """It has delivered, so that it is the deliverer and its connection stands."""
    service = start_service()
    service.ask("put", event(1))
    cxone_simulator.wait_for_requests(1, kind="batch")
    return service


def put(queue: _core.Queue, number: int) -> float:
    """As another process; returns when the receipt was there."""
    queue.put(f"key{number}", f"i-{number}", number, b"", b'{"attributes":{"a":"1"}}')
    return time.monotonic()


def test_a_put_of_another_process_is_delivered_at_once(
    idle: Service, cxone_simulator: Simulator, path: Path
) -> None:
    queue = _core.Queue(str(path))
    took = []
    for number in range(2, 8):
        settled = number - 1
        wait_until(
            lambda settled=settled: queue.stats().completed == settled,
            "the settlement of the one before",
        )
        stored = put(queue, number)
        seen = cxone_simulator.wait_for_requests(number, kind="batch")[-1]
        took.append(seen.received_at - stored)
    print(f"delivered after {', '.join(f'{each * 1000:.0f}' for each in took)} ms")
    assert max(took) < NOTICED_S
    queue.close()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:13]) / os.sysconf("SC_CLK_TCK")


def test_waiting_costs_next_to_nothing(idle: Service) -> None:
    before = cpu_s(idle.pid)
    time.sleep(IDLE_S)  # what is measured is a time in which nothing happens
    used = cpu_s(idle.pid) - before
    print(f"{used:.2f} s of CPU in {IDLE_S:.0f} s")
    assert used < IDLE_CPU_S


def test_waiting_leaves_the_disk_alone(idle: Service, path: Path, tmp_path: Path) -> None:
    """The look itself is a lock on shared memory; only the heartbeats are written."""
    strace.require_strace()
    log = tmp_path / "strace.log"
    calls = "read,pread64,write,pwrite64,fsync,fdatasync,ftruncate,openat,fcntl"
    command = ["strace", "-f", "-y", "-o", log, "-e", f"trace={calls}", "-p", str(idle.pid)]
    files = [str(path), f"{path}-wal", f"{path}-shm"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        time.sleep(IDLE_S)
        tracer.terminate()
    made = [re.match(r"\d+ +(\w+)\(\d+<([^>]*)>", line) for line in log.read_text().splitlines()]
    counts = Counter((call[1], call[2]) for call in made if call and call[2] in files)
    print(counts)
    assert counts["fcntl", f"{path}-shm"] > 20  # it did look
    assert counts["fdatasync", f"{path}-wal"] <= HEARTBEATS
    others = {call: n for call, n in counts.items() if call[0] not in ("fcntl", "fdatasync")}
    assert sum(others.values()) < 20 * HEARTBEATS
