"""Behaviours for ``Simulator.script``: what the simulated CXone does instead of its best.

Each function returns a frozen value::

    sim.script(behaviours.status(429, retry_after="1"), times=3)
    sim.script(behaviours.item_status(503, index=2))
    sim.script([behaviours.drop(after="apply"), behaviours.expired_tokens()])
    sim.script(behaviours.together(behaviours.slow(50), behaviours.short_results()))
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from .effects import (
    Answer,
    BadBody,
    Behaviour,
    Deliver,
    DropAtHead,
    EchoIds,
    ExpireTokens,
    HugeBody,
    ItemStatus,
    OneOf,
    RateLimit,
    Reshape,
    Together,
)
from .http import Delivery

__all__ = [
    "Behaviour",
    "bad_body",
    "chunked",
    "cut",
    "drop",
    "duplicated_results",
    "echo_ids",
    "expired_tokens",
    "hang_up",
    "http_date",
    "huge_body",
    "item_status",
    "long_results",
    "missing_results",
    "null_result",
    "null_results",
    "one_of",
    "rate_limit",
    "short_results",
    "shuffled_results",
    "slow",
    "stall",
    "status",
    "string_statuses",
    "together",
    "truncated_body",
]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def status(
    code: int,
    *,
    retry_after: str | int | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    message: str | None = None,
    applied: bool = False,
) -> Behaviour:
    """Answer a request with this status.

    Args:
        code: 100 to 599. After 1xx, which is never a final answer, the connection is closed.
        retry_after: value of Retry-After as it is, malformed ones too; see ``http_date``.
        headers: further header fields, for example ``{"Location": "/elsewhere"}``.
        body: the body; by default a JSON error object.
        message: the ``message`` of the default body.
        applied: write the items although the answer says otherwise.

    Raises:
        ValueError: the code is out of range or a header field cannot be sent.
    """
    if not 100 <= code <= 599:
        raise ValueError(f"an HTTP status is 100 to 599, not {code}")
    fields = list((headers or {}).items())
    if retry_after is not None:
        fields.append(("Retry-After", str(retry_after)))
    for name, value in fields:
        _check_field(name, value)
    return Answer(code, tuple(fields), _as_bytes(body), message, applied)


def item_status(
    code: int | str,
    *,
    index: int | Iterable[int] | None = None,
    match: str | Collection[str] | None = None,
    p: float = 1.0,
    message: str | None = None,
    applied: bool = False,
    members: Mapping[str, Any] | None = None,
) -> Behaviour:
    """Answer some items of a batch with this status (a single PATCH is one item).

    Args:
        code: the ``status`` of the result; a string is sent as a string.
        index: which items, counted from 0, or from the end if negative; default all.
        match: only items of this interaction or these interactions.
        p: probability for each chosen item.
        message: the ``message`` of the result; by default the status' standard phrase.
        applied: write the item although the result says otherwise.
        members: further members of the result, for example ``{"retryAfter": 1}``.
    """
    indexes = None
    if index is not None:
        indexes = frozenset([index] if isinstance(index, int) else index)
    return ItemStatus(
        code, message, indexes, as_ids(match), _probability(p), applied, dict(members or {})
    )


def short_results(by: int = 1) -> Behaviour:
    """Leave out the last ``by`` results; every item was applied."""
    return Reshape("short_results", by)


def long_results(by: int = 1) -> Behaviour:
    """Add ``by`` results that no item belongs to."""
    return Reshape("long_results", by)


def shuffled_results() -> Behaviour:
    """Results in another order than the requests; with ``echo_ids`` a client can tell."""
    return Reshape("shuffled_results")


def duplicated_results() -> Behaviour:
    """The first result again in the place of the last; the number of results is right."""
    return Reshape("duplicated_results")


def null_results() -> Behaviour:
    """``{"results": null}``."""
    return Reshape("null_results")


def null_result(index: int = 0) -> Behaviour:
    """``null`` in the place of one result."""
    return Reshape("null_result", index)


def missing_results() -> Behaviour:
    """``{}``: no ``results`` at all."""
    return Reshape("missing_results")


def string_statuses() -> Behaviour:
    """The status of each result as a string: ``"200"``."""
    return Reshape("string_statuses")


def echo_ids(member: str = "id") -> Behaviour:
    """Each result also names its interaction.

    Args:
        member: the member of the result that holds the interaction id.
    """
    return EchoIds(member)


def bad_body(
    body: bytes | str = b"<html><body>Bad gateway</body></html>",
    *,
    content_type: str = "text/html",
) -> Behaviour:
    """Apply the request and answer its status with this body instead of JSON."""
    _check_field("Content-Type", content_type)
    return BadBody(_as_bytes(body) or b"", content_type)


def huge_body(total_bytes: int) -> Behaviour:
    """Apply the request and pad the JSON of the answer to at least ``total_bytes``."""
    return HugeBody(total_bytes)


def slow(delay_ms: float = 0.0, *, piece_bytes: int = 0, piece_delay_ms: float = 0.0) -> Behaviour:
    """Apply the request at once and answer late, or in small pieces.

    Args:
        delay_ms: milliseconds before the first byte.
        piece_bytes: bytes per write; 0 sends the answer in one write.
        piece_delay_ms: milliseconds between two writes.
    """
    delivery = Delivery(
        delay_s=delay_ms / 1000, piece_bytes=piece_bytes, piece_delay_s=piece_delay_ms / 1000
    )
    return Deliver("slow", delivery)


def chunked(chunk_bytes: int = 1024) -> Behaviour:
    """Answer with chunked transfer coding, chunks of at most ``chunk_bytes``."""
    return Deliver("chunked", Delivery(chunk_bytes=chunk_bytes))


def truncated_body(keep_bytes: int = 0) -> Behaviour:
    """Apply the request, send the whole head, ``keep_bytes`` of the body, then close."""
    return Deliver("truncated_body", Delivery(cut_body_after_bytes=keep_bytes, then="close"))


def cut(after_bytes: int, *, reset: bool = False) -> Behaviour:
    """Apply the request, send ``after_bytes`` of the answer (head included), then close.

    Args:
        after_bytes: how much is sent; 0 is the same as ``drop(after="apply")``.
        reset: end with a TCP reset instead of an orderly close.
    """
    return Deliver("cut", Delivery(cut_after_bytes=after_bytes, then="reset" if reset else "close"))


def drop(after: Literal["head", "body", "apply"] = "body", *, reset: bool = False) -> Behaviour:
    """End the connection without a byte of an answer.

    Args:
        after: ``head``: before the body is read, nothing is applied (a client that is still
            sending sees a reset in any case); ``body``: the whole request was read, nothing is
            applied; ``apply``: everything is applied.
        reset: end with a TCP reset (SO_LINGER 0) instead of an orderly close.
    """
    delivery = Delivery(cut_after_bytes=0, then="reset" if reset else "close")
    if after == "head":
        return DropAtHead(delivery)
    if after not in ("body", "apply"):
        raise ValueError("a connection is dropped after head, body or apply")
    return Deliver("drop", delivery, applied=after == "apply")


def stall(after_bytes: int = 0, *, applied: bool = True) -> Behaviour:
    """Send ``after_bytes`` of the answer, then nothing more; the connection stays open."""
    return Deliver("stall", Delivery(cut_after_bytes=after_bytes, then="stall"), applied)


def hang_up(*, announced: bool = False) -> Behaviour:
    """Answer in full, then close the kept-alive connection.

    Args:
        announced: say so in the answer (``Connection: close``), as HTTP asks for.
    """
    return Deliver("hang_up", Delivery(announce_close=announced, then="close"))


def expired_tokens() -> Behaviour:
    """Make every issued token invalid as the request arrives: it is answered 401."""
    return ExpireTokens()


def rate_limit(
    per_second: float,
    *,
    burst: float = 1.0,
    retry_after: str | int | None = None,
    computed_retry_after: bool = False,
) -> Behaviour:
    """Answer 429 to requests that come faster than this; use it with ``times=None``.

    Args:
        per_second: requests per second that are let through.
        burst: how many may come at once after a pause.
        retry_after: value of Retry-After as it is; None sends none.
        computed_retry_after: send the true waiting time in whole seconds instead.
    """
    if per_second <= 0:
        raise ValueError("a rate limit needs a positive rate")
    if retry_after is not None:
        retry_after = str(retry_after)
        _check_field("Retry-After", retry_after)
    return RateLimit(per_second, burst, retry_after, computed_retry_after)


def together(*parts: Behaviour) -> Behaviour:
    """Several behaviours on the same request.

    Raises:
        ValueError: one of them acts before the body is read and so cannot join others.
    """
    _refuse_at_head(parts)
    return Together(parts)


def one_of(*choices: tuple[float, Behaviour]) -> Behaviour:
    """At most one of several behaviours: pairs of (probability, behaviour), sum at most 1.

    Raises:
        ValueError: the probabilities do not fit, or a behaviour acts before the body is read.
    """
    _refuse_at_head(behaviour for _, behaviour in choices)
    if any(p < 0 for p, _ in choices) or sum(p for p, _ in choices) > 1.0 + 1e-9:
        raise ValueError("probabilities are not negative and add up to at most 1")
    return OneOf(choices)


def http_date(in_seconds: float, form: Literal["imf", "rfc850", "asctime"] = "imf") -> str:
    """A date so many seconds from now, in one of the three forms that HTTP allows.

    Args:
        in_seconds: seconds from now; negative for the past.
        form: ``imf`` ``Sun, 06 Nov 1994 08:49:37 GMT``, ``rfc850``
            ``Sunday, 06-Nov-94 08:49:37 GMT``, ``asctime`` ``Sun Nov  6 08:49:37 1994``.
    """
    at = time.gmtime(time.time() + in_seconds)
    # strftime would use the names of the current locale.
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    if form == "imf":
        return f"{day[:3]}, {at.tm_mday:02} {month} {at.tm_year:04} {clock} GMT"
    if form == "rfc850":
        return f"{day}, {at.tm_mday:02}-{month}-{at.tm_year % 100:02} {clock} GMT"
    return f"{day[:3]} {month} {at.tm_mday:2} {clock} {at.tm_year:04}"


def as_ids(match: str | Collection[str] | None) -> frozenset[str] | None:
    """One interaction id or several as a set; None stays None, which means all."""
    if match is None:
        return None
    return frozenset([match] if isinstance(match, str) else match)


def _probability(p: float) -> float:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"a probability is 0 to 1, not {p}")
    return p


def _refuse_at_head(parts: Iterable[Behaviour]) -> None:
    if any(part.at_head for part in parts):
        raise ValueError("a behaviour that acts before the body is read stands alone")


def _check_field(name: str, value: str) -> None:
    text = name + value
    if any(character in text for character in "\r\n\0"):
        raise ValueError("a header field cannot hold CR, LF or NUL")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a header field is limited to Latin-1") from None


def _as_bytes(body: bytes | str | None) -> bytes | None:
    return body.encode() if isinstance(body, str) else body
