"""The bodies of the simulator's own answers."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from .effects import Answer
from .http import Response

Headers = tuple[tuple[str, str], ...]

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_NO_STORE: Headers = (("Cache-Control", "no-store"),)


def phrase(status: int | str) -> str:
    """The standard phrase of a status, ``Status`` where there is none."""
    return _PHRASES.get(as_status(status), "Status")


def as_status(status: int | str) -> int:
    """A scripted item status as an HTTP status; 500 for a text that is none."""
    if isinstance(status, int):
        return status
    return int(status) if status.isascii() and status.isdigit() and len(status) == 3 else 500


def json_reply(status: int, content: dict[str, Any], headers: Headers = ()) -> Response:
    return Response(status, _ENCODE(content).encode(), headers)


def error(status: int, message: str | None = None, headers: Headers = ()) -> Response:
    """``{"status": ..., "message": ...}``; the message is the standard phrase by default."""
    return json_reply(status, {"status": status, "message": message or phrase(status)}, headers)


def unauthorized() -> Response:
    """The bearer token is missing, unknown or expired."""
    return error(401, headers=(("WWW-Authenticate", "Bearer"),))


def token_reply(content: dict[str, Any]) -> Response:
    """An issued token, which nobody may cache (RFC 6749 5.1)."""
    return json_reply(200, content, _NO_STORE)


def oauth_error(status: int, code: str) -> Response:
    """An error of the token endpoint (RFC 6749 5.2)."""
    challenge: Headers = (("WWW-Authenticate", "Basic"),) if status == 401 else ()
    return json_reply(status, {"error": code}, _NO_STORE + challenge)


def scripted(answer: Answer) -> Response:
    """What a script puts in the place of the usual reply."""
    if answer.body is not None:
        return Response(answer.status, answer.body, answer.headers)
    return error(answer.status, answer.message, answer.headers)


def padded(reply: Response, total_bytes: int) -> Response:
    """The same JSON object with one more member, so that it has at least so many bytes."""
    content = json.loads(reply.body)
    content["padding"] = "x" * max(0, total_bytes - len(reply.body))
    return json_reply(reply.status, content, reply.headers)
