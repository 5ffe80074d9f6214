"""One accepted connection: calls the server, carries bytes both ways, ends as its fault says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from .faults import Fault
from .ledger import Record
from .link import Exchanges, Link

_ABORTIVE_CLOSE = struct.pack("ii", 1, 0)
_LINGER_S = 1.0
_CHUNK_BYTES = 64 * 1024


class Connection:
    """A client's connection and, unless its fault says otherwise, one to the server.

    Args:
        client: the accepted socket; closed when ``run`` ends.
        address: host and port of the server.
        fault: what happens.
        record: where it is written down.
    """

    def __init__(
        self, client: socket.socket, address: tuple[str, int], fault: Fault, record: Record
    ) -> None:
        self._client = client
        self._address = address
        self._fault = fault
        self._record = record
        self._server: socket.socket | None = None
        self._loop = asyncio.get_running_loop()
        self._severed: asyncio.Future[bool] = self._loop.create_future()
        self.parted = asyncio.Event()
        """Set when both peers have been told that the connection is over."""

    async def run(self) -> None:
        """Until the connection is over, whatever ends it."""
        try:
            if self._fault.swallow:
                await self._swallow()
            elif await self._call_server():
                await self._carry()
        finally:
            self._record.end("stopped")  # unless there was another end
            self._close()

    def sever(self, reset: bool) -> None:
        """End the connection now; ``parted`` tells when it is done."""
        if not self._severed.done():
            self._severed.set_result(reset)

    async def _swallow(self) -> None:
        exchanges = Exchanges(None, self._record)
        swallowing = asyncio.create_task(self._throw_away(self._client, exchanges))
        await self._first_of(swallowing)
        if self._severed.done():
            await self._part(self._severed.result())
        else:
            self._record.end("swallowed")

    async def _call_server(self) -> bool:
        calling = asyncio.create_task(self._connect())
        await self._first_of(calling)
        if self._severed.done():
            await self._part(self._severed.result())
            return False
        if calling.exception() is not None:
            self._record.end("unreachable")
            return False
        return True

    async def _connect(self) -> bool:
        host, port = self._address
        found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        self._server = socket.socket(family, kind, protocol)
        self._server.setblocking(False)
        await self._loop.sock_connect(self._server, address)
        self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return False

    async def _carry(self) -> None:
        client, server, fault, record = self._client, self._server, self._fault, self._record
        assert server is not None
        exchanges = Exchanges(fault.cut, record)
        links = [
            Link("request", client, server, fault.request, exchanges, record),
            Link("response", server, client, fault.response, exchanges, record),
        ]
        tasks = [asyncio.create_task(link.run()) for link in links]
        await self._first_of(*tasks)
        # Each task is asked for its error, or asyncio complains.
        errors = [None if task.cancelled() else task.exception() for task in tasks]
        ended = [task for task, error in zip(tasks, errors, strict=True) if error is None]
        if self._severed.done():
            await self._part(self._severed.result(), exchanges)
        elif any(not task.cancelled() and task.result() for task in ended):
            assert fault.cut is not None
            await self._part(fault.cut.reset, exchanges)
        elif any(errors):
            # One peer has reset the connection, so the other one gets a reset too.
            record.end("broken")
            self._abort()
        else:
            record.end("closed")

    async def _first_of(self, *tasks: asyncio.Task[bool]) -> None:
        """Wait for ``sever``, a task that fails or returns True, or all tasks; then end them."""
        waiting: set[asyncio.Future[bool]] = {*tasks, self._severed}
        try:
            while not self._severed.done() and not all(task.done() for task in tasks):
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if any(each.exception() or each.result() for each in done):
                    return
        finally:
            unfinished = [task for task in tasks if not task.done()]
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def _part(self, reset: bool, exchanges: Exchanges | None = None) -> None:
        """Tell both peers that it is over. The ledger knows it before they can."""
        self._record.end("reset" if reset else "cut")
        if reset:
            self._abort()
            return
        # Closing a socket with unread input would send a reset: so only our direction is shut, and
        # what still comes is thrown away for a while.
        sockets = [each for each in (self._client, self._server) if each is not None]
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_WR)
        self.parted.set()
        client_side = exchanges or Exchanges(None, self._record)
        drains = [asyncio.create_task(self._throw_away(self._client, client_side))]
        if self._server is not None:
            drains.append(asyncio.create_task(self._throw_away(self._server, None)))
        try:
            await asyncio.wait(drains, timeout=_LINGER_S)
        finally:
            for drain in drains:
                drain.cancel()
            await asyncio.gather(*drains, return_exceptions=True)

    async def _throw_away(self, source: socket.socket, exchanges: Exchanges | None) -> bool:
        """Read until the peer ends; what the client sends is still counted."""
        with contextlib.suppress(OSError):
            while data := await self._loop.sock_recv(source, _CHUNK_BYTES):
                if exchanges is not None:
                    exchanges.admit("request", len(data))
        return False

    def _abort(self) -> None:
        for each in (self._client, self._server):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTIVE_CLOSE)
        self._close()

    def _close(self) -> None:
        self._client.close()
        if self._server is not None:
            self._server.close()
        self.parted.set()
