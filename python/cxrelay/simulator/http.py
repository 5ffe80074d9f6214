"""HTTP/1.1 messages: bytes to ``Request`` and ``Response`` to bytes. No sockets here."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal

Ending = Literal[
    "answered", "waiting", "abandoned", "cut", "dropped", "reset", "stalled", "incomplete"
]
"""How a request ended; see ``LedgerEntry.ending``."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_TOKEN_CHARACTERS = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
_MAX_CHUNK_LINE_BYTES = 1024


class ProtocolError(Exception):
    """The peer broke HTTP/1.1 or a size limit.

    Attributes:
        status: the HTTP status that says so.
        reason: one short sentence for the answer's body.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(slots=True)
class Request:
    """One request.

    Attributes:
        method: as sent, for example ``PATCH``.
        path: as sent (still percent-encoded), without the query.
        headers: names in lower case; repeated fields joined with ``", "``.
        received_at: monotonic seconds when the head was complete.
        keep_alive: whether the client wants to use the connection again.
        body: the body without transfer coding.
    """

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)  # they hold the token
    received_at: float
    keep_alive: bool = True
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a response travels to the client; the default is whole and at once.

    Attributes:
        delay_s: seconds before the first byte.
        piece_bytes: size of one write; 0 sends everything in one write.
        piece_delay_s: seconds between two writes.
        chunk_bytes: use chunked transfer coding with chunks of this size; 0 = Content-Length.
        cut_after_bytes: send only so many bytes of head and body.
        cut_body_after_bytes: send the head and only so many bytes of the body.
        announce_close: say ``Connection: close`` in the head.
        then: what follows the last byte: go on, close, reset (RST) or say nothing more.
    """

    delay_s: float = 0.0
    piece_bytes: int = 0
    piece_delay_s: float = 0.0
    chunk_bytes: int = 0
    cut_after_bytes: int | None = None
    cut_body_after_bytes: int | None = None
    announce_close: bool = False
    then: Literal["keep", "close", "reset", "stall"] = "keep"

    def merged(self, other: Delivery) -> Delivery:
        """Both together: delays add up; elsewhere ``other`` wins where it says something."""
        return Delivery(
            delay_s=self.delay_s + other.delay_s,
            piece_bytes=other.piece_bytes or self.piece_bytes,
            piece_delay_s=self.piece_delay_s + other.piece_delay_s,
            chunk_bytes=other.chunk_bytes or self.chunk_bytes,
            cut_after_bytes=_first(other.cut_after_bytes, self.cut_after_bytes),
            cut_body_after_bytes=_first(other.cut_body_after_bytes, self.cut_body_after_bytes),
            announce_close=self.announce_close or other.announce_close,
            then=self.then if other.then == "keep" else other.then,
        )

    @property
    def unanswered(self) -> bool:
        """Whether not even one byte of the response is sent."""
        return self.cut_after_bytes == 0

    @property
    def ending(self) -> Ending:
        """How a request ends whose response travels this way."""
        if self.then == "stall":
            return "stalled"
        if self.unanswered:
            return "reset" if self.then == "reset" else "dropped"
        if self.cut_after_bytes is not None or self.cut_body_after_bytes is not None:
            return "cut"
        return "answered"


def _first(preferred: int | None, fallback: int | None) -> int | None:
    return fallback if preferred is None else preferred


PROMPT = Delivery()


@dataclass(frozen=True, slots=True)
class Response:
    """One response.

    Attributes:
        status: HTTP status code.
        body: the body without transfer coding.
        headers: extra header fields in order; a given Content-Length or Content-Type wins.
        delivery: how it travels.
        done: called once when the last byte was handed over, or when the client left before.
            None where the delivery is prompt.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = PROMPT
    done: Callable[[Ending], None] | None = None

    def with_delivery(self, delivery: Delivery, done: Callable[[Ending], None]) -> Response:
        """The same response, travelling another way."""
        return replace(self, delivery=delivery, done=done)


def parse_head(head: bytes, received_at: float) -> Request:
    """Parse a request line and header fields.

    Args:
        head: everything before the empty line.
        received_at: monotonic seconds, stored in the request.

    Raises:
        ProtocolError: 400 malformed, 505 other version than HTTP/1.x.
    """
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not all(parts):
        raise ProtocolError(400, "malformed request line")
    method, target, version = parts
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise ProtocolError(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    if not target.startswith("/"):
        raise ProtocolError(400, "the request target must be a path")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        # Also refuses folded lines and a space before the colon: both are smuggling tools.
        if not colon or not name or not _TOKEN_CHARACTERS.issuperset(name):
            raise ProtocolError(400, "malformed header field")
        if "\n" in value or "\r" in value or "\0" in value:
            raise ProtocolError(400, "malformed header field")
        name = name.lower()
        value = value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if version == "HTTP/1.1" and "host" not in headers:
        raise ProtocolError(400, "the Host header is missing")
    options = headers.get("connection", "").lower()
    keep_alive = "close" not in options if version == "HTTP/1.1" else "keep-alive" in options
    return Request(method, target.partition("?")[0], headers, received_at, keep_alive)


def body_length(headers: dict[str, str], max_bytes: int) -> int | None:
    """The length of the body in bytes; None means chunked.

    Raises:
        ProtocolError: 400 contradicting or malformed fields, 413 too long, 501 other coding.
    """
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None:
        if length is not None:
            raise ProtocolError(400, "Content-Length and Transfer-Encoding together")
        if coding.lower() != "chunked":
            raise ProtocolError(501, "only the chunked transfer coding is understood")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit()):
        raise ProtocolError(400, "malformed Content-Length")
    # The digits are counted first: int() itself refuses numbers of thousands of digits.
    if len(length) > 15 or int(length) > max_bytes:
        raise ProtocolError(413, f"the body is longer than {max_bytes} bytes")
    return int(length)


class ChunkedDecoder:
    """Takes chunked transfer coding off a body that arrives in any pieces.

    Args:
        max_bytes: the longest body that is accepted.
    """

    def __init__(self, max_bytes: int) -> None:
        self.body = bytearray()
        self._max_bytes = max_bytes
        self._trailers = False

    def feed(self, buffer: bytearray) -> bool:
        """Take what is complete from ``buffer``; True when the body is whole.

        Raises:
            ProtocolError: 400 malformed chunk, 413 too long.
        """
        while True:
            line_end = buffer.find(b"\r\n")
            if line_end > _MAX_CHUNK_LINE_BYTES or (
                line_end < 0 and len(buffer) > _MAX_CHUNK_LINE_BYTES
            ):
                raise ProtocolError(400, "a chunk line is too long")
            if line_end < 0:
                return False
            line = bytes(buffer[:line_end])
            if self._trailers:
                del buffer[: line_end + 2]
                if not line:
                    return True
                continue
            size = self._chunk_size(line)
            if size == 0:
                del buffer[: line_end + 2]
                self._trailers = True
                continue
            start = line_end + 2
            if len(buffer) < start + size + 2:
                return False
            if buffer[start + size : start + size + 2] != b"\r\n":
                raise ProtocolError(400, "a chunk does not end where it says")
            self.body += buffer[start : start + size]
            del buffer[: start + size + 2]

    def _chunk_size(self, line: bytes) -> int:
        digits = line.split(b";", 1)[0].strip(b" \t")
        if not 0 < len(digits) <= 15 or not set(digits) <= set(b"0123456789abcdefABCDEF"):
            raise ProtocolError(400, "malformed chunk size")
        size = int(digits, 16)
        if len(self.body) + size > self._max_bytes:
            raise ProtocolError(413, f"the body is longer than {self._max_bytes} bytes")
        return size


def encode(response: Response, *, announce_close: bool, head_only: bool) -> tuple[bytes, bytes]:
    """Write a response as bytes.

    Args:
        response: what to write; its ``delivery`` decides on chunked transfer coding only.
        announce_close: add ``Connection: close``.
        head_only: the request was HEAD: the same header fields, no body.

    Returns:
        The head with its empty line, and the body.
    """
    status = response.status
    body = response.body
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}"]
    lines.extend(f"{name}: {value}" for name, value in response.headers)
    given = {name.lower() for name, _ in response.headers}
    if status < 200 or status in (204, 304):
        body = b""
    else:
        if "content-type" not in given:
            lines.append("Content-Type: application/json")
        if response.delivery.chunk_bytes:
            lines.append("Transfer-Encoding: chunked")
            body = _chunked(body, response.delivery.chunk_bytes)
        elif "content-length" not in given:
            lines.append(f"Content-Length: {len(body)}")
    if announce_close:
        lines.append("Connection: close")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1"), b"" if head_only else body


def _chunked(body: bytes, chunk_bytes: int) -> bytes:
    coded = bytearray()
    for start in range(0, len(body), chunk_bytes):
        chunk = body[start : start + chunk_bytes]
        coded += b"%x\r\n%b\r\n" % (len(chunk), chunk)
    return bytes(coded + b"0\r\n\r\n")
