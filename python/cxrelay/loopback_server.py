"""The life of a server for tests: a listener on loopback and an event loop in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

_BACKLOG = 1024


class LoopbackServer(ABC):
    """Starts once, serves until it is stopped; ``with`` does both. Any thread may do it.

    Args:
        what: what it is called in messages, for example ``simulator``.
        port: TCP port on 127.0.0.1; 0 takes a free one.
    """

    def __init__(self, what: str, port: int) -> None:
        self._what = what
        self._wanted_port = port
        self._port = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @abstractmethod
    async def _serve(
        self, listener: socket.socket, stopping: asyncio.Event, serving: Callable[[], None]
    ) -> None:
        """Call ``serving`` when connections are accepted; end all of them once ``stopping`` is set."""

    def start(self) -> Self:
        """Bind and serve; connections are accepted when this returns.

        Raises:
            OSError: the port cannot be bound, or no descriptors are left.
            RuntimeError: it was started before.
        """
        if self._thread is not None:
            raise RuntimeError(f"a {self._what} can be started once")
        listener = socket.create_server(("127.0.0.1", self._wanted_port), backlog=_BACKLOG)
        self._port = listener.getsockname()[1]
        ready = threading.Event()
        name = "cxrelay-" + self._what.replace(" ", "-")
        self._thread = threading.Thread(
            target=self._run, args=(listener, ready), name=name, daemon=True
        )
        self._thread.start()
        ready.wait()
        if self._stopping is None:
            self._thread.join()
            raise OSError(f"the {self._what}'s event loop could not start")
        return self

    def stop(self) -> None:
        """Close every connection and end the thread. What was recorded can still be read."""
        thread, loop, stopping = self._thread, self._loop, self._stopping
        if thread is None or loop is None or stopping is None:
            return
        if thread.is_alive():
            loop.call_soon_threadsafe(stopping.set)
            thread.join()
        self._loop = None

    def __enter__(self) -> Self:
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
        """Whether it was started and not yet stopped."""
        return self._loop is not None

    def _started_port(self) -> int:
        if not self._port:
            raise RuntimeError(f"the {self._what} was not started")
        return self._port

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        try:
            with listener:
                asyncio.run(self._main(listener, ready.set))
        finally:
            ready.set()  # also if there is no loop, or start would wait for ever

    async def _main(self, listener: socket.socket, serving: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        listener.setblocking(False)
        await self._serve(listener, self._stopping, serving)
