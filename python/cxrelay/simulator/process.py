"""The simulator in a process of its own, controlled over a pipe."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Collection, Iterable
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Any, cast

from .effects import Behaviour
from .http import Ending
from .ledger import Kind, LedgerEntry
from .script import On
from .state import Applied

_STOP_TIMEOUT_S = 10.0


class SimulatorProcess:
    """The methods of ``Simulator``, carried out in a child process.

    Made by ``Simulator.spawn``; use it as a context manager, or call ``start`` and ``stop``. What
    was recorded must be read before it stops. A call waits for the calls of other threads.

    Args:
        options: the arguments of ``Simulator``; they must be picklable.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self.base_url = ""
        self.token_url = ""
        self.region = ""
        self.client_id = ""
        self.client_secret = ""

    def __repr__(self) -> str:
        return f"<SimulatorProcess {self.base_url or 'not started'}>"

    def start(self) -> SimulatorProcess:
        """Start the child; requests are answered when this returns.

        Raises:
            RuntimeError: it runs already, or the child died.
            Exception: what ``Simulator`` raises for these options.
        """
        if self._process is not None:
            raise RuntimeError("the simulator process runs already")
        ours, theirs = Pipe()
        boot = f"from {__package__}.child import main; main({theirs.fileno()})"
        # The child must find this package where this process found it.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own text
                [sys.executable, "-c", boot],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        self._pipe = ours
        try:
            for name, value in self._exchange(self._options).items():
                setattr(self, name, value)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the child. Nothing happens if it does not run."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            with self._lock, contextlib.suppress(OSError), pipe:
                # The child also ends when the pipe does, but a fork of this process holds it too.
                pipe.send(None)
        if process is not None:
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self) -> SimulatorProcess:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the child runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The child's process id.

        Raises:
            RuntimeError: it does not run.
        """
        if self._process is None:
            raise RuntimeError("the simulator process does not run")
        return self._process.pid

    def _exchange(self, message: object) -> Any:
        with self._lock:
            if self._pipe is None:
                raise RuntimeError("the simulator process does not run")
            try:
                self._pipe.send(message)
                good, value = self._pipe.recv()
            except (EOFError, ConnectionError):
                raise RuntimeError("the simulator process died") from None
        if not good:
            raise value
        return value

    def _call(self, name: str, *args: object, **options: object) -> Any:
        return self._exchange((name, args, options))

    def ledger(self) -> list[LedgerEntry]:
        """See ``Simulator.ledger``."""
        return cast(list[LedgerEntry], self._call("ledger"))

    def requests(self, kind: Kind | None = None) -> list[LedgerEntry]:
        """See ``Simulator.requests``."""
        return cast(list[LedgerEntry], self._call("requests", kind))

    def wait_for_requests(
        self,
        count: int = 1,
        *,
        kind: Kind | None = None,
        ending: Ending | None = None,
        timeout_s: float = 10.0,
    ) -> list[LedgerEntry]:
        """See ``Simulator.wait_for_requests``."""
        found = self._call(
            "wait_for_requests", count, kind=kind, ending=ending, timeout_s=timeout_s
        )
        return cast(list[LedgerEntry], found)

    def interaction(self, interaction_id: str) -> dict[str, Any] | None:
        """See ``Simulator.interaction``."""
        return cast("dict[str, Any] | None", self._call("interaction", interaction_id))

    def interactions(self) -> dict[str, dict[str, Any]]:
        """See ``Simulator.interactions``."""
        return cast("dict[str, dict[str, Any]]", self._call("interactions"))

    def history(self, interaction_id: str) -> list[Applied]:
        """See ``Simulator.history``."""
        return cast(list[Applied], self._call("history", interaction_id))

    def script(
        self,
        steps: Behaviour | Iterable[Behaviour],
        *,
        times: int | None = 1,
        on: On = "patch",
        match: str | Collection[str] | None = None,
        p: float = 1.0,
    ) -> None:
        """See ``Simulator.script``."""
        if not isinstance(steps, Behaviour):
            steps = list(steps)
        if match is not None and not isinstance(match, str):
            match = list(match)
        self._call("script", steps, times=times, on=on, match=match, p=p)

    def chaos(self, **options: float | str | int | None) -> None:
        """See ``Simulator.chaos``."""
        self._call("chaos", **options)

    def pending_steps(self) -> int:
        """See ``Simulator.pending_steps``."""
        return cast(int, self._call("pending_steps"))

    def clear_script(self) -> None:
        """See ``Simulator.clear_script``."""
        self._call("clear_script")

    def expire_tokens(self) -> None:
        """See ``Simulator.expire_tokens``."""
        self._call("expire_tokens")

    def reset(self) -> None:
        """See ``Simulator.reset``."""
        self._call("reset")
