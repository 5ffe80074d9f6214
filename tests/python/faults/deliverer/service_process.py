"""The services of a test, from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from cxrelay import Simulator, _core

SERVICE = Path(__file__).with_name("service.py")
PATIENCE_S = 60.0


def event(number: int, interaction: str | None = None) -> str:
    """A webhook body."""
    content = {
        "interactionId": interaction or f"i-{number}",
        "contactId": "c-1",
        "timestamp": f"2024-05-15T10:{number // 60:02}:{number % 60:02}Z",
        "attributes": {"queueName": f"Queue {number}"},
    }
    return json.dumps(content)


class Service:
    """One process that runs ``service.py``.

    Args:
        path: the queue file.
        simulator: where it delivers.
        folder: for what it writes to the standard error.
        preload: a library to be loaded into it.
        stop_s: how long it waits for requests under way at its end.
        target: further settings of the target.
    """

    def __init__(
        self,
        path: Path,
        simulator: Simulator,
        folder: Path,
        preload: Path | None = None,
        stop_s: float = 30.0,
        **target: Any,
    ) -> None:
        settings = {
            "queue": str(path),
            "base_url": simulator.base_url,
            "token_url": simulator.token_url,
            "client_id": simulator.client_id,
            "client_secret": simulator.client_secret,
            "stop_s": stop_s,
            "target": target,
        }
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        if preload is not None:
            environment["LD_PRELOAD"] = str(preload)
        self._log = (folder / f"service-{time.monotonic_ns()}.log").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, SERVICE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment,
        )
        self._send(settings)
        assert self._answer() == "started", self.log

    @property
    def log(self) -> str:
        """What it has logged."""
        return Path(self._log.name).read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, word: str, *arguments: Any) -> Any:
        """Let it do something; returns its answer."""
        self._send([word, *arguments])
        return self._answer()

    def signal(self, number: signal.Signals) -> float:
        """Sends a signal and returns when."""
        self._process.send_signal(number)
        return time.monotonic()

    def kill(self) -> float:
        """Kills it and returns when."""
        killed = self.signal(signal.SIGKILL)
        self._process.wait()
        return killed

    def wait(self) -> int:
        """Its exit code."""
        return self._process.wait(PATIENCE_S)

    def wait_for_log(self, text: str) -> None:
        """Until it has logged this."""
        wait_until(lambda: text in self.log, f"{text!r} in the log")

    def close(self) -> None:
        """Whatever it does: it is gone afterwards."""
        self._process.kill()  # also ends a stopped one
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            assert stream is not None
            stream.close()

    def _send(self, value: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else None


def wait_until(condition: Any, what: str) -> None:
    """Until a fact of another process is there; there is no signal to wait on."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)


def read_only(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the file as it is."""
    queue = _core.Queue(str(path))
    try:
        return queue.query(sql)
    finally:
        queue.close()
