"""Webhook bodies of one length, so that all requests with as many of them are as long."""

from __future__ import annotations

import json


def events(first: int, count: int) -> list[bytes]:
    """Events of the interactions ``i-<first>`` and on."""
    return [_event(number) for number in range(first, first + count)]


def interaction(number: int) -> str:
    """The interaction of event ``number``."""
    return f"i-{number:06}"


def _event(number: int) -> bytes:
    content = {
        "interactionId": interaction(number),
        "contactId": "c-1",
        "timestamp": f"2024-05-15T10:{number // 60 % 60:02}:{number % 60:02}Z",
        "attributes": {"queueName": f"Queue {number:06}"},
        "sourceChannel": "voice",
    }
    return json.dumps(content).encode()
