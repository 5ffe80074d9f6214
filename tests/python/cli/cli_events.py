"""Lines of JSON-lines files for tests of the command."""

from __future__ import annotations

import json
from typing import Any


def event_line(interaction: str = "i-1", **changes: Any) -> bytes:
    """A valid event without a line end."""
    content = {
        "interactionId": interaction,
        "contactId": "c-1",
        "timestamp": "2024-05-15T10:00:00Z",
        "attributes": {"queueName": "Billing"},
    }
    return json.dumps({**content, **changes}).encode()


_HEAD = event_line()[:-1]
MARK = "topsecret"

BAD_LINES: dict[str, tuple[bytes, str, str]] = {
    "malformed JSON": (b'{"interactionId": "topsecret', "(body)", "json"),
    "wrong type": (event_line(contactId={"topsecret": 1}), "contactId", "string"),
    "missing field": (b'{"interactionId": "topsecret"}', "timestamp", "required"),
    "bad time": (event_line(timestamp="topsecret"), "timestamp", "datetime"),
    "10 MB": (_HEAD + b', "x": "' + b"topsecret " * 1_000_000 + b'"}', "(body)", "bytes"),
    "depth 10,000": (_HEAD + b', "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "(body)", "deep"),
    "repeated key": (_HEAD + b', "contactId": "topsecret"}', "(body)", "duplicate_key"),
    "invalid UTF-8": (_HEAD + b', "sourceChannel": "topsecret\xff\xfe"}', "(body)", "UTF-8"),
    "hostile id": (event_line("../../admin/topsecret"), "interactionId", "id_pattern"),
    "binary": (bytes(range(256)).replace(b"\n", b"") * 4, "(body)", "json"),
}
"""Name to line, the place that the error names, and a word of its expectation or type."""
