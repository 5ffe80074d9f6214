"""Faults for ``FaultProxy.script``: what becomes of the bytes of one connection.

Each function returns a frozen value::

    proxy.script(faults.cut_request(40))
    proxy.script([faults.cut_response(0, reset=True), faults.black_hole()])
    proxy.script(faults.together(faults.latency(request_ms=5), faults.slicer(1)), times=None)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Fault",
    "bandwidth",
    "black_hole",
    "cut_request",
    "cut_response",
    "latency",
    "slicer",
    "together",
]

Side = Literal["request", "response"]
"""A direction: ``request`` is from the client to the server, ``response`` the way back."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast bytes travel in one direction; the default is at once.

    Attributes:
        latency_s: seconds between arrival and departure; it does not limit the throughput.
        bytes_per_s: the most bytes per second; 0 = no limit.
        piece_bytes: size of one write; 0 = as they came.
        piece_delay_s: seconds between two writes.
    """

    latency_s: float = 0.0
    bytes_per_s: float = 0.0
    piece_bytes: int = 0
    piece_delay_s: float = 0.0

    def joined(self, other: Pace) -> Pace:
        """Both together: delays add up, the narrower limit counts."""
        return Pace(
            self.latency_s + other.latency_s,
            _least(self.bytes_per_s, other.bytes_per_s),
            int(_least(self.piece_bytes, other.piece_bytes)),
            self.piece_delay_s + other.piece_delay_s,
        )


PROMPT = Pace()


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a connection ends.

    Attributes:
        side: whose bytes are counted.
        after_bytes: how many of them pass; with 0 it ends when the first one comes, which does
            not pass.
        exchange: in which exchange of the connection they are counted, from 1. An exchange
            begins when the client speaks after the server: with HTTP/1.1, a request.
        reset: end both sides with a TCP reset instead of an orderly close.
    """

    side: Side
    after_bytes: int
    exchange: int = 1
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one connection; made by the functions of this module.

    Attributes:
        names: what the ledger calls it; empty = nothing happens.
        request: how bytes travel to the server.
        response: how bytes travel to the client.
        cut: where the connection ends.
        swallow: take everything and answer nothing; the server is not even called.
    """

    names: tuple[str, ...] = ()
    request: Pace = PROMPT
    response: Pace = PROMPT
    cut: Cut | None = None
    swallow: bool = False

    def joined(self, other: Fault) -> Fault:
        """Both on one connection. Where both cut, the first does."""
        return Fault(
            self.names + other.names,
            self.request.joined(other.request),
            self.response.joined(other.response),
            self.cut or other.cut,
            self.swallow or other.swallow,
        )


NO_FAULT = Fault()


def latency(*, request_ms: float = 0.0, response_ms: float = 0.0) -> Fault:
    """Let bytes arrive later.

    Args:
        request_ms: milliseconds on the way to the server.
        response_ms: milliseconds on the way back.
    """
    _refuse_negative(request_ms, response_ms)
    return Fault(
        ("latency",), Pace(latency_s=request_ms / 1000), Pace(latency_s=response_ms / 1000)
    )


def bandwidth(bytes_per_s: float) -> Fault:
    """Let at most so many bytes per second through, in each direction."""
    if not bytes_per_s > 0:
        raise ValueError("a bandwidth is more than 0 bytes per second")
    pace = Pace(bytes_per_s=bytes_per_s)
    return Fault(("bandwidth",), pace, pace)


def slicer(piece_bytes: int = 1, *, delay_ms: float = 0.0) -> Fault:
    """Send everything, in both directions, in small segments.

    Args:
        piece_bytes: bytes per segment.
        delay_ms: milliseconds between two segments. Without a delay the receiver's system may
            put them together again.
    """
    if piece_bytes < 1:
        raise ValueError("a segment has at least 1 byte")
    _refuse_negative(delay_ms)
    pace = Pace(piece_bytes=piece_bytes, piece_delay_s=delay_ms / 1000)
    return Fault(("slicer",), pace, pace)


def cut_request(after_bytes: int, *, exchange: int = 1, reset: bool = False) -> Fault:
    """End the connection when so many bytes of a request have reached the server.

    The client's further bytes are taken and thrown away, so that it sees an orderly close.

    Args:
        after_bytes: with 0 it ends when the request's first byte comes, which does not pass.
        exchange: of which request, see ``Cut``; 2 cuts the second one of a kept-alive connection.
        reset: end with a TCP reset instead.
    """
    return _cut("request", after_bytes, exchange, reset)


def cut_response(after_bytes: int, *, exchange: int = 1, reset: bool = False) -> Fault:
    """End the connection when so many bytes of a response have reached the client.

    Args:
        after_bytes: with 0 it ends when the server's first byte comes, which does not pass: the
            server has worked, and the client does not learn of it.
        exchange: of which response, see ``Cut``.
        reset: end with a TCP reset instead. A reset may overtake bytes that the client has not
            read yet; a client sees at most ``after_bytes`` of them.
    """
    return _cut("response", after_bytes, exchange, reset)


def black_hole() -> Fault:
    """Accept, take everything, never answer. The server does not hear of it."""
    return Fault(("black_hole",), swallow=True)


def together(*parts: Fault) -> Fault:
    """Several faults on the same connection."""
    joined = NO_FAULT
    for part in parts:
        joined = joined.joined(part)
    return joined


def _cut(side: Side, after_bytes: int, exchange: int, reset: bool) -> Fault:
    if after_bytes < 0 or exchange < 1:
        raise ValueError("a cut is after 0 or more bytes, of exchange 1 or later")
    return Fault((f"cut_{side}({after_bytes})",), cut=Cut(side, after_bytes, exchange, reset))


def _refuse_negative(*milliseconds: float) -> None:
    if not all(0 <= value < float("inf") for value in milliseconds):
        raise ValueError("a delay is 0 or more milliseconds")


def _least(one: float, other: float) -> float:
    """The smaller of two limits, where 0 is none."""
    return min(one, other) if one and other else one or other
