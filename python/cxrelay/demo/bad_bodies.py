"""Bodies that no relay may take: broken, wrong and hostile ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any


def bad_body(rng: random.Random, number: int) -> bytes:
    """One of them; ``number`` makes it unlike the others."""
    good = {
        "interactionId": f"bad-{number}",
        "contactId": f"contact-{number}",
        "timestamp": "2024-05-15T10:30:00Z",
    }
    return rng.choice(_MAKERS)(good)


def _changed(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda good: json.dumps({**good, **changes}).encode()


def _missing(good: dict[str, Any]) -> bytes:
    return json.dumps({name: good[name] for name in good if name != "contactId"}).encode()


def _cut(good: dict[str, Any]) -> bytes:
    return json.dumps(good).encode()[:-9]


def _repeated(good: dict[str, Any]) -> bytes:
    return json.dumps(good).encode()[:-1] + b', "contactId": "another"}'


def _not_utf8(good: dict[str, Any]) -> bytes:
    return json.dumps({**good, "sourceChannel": "?"}).encode().replace(b'"?"', b'"\xff\xfe"')


def _deep(good: dict[str, Any]) -> bytes:
    nested = b"[" * 100 + b"]" * 100
    return json.dumps(good).encode()[:-1] + b', "attributes": {"a": ' + nested + b"}}"


def _large(good: dict[str, Any]) -> bytes:
    return json.dumps({**good, "attributes": {"note": "x" * 300_000}}).encode()


_MAKERS: tuple[Callable[[dict[str, Any]], bytes], ...] = (
    _cut,
    _cut,
    _missing,
    _missing,
    _repeated,
    _not_utf8,
    _deep,
    _large,
    _changed(interactionId=17),
    _changed(contactId=None),
    _changed(timestamp="yesterday"),
    _changed(attributes=["queueName", "Billing"]),
    _changed(interactionId="../../admin/users?x="),
    _changed(interactionId="a\u0000b"),
    _changed(contactId="c\r\nX-Injected: yes"),
    _changed(attributes={"score": float("nan")}),
    lambda good: json.dumps([good]).encode(),
)
