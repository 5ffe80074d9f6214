"""The fault proxy's facade: a server thread, and what tests may ask and tell it."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from ..loopback_server import LoopbackServer
from .connection import Connection
from .faults import Fault
from .ledger import Ending, Ledger, ProxiedConnection, ProxyCounts
from .schedule import Schedule

_ACCEPT_PAUSE_S = 0.05
_PORTS = {"http": 80, "https": 443}


class FaultProxy(LoopbackServer):
    """A TCP proxy on loopback, in a thread of this process, that breaks connections as told.

    Use it as a context manager, or call ``start`` and ``stop``. It can be started once. Every
    method may be called from any thread, before, while and after it runs. Without a script it only
    carries bytes.

    Args:
        target: the URL of the server, for example ``sim.base_url``. TLS passes through as it is,
            so the server's certificate must fit the proxy's address.
        seed: seed of the random numbers of scripted probabilities.
        port: TCP port on 127.0.0.1; 0 takes a free one.

    Raises:
        ValueError: the target is no URL of a host.
    """

    def __init__(self, target: str, *, seed: int = 0, port: int = 0) -> None:
        super().__init__("fault proxy", port)
        url = urlsplit(target)
        if url.scheme not in _PORTS or not url.hostname:
            raise ValueError(f"a fault proxy needs an http or https URL, not {target!r}")
        self._target = target
        self._address = (url.hostname, url.port or _PORTS[url.scheme])
        self._url = url
        self._condition = threading.Condition()
        self._schedule = Schedule(random.Random(seed))  # noqa: S311 - not for secrets
        self._ledger = Ledger(self._condition)
        self._open: dict[asyncio.Task[None], Connection] = {}  # touched by the loop's thread only

    def __repr__(self) -> str:
        where = self.base_url if self._port else "not started"
        return f"<FaultProxy {where} to {self._target}>"

    # --- serving ---

    async def _serve(
        self, listener: socket.socket, stopping: asyncio.Event, serving: Callable[[], None]
    ) -> None:
        accepting = asyncio.create_task(self._accept(listener))
        serving()
        await stopping.wait()
        accepting.cancel()
        tasks = [accepting, *self._open]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except OSError:
                # No descriptors left, say: look again when some connection may have ended.
                await asyncio.sleep(_ACCEPT_PAUSE_S)
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._condition:
                fault = self._schedule.next_fault()
                record = self._ledger.open(fault.names)
            connection = Connection(client, self._address, fault, record)
            task = asyncio.create_task(connection.run())
            self._open[task] = connection
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self._open[task]

    # --- where it is ---

    @property
    def base_url(self) -> str:
        """The target's URL with the proxy's address in it: what a client is given instead.

        Raises:
            RuntimeError: it was not started.
        """
        return self._url._replace(netloc=f"127.0.0.1:{self._started_port()}").geturl()

    # --- what it saw ---

    def ledger(self) -> list[ProxiedConnection]:
        """Every connection since the start, in order, as it stands now."""
        with self._condition:
            return self._ledger.entries()

    def counts(self) -> ProxyCounts:
        """The ledger in sums."""
        with self._condition:
            return self._ledger.counts()

    def wait_for_connections(
        self, count: int = 1, *, ending: Ending | None = None, timeout_s: float = 10.0
    ) -> list[ProxiedConnection]:
        """Block until at least ``count`` such connections are in the ledger and return them.

        Args:
            count: how many.
            ending: only connections that ended this way.
            timeout_s: seconds to wait at most.

        Raises:
            TimeoutError: they did not come in time.
        """
        return self._ledger.wait(count, ending, timeout_s)

    # --- what it shall do ---

    def script(
        self,
        steps: Fault | Iterable[Fault],
        *,
        times: int | None = 1,
        skip: int = 0,
        p: float = 1.0,
    ) -> None:
        """Tell the proxy to misbehave; connections that are open already are not concerned.

        Counted steps wait in line over all calls: a connection takes the first one. Standing steps
        (``times=None``) meet every connection, besides a counted one; their delays add up, the
        narrower limit counts, and of several cuts the counted one, then the oldest.

        Args:
            steps: one fault or several, see ``cxrelay.fault_proxy.faults``; of several, each
                happens ``times`` times before the next.
            times: how many connections each step happens to; None = always.
            skip: how many connections pass before the first step's turn.
            p: probability that a step, when it is its turn, happens to a connection.

        Raises:
            ValueError: an argument is out of its range.
        """
        with self._condition:
            self._schedule.add(steps, times, skip, p)

    def pending_steps(self) -> int:
        """How many counted faults have not happened yet."""
        with self._condition:
            return self._schedule.pending()

    def clear_script(self) -> None:
        """Drop all steps, counted and standing; connections from now on are only carried."""
        with self._condition:
            self._schedule.clear()

    def sever(self, *, reset: bool = False) -> int:
        """End every open connection now, idle ones too, and return how many there were.

        Args:
            reset: with a TCP reset instead of an orderly close.

        Raises:
            RuntimeError: it does not run.
        """
        if self._loop is None:
            raise RuntimeError("the fault proxy does not run")
        return asyncio.run_coroutine_threadsafe(self._sever(reset), self._loop).result()

    async def _sever(self, reset: bool) -> int:
        connections = list(self._open.values())
        for connection in connections:
            connection.sever(reset)
        for connection in connections:
            await connection.parted.wait()
        return len(connections)
