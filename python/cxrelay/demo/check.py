"""Does it all hold together? Every sentence that this returns is a defect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from .evidence import Evidence
from .oracle import final_state

_MAX_EXAMPLES = 3


def problems_of(evidence: Evidence) -> list[str]:
    """Compares journal, ledger, final state and audit trail with each other and the oracle."""
    return [
        *_input_problems(evidence),
        *_outcome_problems(evidence),
        *_ledger_problems(evidence),
        *_state_problems(evidence),
        *_trail_problems(evidence),
    ]


def _input_problems(evidence: Evidence) -> Iterator[str]:
    """Each event became what its maker says."""
    wrong = Counter(
        f"events made to be {stored.event.kind} were {stored.status}"
        for stored in evidence.stored
        if stored.status != stored.event.kind
    )
    yield from (f"{count} {what}" for what, count in wrong.items())
    counts = Counter(stored.status for stored in evidence.stored)
    stats = evidence.stats
    yield from _unequal(
        "events with a receipt",
        ("by receipts", counts["accepted"] + counts["conflict"] + counts["empty"]),
        ("in the journal", stats.accepted),
    )
    yield from _unequal(
        "rejected", ("by answers", counts["rejected"]), ("in the journal", stats.rejected)
    )


def _outcome_problems(evidence: Evidence) -> Iterator[str]:
    """Each accepted event has an end, and each bad end a reason."""
    stats = evidence.stats
    if evidence.flush_reason != "idle":
        yield f"the delivery ended early: {evidence.flush_reason}"
    yield from _unequal(
        "updates",
        ("accepted", stats.accepted - stats.empty),
        ("with an end", stats.completed + stats.superseded + stats.dead + stats.parked),
    )
    yield from _unequal("dead", ("counted", stats.dead), ("listed", len(evidence.dead)))
    yield from _unequal("parked", ("counted", stats.parked), ("listed", len(evidence.parked)))
    silent = [final for final in (*evidence.dead, *evidence.parked) if not final.reason]
    if silent:
        yield f"{len(silent)} dead or parked updates have no reason"


def _ledger_problems(evidence: Evidence) -> Iterator[str]:
    """What the server saw is what the journal says was sent."""
    stats, requests = evidence.stats, evidence.requests
    yield from _unequal(
        "requests", ("in the journal", stats.requests), ("seen by the server", len(requests))
    )
    yield from _unequal(
        "sends of items",
        ("in the journal", stats.attempts),
        ("seen by the server", sum(len(request.interaction_ids) for request in requests)),
    )
    owner = {
        stored.key: stored.event.content["interactionId"]
        for stored in evidence.stored
        if stored.event.content is not None
    }
    strange = sum(
        owner.get(key or "") != interaction_id
        for request in requests
        for key, interaction_id in zip(request.keys, request.interaction_ids, strict=True)
    )
    if strange:
        yield f"{strange} sends carried a key that does not belong to the interaction"


def _state_problems(evidence: Evidence) -> Iterator[str]:
    """Each interaction has the attributes that the oracle says."""
    lost = {final.seq for final in (*evidence.dead, *evidence.parked)}
    delivered = sorted(
        (
            stored
            for stored in evidence.stored
            if stored.status in ("accepted", "conflict") and stored.seq not in lost
        ),
        key=lambda stored: stored.seq,
    )
    expected = final_state(
        (stored.event.content, stored.event.time)
        for stored in delivered
        if stored.event.content is not None and stored.event.time is not None
    )
    found = evidence.interactions
    unlike = [
        name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
    ]
    if unlike:
        names = ", ".join(islice(sorted(unlike), _MAX_EXAMPLES))
        yield f"{len(unlike)} interactions differ from what they must be, for example {names}"


def _trail_problems(evidence: Evidence) -> Iterator[str]:
    """The queue file replays, and the exported trail is whole."""
    yield from (f"queue check: {problem}" for problem in evidence.queue_problems)
    if evidence.audit_problem:
        yield f"audit trail: {evidence.audit_problem}"
    yield from _unequal(
        "audit records",
        ("in the journal", evidence.stats.journal_records),
        ("in the log", evidence.audit_records),
    )


def _unequal(what: str, one: tuple[str, int], other: tuple[str, int]) -> Iterator[str]:
    if one[1] != other[1]:
        yield f"{what}: {one[1]:,} {one[0]}, but {other[1]:,} {other[0]}"
