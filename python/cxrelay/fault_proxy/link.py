"""One direction of a connection: bytes in, later or fewer bytes out."""

from __future__ import annotations

import asyncio
import socket

from .faults import Cut, Pace, Side
from .ledger import Record

_CHUNK_BYTES = 64 * 1024
_MAX_CHUNKS_UNDER_WAY = 64
_TICK_S = 0.02  # at a limited bandwidth, the longest time that one write stands for


# When it came, what passes of it, whether the cut follows. No bytes and no cut: the source's end.
_Chunk = tuple[float, bytes, bool]


class Exchanges:
    """Follows who speaks on a connection, and finds the byte at which it is cut.

    Both directions ask it as bytes come in, so that after the byte that decides nothing that comes
    later passes, whichever task runs first.

    Args:
        cut: where the connection ends; None = nowhere.
        record: the connection's record.
    """

    def __init__(self, cut: Cut | None, record: Record) -> None:
        self._cut = cut
        self._record = record
        self._number = 0
        self._speaker: Side | None = None
        self._seen_bytes = 0  # by the present speaker, in this exchange
        self._decided = False

    def admit(self, side: Side, size: int) -> tuple[int, bool]:
        """How many of ``size`` new bytes pass, and whether the connection is cut behind them."""
        if side != self._speaker:
            if side == "request" or self._speaker is None:
                self._number += 1
            self._speaker = side
            self._seen_bytes = 0
        self._record.came(side, size, self._number)
        if self._decided:
            return 0, False
        cut = self._cut
        if cut is None or cut.side != side or cut.exchange != self._number:
            self._seen_bytes += size
            return size, False
        left = cut.after_bytes - self._seen_bytes
        self._seen_bytes += size
        self._decided = size >= left
        return min(size, left), self._decided


class Link:
    """Carries the bytes of one direction.

    Args:
        side: which direction.
        source: where the bytes come from; not blocking.
        sink: where they go; not blocking.
        pace: how fast.
        exchanges: decides how many of them pass.
        record: the connection's record.
    """

    def __init__(
        self,
        side: Side,
        source: socket.socket,
        sink: socket.socket,
        pace: Pace,
        exchanges: Exchanges,
        record: Record,
    ) -> None:
        self._side = side
        self._source = source
        self._sink = sink
        self._pace = pace
        self._exchanges = exchanges
        self._record = record
        self._loop = asyncio.get_running_loop()
        self._under_way: asyncio.Queue[_Chunk] = asyncio.Queue(_MAX_CHUNKS_UNDER_WAY)
        self._broken: OSError | None = None
        self._free_at = 0.0

    async def run(self) -> bool:
        """Until the source has ended and the sink was told, or until the cut.

        Returns:
            Whether the cut was reached: the connection is to end here.

        Raises:
            OSError: a peer is gone.
        """
        reading = asyncio.create_task(self._read())
        try:
            return await self._write()
        finally:
            reading.cancel()
            # The socket may be closed when this returns: nothing may wait for it any more.
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            try:
                data = await self._loop.sock_recv(self._source, _CHUNK_BYTES)
            except OSError as error:
                self._broken = error
                data = b""
            now = self._loop.time()
            if not data:
                await self._under_way.put((now, b"", False))
                return
            size, is_last = self._exchanges.admit(self._side, len(data))
            if size or is_last:
                await self._under_way.put((now, data[:size], is_last))

    async def _write(self) -> bool:
        while True:
            came_at, data, is_last = await self._under_way.get()
            await self._sleep_until(came_at + self._pace.latency_s)
            if data:
                await self._send(data)
            if is_last:
                return True
            if not data:
                if self._broken is not None:
                    raise self._broken
                self._sink.shutdown(socket.SHUT_WR)
                return False

    async def _send(self, data: bytes) -> None:
        pace = self._pace
        step = pace.piece_bytes or len(data)
        if pace.bytes_per_s:
            step = min(step, max(1, int(pace.bytes_per_s * _TICK_S)))
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            await self._sleep_until(self._free_at)
            await self._loop.sock_sendall(self._sink, piece)
            self._record.passed(self._side, len(piece))
            self._free_at = max(self._free_at, self._loop.time()) + pace.piece_delay_s
            if pace.bytes_per_s:
                self._free_at += len(piece) / pace.bytes_per_s

    async def _sleep_until(self, when: float) -> None:
        delay_s = when - self._loop.time()
        if delay_s > 0:
            await asyncio.sleep(delay_s)
