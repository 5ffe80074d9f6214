"""Webhook bodies for tests of the relay."""

from __future__ import annotations

import json
from typing import Any


def body(interaction: str = "i-1", second: int = 0, **attributes: Any) -> bytes:
    """A valid event of this interaction, so many seconds after the hour."""
    content = {
        "interactionId": interaction,
        "contactId": f"contact-{interaction}",
        "timestamp": f"2024-05-15T10:{second // 60:02}:{second % 60:02}Z",
        "attributes": attributes or {"queueName": "Billing"},
        "sourceChannel": "voice",
    }
    return json.dumps(content).encode()


INVALID = {
    "malformed JSON": b'{"interactionId": "i-1"',
    "not an object": b"[1, 2]",
    "wrong type": body().replace(b'"i-1"', b"17", 1),
    "missing field": b'{"interactionId": "i-1", "contactId": "c-1"}',
    "bad time": body().replace(b"2024-05-15T10", b"yesterday"),
    "10 MB": body()[:-1] + b', "x": "' + b"x" * 10_000_000 + b'"}',
    "depth 10,000": body()[:-1] + b', "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "repeated key": body()[:-1] + b', "contactId": "c-2"}',
    "invalid UTF-8": body().replace(b"voice", b"\xff\xfe\xfd"),
    "hostile id": body("../../admin"),
    "control character in id": body().replace(b'"i-1"', b'"i\\u0000-1"', 1),
    "NaN": body()[:-1] + b', "attributes": {"a": NaN}}',
}
"""What no relay may take, by what is wrong with it."""
