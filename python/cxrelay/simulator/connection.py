"""One client connection: reads requests, asks the handler, writes responses."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import Protocol

from .http import (
    PROMPT,
    ChunkedDecoder,
    ProtocolError,
    Request,
    Response,
    body_length,
    encode,
    parse_head,
)

_LINGER_S = 1.0
_ABORTIVE_CLOSE = struct.pack("ii", 1, 0)


class Handler(Protocol):
    """What a connection asks about each request; called on the event loop's thread."""

    def begin(self, request: Request) -> Response | None:
        """The head is there. A response ends the request before its body is read."""

    def handle(self, request: Request) -> Response:
        """The whole request is there."""

    def invalid(self, request: Request | None, problem: ProtocolError) -> Response:
        """The request is not HTTP/1.1 or too large; ``request`` is None if its head is."""

    def incomplete(self, request: Request | None) -> None:
        """The client left in the middle of a request (None: in the middle of its head)."""


class Connection(asyncio.Protocol):
    """HTTP/1.1 on one socket: keep-alive, pipelining, chunked bodies, 100-continue.

    Requests of one connection are answered one after the other; a slow answer holds back
    only its own connection.

    Args:
        handler: decides what is answered.
        open_connections: the server's set; the connection enters and leaves it by itself.
        max_head_bytes: limit for request line and header fields.
        max_body_bytes: limit for a body.
    """

    def __init__(
        self,
        handler: Handler,
        open_connections: set[Connection],
        max_head_bytes: int,
        max_body_bytes: int,
    ) -> None:
        self._handler = handler
        self._open_connections = open_connections
        self._max_head_bytes = max_head_bytes
        self._max_body_bytes = max_body_bytes
        self._buffer = bytearray()
        self._request: Request | None = None
        self._length: int | None = 0
        self._decoder: ChunkedDecoder | None = None
        self._sending: Response | None = None
        self._task: asyncio.Task[None] | None = None
        self._reading_paused = False
        self._finished = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_connections.discard(self)
        if self._sending is not None:
            if self._task is not None:
                self._task.cancel()
            if self._sending.done is not None:
                self._sending.done("abandoned")
        elif not self._finished and self._request is not None:
            if self._decoder is not None:
                self._request.body = bytes(self._decoder.body)
            else:
                self._request.body = bytes(self._buffer)
            self._handler.incomplete(self._request)
        elif not self._finished and self._buffer:
            self._handler.incomplete(None)
        self._finished = True

    def data_received(self, data: bytes) -> None:
        if self._finished:
            return
        self._buffer += data
        if self._sending is None:
            self._serve()
        elif len(self._buffer) > self._max_head_bytes + self._max_body_bytes:
            self._transport.pause_reading()
            self._reading_paused = True

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    def _serve(self) -> None:
        """Answer every request that is whole; stop at a slow answer or an incomplete request."""
        try:
            while self._sending is None and not self._finished:
                if self._request is None and not self._read_head():
                    return
                request = self._request
                if request is None:
                    continue
                if not self._read_body(request):
                    return
                self._request = None
                self._send(request, self._handler.handle(request))
        except ProtocolError as error:
            response = self._handler.invalid(self._request, error)
            self._refuse(response)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end > self._max_head_bytes or (end < 0 and len(self._buffer) > self._max_head_bytes):
            raise ProtocolError(431, f"the head is longer than {self._max_head_bytes} bytes")
        if end < 0:
            return False
        request = parse_head(bytes(self._buffer[:end]), time.monotonic())
        del self._buffer[: end + 4]
        self._request = request
        early = self._handler.begin(request)
        if early is not None:
            self._request = None
            self._send(request, early)
            return True
        self._length = body_length(request.headers, self._max_body_bytes)
        self._decoder = ChunkedDecoder(self._max_body_bytes) if self._length is None else None
        expectation = request.headers.get("expect")
        if expectation is not None:
            if expectation.lower() != "100-continue":
                raise ProtocolError(417, "only Expect: 100-continue is understood")
            if not self._buffer:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _read_body(self, request: Request) -> bool:
        if self._decoder is not None:
            if not self._decoder.feed(self._buffer):
                return False
            request.body = bytes(self._decoder.body)
            self._decoder = None
            return True
        length = self._length or 0
        if len(self._buffer) < length:
            return False
        if length:
            request.body = bytes(self._buffer[:length])
            del self._buffer[:length]
        return True

    def _send(self, request: Request, response: Response) -> None:
        head, body = encode(
            response,
            announce_close=not request.keep_alive or response.delivery.announce_close,
            head_only=request.method == "HEAD",
        )
        # A 1xx status is never final, so nothing may follow it on this connection.
        close = not request.keep_alive or response.status < 200
        if response.delivery is PROMPT:
            self._transport.write(head + body)
            if close:
                self._close()
            return
        delivery = response.delivery
        if delivery.cut_body_after_bytes is not None:
            body = body[: delivery.cut_body_after_bytes]
        payload = (head + body)[: delivery.cut_after_bytes]
        if not delivery.delay_s and not delivery.piece_bytes and delivery.then != "stall":
            self._transport.write(payload)
            self._end(response, close)
            return
        self._sending = response
        self._task = asyncio.get_running_loop().create_task(
            self._transmit(response, payload, close)
        )

    async def _transmit(self, response: Response, payload: bytes, close: bool) -> None:
        """Write a response that takes its time, then go on with the next request."""
        delivery = response.delivery
        if delivery.delay_s:
            await asyncio.sleep(delivery.delay_s)
        step = delivery.piece_bytes or len(payload) or 1
        for start in range(0, len(payload), step):
            if start:
                await asyncio.sleep(delivery.piece_delay_s)
            self._transport.write(payload[start : start + step])
        if delivery.then == "stall":
            if response.done is not None:
                response.done("stalled")
            await asyncio.get_running_loop().create_future()  # until the client leaves
        self._sending = None
        self._task = None
        self._end(response, close)
        if self._reading_paused and not self._finished:
            self._reading_paused = False
            self._transport.resume_reading()
        if self._buffer:
            self._serve()

    def _end(self, response: Response, close: bool) -> None:
        if response.done is not None:
            response.done(response.delivery.ending)
        if response.delivery.then == "reset":
            raw: socket.socket | None = self._transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTIVE_CLOSE)
        if close or response.delivery.then != "keep":
            self._close()

    def _close(self) -> None:
        self._finished = True
        self._transport.close()

    def _refuse(self, response: Response) -> None:
        """Answer and close, but let the client finish talking.

        Closing a socket with unread input sends a reset, which can destroy the answer on its
        way; so only our direction is shut and what still comes is thrown away for a while.
        """
        head, body = encode(response, announce_close=True, head_only=False)
        self._finished = True
        self._transport.write(head + body)
        self._transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGER_S, self._transport.abort)
