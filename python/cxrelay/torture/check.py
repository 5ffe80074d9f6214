"""Does it all hold together? Every sentence that this returns is a violation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cxrelay.demo.oracle import final_state

from .evidence import Accepted, Evidence
from .sentences import some, unequal
from .traffic import Batch, TortureEvent, address_of, events_of
from .wire import wire_violations


def violations_of(evidence: Evidence) -> list[str]:
    """Compares receipts, journal, ledger, final state and audit trail with each other and the oracle."""
    made = _Made(evidence.seed)
    return [
        *evidence.process_problems,
        *_storage_violations(evidence, made),
        *_receipt_violations(evidence, made),
        *_end_violations(evidence),
        *wire_violations(evidence),
        *_state_violations(evidence),
        *_trail_violations(evidence),
    ]


class _Made:
    """The events as they were made, by address."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._batches: dict[Batch, list[TortureEvent]] = {}

    def event(self, batch: Batch, index: int) -> TortureEvent | None:
        """None if that batch has no such event."""
        if batch not in self._batches:
            self._batches[batch] = events_of(self._seed, batch)
        events = self._batches[batch]
        return events[index] if index < len(events) else None


def _storage_violations(evidence: Evidence, made: _Made) -> Iterator[str]:
    """What is stored was put, byte for byte, and once."""
    strange, times = [], Counter[tuple[Batch, int]]()
    for record in evidence.accepted.values():
        try:
            address = address_of(json.loads(record.original))
        except (ValueError, AttributeError):  # no JSON, no object, no address
            strange.append(f"record {record.seq}")
            continue
        times[address] += 1
        event = made.event(*address)
        if event is None or event.body.decode(errors="replace") != record.original:
            strange.append(f"record {record.seq}")
    yield from some(strange, "records of events hold what nobody put")
    twice = [f"{batch.worker}-{batch.life}-{batch.number}-{index}"
             for (batch, index), count in times.items() if count > 1]  # fmt: skip
    yield from some(twice, "events are stored more than once")


def _receipt_violations(evidence: Evidence, made: _Made) -> Iterator[str]:
    """Each receipt is true, and the same event gets the same one again."""
    lost, wrong = [], []
    known: dict[tuple[Batch, int], tuple[int, str]] = {}
    by_key = {record.key: record for record in evidence.accepted.values()}
    for receipt in evidence.receipts:
        event = made.event(receipt.batch, receipt.index)
        name = event.name if event is not None else f"of {receipt.batch}"
        is_refused = receipt.status == "rejected"
        if event is None or is_refused != (event.content is None):
            wrong.append(f"{name} was {receipt.status}")
            continue
        if is_refused:
            continue
        record = by_key.get(receipt.key)
        if record is None or event.body.decode() != record.original:
            lost.append(name)
            continue
        first = known.setdefault((receipt.batch, receipt.index), (receipt.seq, receipt.key))
        if record.seq != receipt.seq or first != (receipt.seq, receipt.key):
            wrong.append(f"{name} is record {record.seq} and has a receipt for {receipt.seq}")
        elif record.is_empty != (receipt.status == "empty") and receipt.status != "duplicate":
            wrong.append(f"{name} was {receipt.status}")
    yield from some(lost, "receipts are for events that are not in the journal")
    yield from some(wrong, "receipts are wrong")


def _end_violations(evidence: Evidence) -> Iterator[str]:
    """Each accepted event has exactly one end, and each bad end a reason."""
    stats = evidence.stats
    if evidence.drain_reason != "idle":
        yield f"what was left could not be delivered: {evidence.drain_reason}"
    ends = Counter(evidence.superseded)
    for request in evidence.requests:
        ends.update(seq for seq, word in request.outcomes.items() if word == "completed")
    ends.update(evidence.dead.keys())
    ends.update(evidence.parked.keys())
    updates = {record.seq for record in evidence.accepted.values() if not record.is_empty}
    yield from some(sorted(updates - ends.keys()), "accepted events have no end")
    yield from some(sorted(ends.keys() - updates), "ends are of events that were not accepted")
    yield from some(
        sorted(seq for seq, count in ends.items() if count > 1), "events have more than one end"
    )
    bad = evidence.dead | evidence.parked
    yield from some(sorted(seq for seq in bad if not bad[seq]), "dead or parked without a reason")
    counted = stats.completed + stats.superseded + stats.dead + stats.parked
    yield from unequal("updates", ("accepted", len(updates)), ("counted with an end", counted))
    yield from unequal(
        "events", ("in the journal", len(evidence.accepted)), ("counted", stats.accepted)
    )


def _state_violations(evidence: Evidence) -> Iterator[str]:
    """Each interaction has the attributes that the oracle says.

    An update that was given up after a request of unknown outcome may have been applied by that one.
    """
    lost = evidence.dead.keys() | evidence.parked.keys()
    unsure = lost & {
        seq
        for request in evidence.requests
        if request.sent and not request.is_answered
        for item in request.items
        for seq in item
    }
    by_name: dict[str, list[Accepted]] = {}
    for record in sorted(evidence.accepted.values(), key=lambda record: record.seq):
        if not record.is_empty:
            by_name.setdefault(record.interaction_id, []).append(record)
    unlike = []
    for name in sorted(by_name.keys() | evidence.interactions.keys()):
        records = by_name.get(name, [])
        found = evidence.interactions.get(name, {})
        expected = _attributes(record for record in records if record.seq not in lost)
        options = [expected]
        for one in records:
            if one.seq in unsure:
                options.append(
                    _attributes(r for r in records if r.seq not in lost or r.seq == one.seq)
                )
        if not _is_one_of(found, options):
            unlike.append(f"{name} ({_difference(expected, found)})")
    yield from some(unlike, "interactions differ from what they must be")


def _attributes(records: Iterable[Accepted]) -> dict[str, Any]:
    """Of one interaction, if these are applied."""
    contents = [json.loads(record.original) for record in records]
    states = final_state((content, _time_of(content)) for content in contents)
    return next(iter(states.values()), {})


def _is_one_of(found: dict[str, Any], options: list[dict[str, Any]]) -> bool:
    """Whether each attribute has the value that it has in one of the options."""
    names = found.keys() | options[0].keys()
    return all(found.get(name) in [option.get(name) for option in options] for name in names)


def _trail_violations(evidence: Evidence) -> Iterator[str]:
    """The queue file replays, and the exported trail is whole."""
    yield from (f"queue check: {problem}" for problem in evidence.queue_problems)
    if evidence.audit_problem:
        yield f"audit trail: {evidence.audit_problem}"
    yield from unequal(
        "audit records",
        ("in the journal", evidence.stats.journal_records),
        ("in the log", evidence.audit_records),
    )


def _time_of(content: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(content["timestamp"])


def _difference(expected: dict[str, Any], found: dict[str, Any]) -> str:
    name = next(
        name
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    )
    return f"{name} is {found.get(name)!r}, not {expected.get(name)!r}"
