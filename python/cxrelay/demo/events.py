"""Webhook bodies as a contact centre sends them, and what must become of each. Seeded."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

from .bad_bodies import bad_body

Kind = Literal["accepted", "conflict", "duplicate", "empty", "rejected"]

_START = datetime(2024, 5, 15, 8, 0, tzinfo=UTC)
_CHANNELS = ("voice", "chat", "email", "sms", "whatsapp", "voice callback")
_QUEUES = ("PremiumSupport", "Billing", "Claims", "Retention", "Überweisungen", "Sales_EMEA")
_AGENTS = ("Ana Lindqvist", "Jürgen Groß", "O. N'Diaye", "李 娜", "Sam Reyes")
_CODES = ("Resolved", "Escalated", "CallBack", "NoAnswer", "Transferred", "")

SAMPLE = {
    "interactionId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "contactId": "contact-98765",
    "timestamp": "2024-05-15T10:30:00Z",
    "attributes": {"queueName": "PremiumSupport", "wrapUpCode": "Escalated"},
    "legacyCrmId": "CRM-45902",
    "sourceChannel": "voice",
}
"""The event that the tutorial shows."""


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """One webhook body.

    Attributes:
        body: its bytes.
        kind: what must become of it.
        content: the event in it; None for a body that must be rejected.
        time: when the event happened; None for a rejected one.
    """

    body: bytes
    kind: Kind
    content: dict[str, Any] | None = None
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class DemoInput:
    """All bodies in the order of their arrival, and the interactions that the target will refuse.

    Attributes:
        events: the sample first, then the generated ones.
        gone: interactions that do not exist there: their item is answered 404.
        refused: interactions for which the whole batch is answered 400.
    """

    events: list[DemoEvent]
    gone: frozenset[str]
    refused: frozenset[str]


def generate(count: int, seed: int) -> DemoInput:
    """Makes the sample and ``count`` further events; equal arguments give equal bytes."""
    rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
    arrivals: list[tuple[float, int, DemoEvent]] = []
    interactions: list[str] = []
    while len(arrivals) < count:
        at_s = len(arrivals) * 0.7
        if rng.random() < 0.03:
            event = DemoEvent(bad_body(rng, len(arrivals)), "rejected")
            arrivals.append((at_s, len(arrivals), event))
            continue
        interaction_id = f"{rng.getrandbits(128):032x}"
        interactions.append(interaction_id)
        for event, delay_s in _interaction(rng, interaction_id, at_s):
            if len(arrivals) < count:
                arrivals.append((at_s + delay_s, len(arrivals), event))
    arrivals.sort(key=lambda arrival: arrival[:2])
    gone, refused = (max(1, len(interactions) // share) for share in (500, 2000))
    troubled = rng.sample(interactions, min(gone + refused, len(interactions)))
    sample = DemoEvent(_encoded(SAMPLE), "accepted", SAMPLE, _time_of(SAMPLE))
    return DemoInput(
        events=[sample, *(event for _, _, event in arrivals)],
        gone=frozenset(troubled[:gone]),
        refused=frozenset(troubled[gone:]),
    )


def _interaction(
    rng: random.Random, interaction_id: str, at_s: float
) -> Iterator[tuple[DemoEvent, float]]:
    """The events of one interaction, each with its delay in seconds; some overtake others."""
    contact_id = f"contact-{rng.randrange(10**6)}"
    channel = rng.choice(_CHANNELS)
    when = _START + timedelta(seconds=at_s)
    for number in range(rng.choices((1, 2, 3, 5), (70, 15, 10, 5))[0]):
        when += timedelta(milliseconds=rng.randrange(1, 90_000))
        delay_s = (when - _START).total_seconds() - at_s + rng.expovariate(1 / 20)
        if rng.random() < 0.05:  # held up somewhere on its way
            delay_s += rng.uniform(0, 7200)
        content = _content(rng, interaction_id, contact_id, channel, when, number)
        kind: Kind = "accepted" if _is_mapped(content) else "empty"
        event = DemoEvent(_encoded(content), kind, content, when)
        yield event, delay_s
        chance = rng.random()
        if chance < 0.02:  # delivered twice by an impatient sender
            yield DemoEvent(event.body, "duplicate", content, when), delay_s + rng.uniform(1, 600)
        elif chance < 0.025 and kind == "accepted":  # same key, another payload
            other = {**content, "attributes": {"queueName": f"Corrected {number}"}}
            conflict = DemoEvent(_encoded(other), "conflict", other, when)
            yield conflict, delay_s + rng.uniform(1, 600)


def _content(
    rng: random.Random,
    interaction_id: str,
    contact_id: str,
    channel: str,
    when: datetime,
    number: int,
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "interactionId": interaction_id,
        "contactId": contact_id,
        "timestamp": _written(rng, when),
        "attributes": {"durationSeconds": rng.randrange(900), "language": rng.choice(("en", "de"))},
    }
    if rng.random() < 0.01:
        return content  # nothing that the mapping knows
    attributes = content["attributes"]
    if number == 0:
        content["sourceChannel"] = channel
    if number == 0 or rng.random() < 0.4:
        attributes["queueName"] = rng.choice(_QUEUES)
    if rng.random() < 0.6:
        attributes["agentName"] = rng.choice(_AGENTS)
    if rng.random() < 0.5:
        attributes["wrapUpCode"] = rng.choice(_CODES)
    if rng.random() < 0.5:
        content["legacyCrmId"] = f"CRM-{rng.randrange(10**5)}"
    return content


def _is_mapped(content: dict[str, Any]) -> bool:
    attributes = content["attributes"]
    texts = [attributes.get(name) for name in ("queueName", "agentName", "wrapUpCode")]
    return any([*texts, content.get("sourceChannel"), content.get("legacyCrmId")])


def _written(rng: random.Random, when: datetime) -> str:
    """One moment, in the forms that senders use."""
    if rng.random() < 0.8:
        return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return when.astimezone(timezone(timedelta(hours=2))).isoformat()


def _time_of(content: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(content["timestamp"])


def _encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
