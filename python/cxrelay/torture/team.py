"""The processes, seen from outside: started, killed, stopped, continued, ended in order."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from .settings import QUEUE_FILE, Scene, WorkerSettings

WORKER_COMMAND = (sys.executable, "-P", "-m", "cxrelay.torture.worker")

_READY_S = 60.0
_END_S = 35.0  # a process has 30 s to settle what is in flight
_MOST_TOLD = 300


def _private(path: str, flags: int) -> int:
    """Opens a file that nobody else may read."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


class Team:
    """All processes of a stretch. A context manager: none outlives it.

    Args:
        count: how many.
        scene: what they are told.
        command: what runs one of them.
    """

    def __init__(self, count: int, scene: Scene, command: Sequence[str] = WORKER_COMMAND) -> None:
        self._scene = scene
        self._command = command
        self._lock_file = Path(scene.folder) / (QUEUE_FILE + ".deliverer")
        self._processes: list[subprocess.Popen[str] | None] = [None] * count
        self._lives: list[int | None] = [None] * count
        self._unready: set[int] = set()
        self._stopped: set[int] = set()
        self.did: Counter[str] = Counter()
        """How often what was done; the keys are those of the report."""
        self.problems: list[str] = []
        """What no process may do: end by itself, or not end when it is asked to."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in self._processes:
            if process is not None:
                process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()

    # ---- life ----

    def start_missing(self, life: int) -> None:
        """Starts each process that does not run; does not wait until it is at work."""
        for number, process in enumerate(self._processes):
            if process is None:
                self._start(number, life)

    def _start(self, number: int, life: int) -> None:
        settings = WorkerSettings(
            scene=self._scene,
            worker=number,
            life=life,
            before=self._lives[number],
            parent=os.getpid(),
        )
        with open(self._error_log(number), "ab", opener=_private) as errors:
            # A process group of its own: Ctrl-C is for the parent to decide on.
            process = subprocess.Popen(  # noqa: S603 - this interpreter, our own text
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                process_group=0,
                # The child must find this package where this process found it.
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        self._processes[number] = process
        self._lives[number] = life
        self._unready.add(number)
        self.did["starts"] += 1
        assert process.stdin is not None
        # One that has ended already is missed later.
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(settings.to_json() + "\n")

    def wait_until_ready(self) -> None:
        """Waits until every process is at work; one that is not in a minute is a problem."""
        deadline = time.monotonic() + _READY_S
        while self._unready:
            if not self._note_ready(max(0, deadline - time.monotonic())):
                count = len(self._unready)
                self.problems.append(f"{count} processes were not at work within a minute")
                return

    def _note_ready(self, timeout_s: float = 0.0) -> bool:
        """Hears who has come to work since the last time; False if nobody has."""
        waiting = {self._stdout(number): number for number in self._unready}
        heard, _, _ = select.select(list(waiting), [], [], timeout_s)
        for stream in heard:
            # An empty line is the end of a process; that is noted where it is missed.
            stream.readline()
            self._unready.discard(waiting[stream])
        return bool(heard)

    def _stdout(self, number: int) -> IO[str]:
        process = self._processes[number]
        assert process is not None
        assert process.stdout is not None
        return process.stdout

    def end(self) -> None:
        """Asks all to end, and waits until they have."""
        for number in list(self._stopped):
            self.resume(number)
        running = [number for number in range(len(self._processes)) if self._runs(number)]
        if not running:
            return
        self._note_ready()
        for number in running:
            self._signal(number, signal.SIGTERM)
        deadline = time.monotonic() + _END_S
        for number in running:
            process = self._processes[number]
            assert process is not None
            try:
                code = process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.problems.append(f"process {number} did not end within {_END_S:.0f} s")
                process.kill()
                code = process.wait()
            # A SIGTERM that comes before the process can expect it ends it in the usual way.
            if code != 0 and not (code == -signal.SIGTERM and number in self._unready):
                self.problems.append(self._ended_badly(number, code))
            self._bury(number)

    # ---- what is done to them ----

    def kill(self, number: int) -> None:
        """SIGKILL, also while it is stopped."""
        if not self._runs(number):
            return
        self._note_ready()
        delivers = self.deliverer() == number
        self._signal(number, signal.SIGKILL)
        process = self._processes[number]
        assert process is not None
        process.wait()
        self.did["kills"] += 1
        self.did["kills_of_the_deliverer"] += delivers
        self.did["kills_at_the_start"] += number in self._unready
        self.did["kills_while_stopped"] += number in self._stopped
        self._bury(number)

    def stop(self, number: int) -> None:
        """SIGSTOP, until ``resume``."""
        if self._runs(number):
            self.did["stops"] += 1
            self.did["stops_of_the_deliverer"] += self.deliverer() == number
            self._signal(number, signal.SIGSTOP)
            self._stopped.add(number)

    def resume(self, number: int) -> None:
        """SIGCONT, if it was stopped and still lives."""
        if number in self._stopped:
            self._stopped.discard(number)
            self._signal(number, signal.SIGCONT)

    def deliverer(self) -> int | None:
        """Who holds the lock of the deliverer; None if nobody does, or the system does not tell."""
        try:
            inode = self._lock_file.stat().st_ino
            locks = Path("/proc/locks").read_text()
        except OSError:
            return None
        # "1: FLOCK  ADVISORY  WRITE 4711 00:1b:552193 0 EOF"
        holders = [
            int(words[4])
            for words in map(str.split, locks.splitlines())
            if words[1] == "FLOCK" and words[5].endswith(f":{inode}")
        ]
        for number, process in enumerate(self._processes):
            if process is not None and process.pid in holders:
                return number
        return None

    def _runs(self, number: int) -> bool:
        """Whether it can be killed. One that has ended by itself is a problem, told once."""
        process = self._processes[number]
        if process is None:
            return False
        code = process.poll()
        if code is None:
            return True
        self.problems.append(self._ended_badly(number, code))
        self._bury(number)
        return False

    def _ended_badly(self, number: int, code: int) -> str:
        told = self._error_log(number).read_text(errors="replace")[-_MOST_TOLD:].strip()
        last = told.splitlines()[-1] if told else "it said nothing"
        return f"process {number} ended with code {code}: {last}"

    def _error_log(self, number: int) -> Path:
        return Path(self._scene.folder) / f"process-{number}.log"

    def _signal(self, number: int, what: signal.Signals) -> None:
        process = self._processes[number]
        assert process is not None
        process.send_signal(what)

    def _bury(self, number: int) -> None:
        if self._processes[number] is not None:
            self._stdout(number).close()
        self._processes[number] = None
        self._unready.discard(number)
        self._stopped.discard(number)
