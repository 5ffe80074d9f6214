"""A queue file with a record of every action that the engine writes."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

import cxrelay
from cxrelay import Queue, _core

LOG = "audit_transformations.log"
PHONE = "+49 30 5550199"
TEXT = "said \"no\",\n=1+1;\t'x' \u2028 \x1b[31m é"


@dataclass(frozen=True)
class Filled:
    """Files of one trail."""

    queue: Path
    log: Path


def settle(queue: Queue, *outcomes: tuple[str, int, str, int], status: int = 200) -> None:
    claim = queue.claim(len(outcomes), target="interactions-batch")
    assert claim is not None
    queue.settle(claim, outcomes[: len(claim.updates)], status)


def put(queue: Queue, interaction: str, time_us: int, name: str = "x") -> None:
    original = json.dumps({"interactionId": interaction, "phone": PHONE}).encode()
    mapped = json.dumps({"attributes": {name: PHONE}}).encode()
    queue.put(f"{interaction}_{time_us}", interaction, time_us, original, mapped, "v1")


def fill(path: Path) -> None:
    """Every action that the engine writes."""
    old = sqlite3.connect(path)
    old.execute(
        "CREATE TABLE pending_updates (idempotency_key TEXT PRIMARY KEY, interaction_id TEXT,"
        " payload TEXT, attempts INTEGER, last_error TEXT, status TEXT, created_at TEXT)"
    )
    old.execute(
        "INSERT INTO pending_updates VALUES"
        " ('old_1', 'old', '{\"x\":1}', 2, '', 'pending', '2024-05-15 10:30:00')"
    )
    old.commit()
    old.close()
    config = cxrelay.RelayConfig(queue=cxrelay.QueueConfig(path=str(path)))
    with cxrelay.Relay(config) as relay:
        relay.ingest(b'{"interactionId":"none","contactId":"c","timestamp":0,"attributes":{}}')
        with pytest.raises(cxrelay.ValidationError):
            relay.ingest(b'{"interactionId":"bad","contactId":"c","timestamp":0,"x":{')
    queue = Queue(str(path))
    settle(queue, ("retry", 503, TEXT, 1), status=503)
    settle(queue, ("completed", 200, "", 0))
    put(queue, "a", 10)
    put(queue, "b", 10)
    settle(queue, ("completed", 200, "", 0), ("dead", 404, "=HYPERLINK(1)", 0))
    queue.revive(interaction_id="b", operator_name="-alice")
    settle(queue, ("parked", 0, "no answer", 0), status=0)
    put(queue, "a", 5)
    assert queue.claim() is None  # superseded
    put(queue, "c", 1)
    settle(queue, ("released", 0, "given back", 0), status=0)
    _core.forget_interaction(queue, str(path.parent / LOG), "b", "bob")
    put(queue, "d", 1)
    queue.close()
