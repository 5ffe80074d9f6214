"""The events that the processes put. Each can be made again from its address alone.

So who checks needs no list of what was put: a record of the journal names its address, and the
event that is made from that must be the one that is stored, byte for byte.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cxrelay.demo.bad_bodies import bad_body

GONE = ("t-000", "t-001")
"""Interactions that the target does not know: their item is answered 404."""
REFUSED = ("t-002",)
"""Interactions for which the target answers 400, whatever else is in the batch."""

_INTERACTIONS = 120  # few, so that their events meet: wait together, overtake, are in flight
_START = datetime(2024, 5, 15, 8, 0, tzinfo=UTC)
_MOST_AT_ONCE = 10


@dataclass(frozen=True, slots=True, order=True)
class Batch:
    """The address of what is put with one call.

    Attributes:
        worker: which process, from 0.
        life: in which round it was started; it has a new life after each kill.
        number: counted from 0 in each life.
    """

    worker: int
    life: int
    number: int


@dataclass(frozen=True, slots=True)
class TortureEvent:
    """One body.

    Attributes:
        batch: what it is put with.
        index: its place there.
        body: its bytes.
        content: the event in it; None for a body that must be rejected.
        time: when the event happened; None for a rejected one.
    """

    batch: Batch
    index: int
    body: bytes
    content: dict[str, Any] | None = None
    time: datetime | None = None

    @property
    def name(self) -> str:
        """Its address as text."""
        return f"{self.batch.worker}-{self.batch.life}-{self.batch.number}-{self.index}"


def events_of(seed: int, batch: Batch) -> list[TortureEvent]:
    """The events of one call; equal arguments give equal bytes."""
    rng = random.Random(f"{seed} {batch.worker} {batch.life} {batch.number}")  # noqa: S311
    count = 1 if rng.random() < 0.8 else rng.randint(2, _MOST_AT_ONCE)
    return [_event(rng, batch, index) for index in range(count)]


def address_of(content: dict[str, Any]) -> tuple[Batch, int]:
    """Where an event that was stored comes from.

    Raises:
        ValueError: it is none of these events.
    """
    numbers = [int(part) for part in str(content.get("contactId")).removeprefix("c-").split("-")]
    if len(numbers) != 4:
        raise ValueError("an address has four numbers")
    return Batch(*numbers[:3]), numbers[3]


def _event(rng: random.Random, batch: Batch, index: int) -> TortureEvent:
    if rng.random() < 0.01:
        return TortureEvent(batch, index, bad_body(rng, rng.randrange(10**6)))
    when = _START + timedelta(
        seconds=batch.life, milliseconds=10 * batch.number + index, microseconds=rng.randrange(999)
    )
    chance = rng.random()
    if chance < 0.1:  # held up on its way
        when -= timedelta(seconds=rng.uniform(0, 30))
    elif chance < 0.15:  # equal times with different contents
        when = when.replace(microsecond=0)
    content = _content(rng, batch, index, when)
    body = json.dumps(content, ensure_ascii=False).encode()
    return TortureEvent(batch, index, body, content, when)


def _content(rng: random.Random, batch: Batch, index: int, when: datetime) -> dict[str, Any]:
    mark = f"{batch.worker}-{batch.life}-{batch.number}-{index}"
    content: dict[str, Any] = {
        "interactionId": f"t-{rng.randrange(_INTERACTIONS):03}",
        "contactId": f"c-{mark}",
        "timestamp": when.isoformat(),
        "attributes": {"durationSeconds": rng.randrange(900)},
    }
    if rng.random() < 0.01:
        return content  # nothing that the mapping knows
    attributes = content["attributes"]
    # Every value names its event, so that a wrong one shows where it comes from.
    if rng.random() < 0.6:
        attributes["queueName"] = f"Queue {mark}"
    if rng.random() < 0.4:
        attributes["agentName"] = f"Zoë {mark}"
    if rng.random() < 0.3:
        attributes["wrapUpCode"] = f"Code {mark}"
    if rng.random() < 0.3:
        content["legacyCrmId"] = f"CRM-{mark}"
    if rng.random() < 0.2 or len(attributes) == 1:
        content["sourceChannel"] = "voice"
    return content
