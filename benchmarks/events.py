"""Realistic webhook events, the same ones in every run: ids vary at random, times ascend.

A small event is the tutorial's sample with an agent's name, about 264 bytes. A large one carries
what platforms add over the years, about 4 kB: nested objects, lists, numbers, escapes, non-ASCII.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import tutorial_pipeline as tutorial

START = datetime(2024, 5, 15, 10, 30, tzinfo=UTC)
EVENTS_PER_SECOND = 40  # of event time: so many events share a timestamp of whole seconds

QUEUES = ("PremiumSupport", "BillingEnquiry", "TechSupportL2", "SalesOutbound")
WRAP_UPS = ("Escalated", "Resolved", "CallbackSet", "FollowUp")
AGENTS = ("Dana Okafor", "Luis Herrera", "Mia Sorensen", "Ana Novak")
CHANNELS = ("voice", "chat", "email", "voice")

_SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC835  # odd: multiplying by it permutes 128-bit numbers
_MASK = (1 << 128) - 1


class Update(NamedTuple):
    """An event as the queues take it: parsed and mapped, with the bytes it came as."""

    key: str
    interaction_id: str
    event_time_us: int
    original: bytes
    mapped: bytes
    timestamp: str
    payload: dict[str, Any]


def interaction_id(number: int) -> str:
    """A UUID-shaped id; no two numbers share one, and their order is random."""
    digits = f"{(number + 1) * _SPREAD & _MASK:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _fields(number: int) -> dict[str, Any]:
    time = START + timedelta(seconds=number // EVENTS_PER_SECOND)
    return {
        "interactionId": interaction_id(number),
        "contactId": f"contact-{10000 + number % 90000}",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "attributes": {
            "queueName": QUEUES[number % 4],
            "wrapUpCode": WRAP_UPS[number // 4 % 4],
            "agentName": AGENTS[number // 16 % 4],
        },
        "legacyCrmId": f"CRM-{10000 + number * 7 % 90000}",
        "sourceChannel": CHANNELS[number % 4],
    }


@cache
def _ballast() -> dict[str, Any]:
    """What a large event carries besides; none of it is mapped, all of it must be valid."""
    steps = [
        {"step": i, "menu": f"main/{i}", "digit": str(i % 10), "ms": 417 * i, "ok": i % 3 != 0}
        for i in range(18)
    ]
    skills = [{"name": f"skill-{i}", "level": i * 0.5, "tags": ["a", "b", None]} for i in range(14)]
    return {
        "customer": {
            "name": "Zoë Müller-Łukasik",
            "address": {"street": "12 Rue de l'Église", "zip": "75011", "geo": [48.8566, 2.3522]},
            "segments": ["gold", "eu", "newsletter"],
            "lifetimeValue": 18234.75,
            "consent": {"recording": True, "marketing": False, "version": None},
        },
        "ivr": {"language": "fr-FR", "path": steps},
        "routing": {"skills": skills, "estimatedWaitSeconds": 93, "priority": 4},
        "notes": 'He said "call back\tlater"\nand hung up \\ 2nd attempt. ' * 5,
        "survey": {f"q{i}": {"score": i % 11, "weight": i / 7} for i in range(18)},
        "custom": {f"field_{i:02d}": f"value of field {i}" for i in range(15)},
    }


def _encode(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def small_events(start: int = 0) -> Iterator[bytes]:
    """Small events without end, numbered from ``start``."""
    while True:
        yield _encode(_fields(start))
        start += 1


def large_events(start: int = 0) -> Iterator[bytes]:
    """Large events without end, numbered from ``start``."""
    while True:
        fields = _fields(start)
        fields["attributes"] |= _ballast()
        yield _encode(fields)
        start += 1


def take(events: Iterator[bytes], count: int) -> list[bytes]:
    """The next ``count`` events."""
    return list(islice(events, count))


def updates(events: list[bytes]) -> list[Update]:
    """The events mapped by the tutorial's own mapper."""
    made = []
    for raw in events:
        event = tutorial.parse_event(raw)
        payload = tutorial.map_event(event)
        time = event.timestamp.isoformat()
        made.append(
            Update(
                tutorial.update_key(event.interaction_id, time),
                event.interaction_id,
                round(event.timestamp.timestamp() * 1_000_000),
                raw,
                json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode(),
                time,
                payload,
            )
        )
    return made
