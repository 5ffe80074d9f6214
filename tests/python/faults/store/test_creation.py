"""Several processes make the queue file at once, as the workers of a service do at its first start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cxrelay import _core

PROCESSES = 12
ROUNDS = 6

CREATES = """
import sys
from cxrelay import _core

print("ready", flush=True)
sys.stdin.read()
queue = _core.Queue(sys.argv[1])
queue.put(sys.argv[2], sys.argv[2], 1, b"", b'{"a":1}')
"""


class Gate:
    """Processes wait at it and go on in the same moment: all read from one pipe, which is closed."""

    def __init__(self) -> None:
        self.exit, self.entrance = os.pipe()

    def start(self, path: Path, number: int, *prefix: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-c", CREATES, path, f"i{number}"],
            stdin=self.exit,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def open(self) -> None:
        os.close(self.entrance)
        os.close(self.exit)


def last_error(process: subprocess.Popen[str]) -> str:
    errors = process.communicate()[1].splitlines()
    return errors[-1] if errors else ""


def test_all_of_them_can(memory_folder: Path) -> None:
    errors = []
    for number in range(ROUNDS):
        path = memory_folder / f"queue-{number}.db"
        gate = Gate()
        processes = [gate.start(path, n) for n in range(PROCESSES)]
        gate.open()
        errors += [error for process in processes if (error := last_error(process))]
        queue = _core.Queue(str(path))
        assert queue.check().ok
        queue.close()
    assert errors == []


@pytest.mark.usefixtures("traceable")
def test_one_that_saw_no_file_uses_that_of_the_other(memory_folder: Path) -> None:
    """One is stopped when it has seen that there is no file; the other makes it meanwhile."""
    path = memory_folder / "queue.db"
    log = memory_folder / "strace.log"
    log.touch()
    stop = "inject=newfstatat:signal=SIGSTOP:when=1"
    gate, other_gate = Gate(), Gate()
    first = gate.start(
        path, 1, "strace", "-f", "-o", log, "-P", path, "-e", "newfstatat", "-e", stop
    )
    second = other_gate.start(path, 2)
    gate.open()
    stopped = wait_for_text(log, "stopped by SIGSTOP")
    other_gate.open()
    assert last_error(second) == ""
    os.kill(int(stopped.split()[0]), signal.SIGCONT)
    assert last_error(first) == ""
    assert _core.Queue(str(path)).stats().accepted == 2


def wait_for_text(log: Path, text: str, timeout_s: float = 20) -> str:
    """The line of a growing file that has `text`."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        for line in log.read_text().splitlines():
            if text in line:
                return line
    raise AssertionError(f"no {text!r} in {log.read_text()!r}")
