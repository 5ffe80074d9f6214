"""What a delivery left behind: the journal's attempts, and what the server and the wire saw."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cxrelay import FaultProxy, Relay, Simulator

Wire = Literal["NOT_SENT", "UNKNOWN", "ANSWERED"]


@dataclass(frozen=True)
class Attempt:
    """One request as the journal has it: what it carried, and what became of it.

    Attributes:
        updates: the sequence numbers of its updates.
        status: HTTP status of the envelope, 0 if there was no whole answer.
        error_class: of the whole request; empty where the items tell.
        outcomes: for each update (outcome, error class, status); a completed one has
            ("completed", "", 0).
        not_before: for each update that is sent again, seconds since 1970 before which it is not.
        looks: what each look at the target before it was sent found.
    """

    updates: tuple[int, ...]
    status: int
    error_class: str
    sent: bool
    outcomes: dict[int, tuple[str, str, int]]
    not_before: dict[int, float]
    looks: tuple[str, ...]

    @property
    def wire(self) -> Wire:
        """How far it came, in the words of the design: the class without what the answer says."""
        if not self.sent:
            return "NOT_SENT"
        return "ANSWERED" if self.status else "UNKNOWN"


def attempts(relay: Relay) -> list[Attempt]:
    """Every request of the journal, in the order in which they were started."""
    rows = relay.queue.query(
        "SELECT action, request_id, detail FROM journal"
        " WHERE action IN ('started', 'finished') ORDER BY seq"
    )
    started: dict[str, tuple[int, ...]] = {}
    finished: dict[str, dict[str, Any]] = {}
    for action, request_id, text in rows:
        detail = json.loads(text)
        if action == "started":
            assert request_id not in started
            started[request_id] = tuple(detail["updates"])
        else:
            assert request_id not in finished
            finished[request_id] = detail
    assert set(started) == set(finished), "a request was started and has not finished"
    return [_attempt(updates, finished[request_id]) for request_id, updates in started.items()]


def _attempt(updates: tuple[int, ...], detail: dict[str, Any]) -> Attempt:
    outcomes = dict.fromkeys(detail.get("completed", ()), ("completed", "", 0))
    for outcome in ("retry", "dead", "parked", "split", "released"):
        for item in detail.get(outcome, ()):
            assert item["seq"] not in outcomes
            outcomes[item["seq"]] = (outcome, item["error_class"], item["status"])
    assert set(outcomes) == set(updates), "each update of a request has exactly one outcome"
    not_before = {
        item["seq"]: datetime.fromisoformat(item["not_before"]).timestamp()
        for item in detail.get("retry", ())
    }
    looks = tuple(look["found"] for look in detail.get("read_back", ()))
    return Attempt(
        updates,
        detail["status"],
        detail["error_class"],
        detail["sent"],
        outcomes,
        not_before,
        looks,
    )


def violations(relay: Relay, sim: Simulator, proxy: FaultProxy) -> list[str]:
    """What contradicts: requests on the wire = attempts, one key an update, nothing left over.

    Only for deliveries whose PATCHes and looks, and nothing else, go through the proxy.
    """
    found = []
    started = attempts(relay)
    sent = [attempt for attempt in started if attempt.sent]
    looks = sum(len(attempt.looks) for attempt in started)
    exchanges = sum(entry.exchanges for entry in proxy.ledger())
    if exchanges != len(sent) + looks:
        found.append(f"{exchanges} requests on the wire, {len(sent)} attempts and {looks} looks")
    if len(sim.requests("read")) != looks:
        found.append(f"{len(sim.requests('read'))} looks at the server, {looks} on record")
    if relay.stats().requests != len(sent):
        found.append(f"{relay.stats().requests} requests counted, {len(sent)} on record")
    # The simulator sees a request if at least one byte of it came; it cannot tell the kind of one
    # that ended in its head.
    seen = [entry for entry in sim.ledger() if entry.kind in ("batch", "invalid")]
    unseen = sum(1 for entry in proxy.ledger() if _last_request_was_lost_whole(entry.faults))
    if len(seen) + unseen != len(sent):
        found.append(f"{len(seen)} requests at the server, {unseen} lost whole, {len(sent)} sent")
    keys: dict[str, set[str | None]] = defaultdict(set)
    for entry in sim.requests("batch"):  # one that is not whole names no items
        for interaction, key in zip(entry.interaction_ids, entry.idempotency_keys, strict=True):
            keys[interaction].add(key)
    found += [f"{name} came with {len(some)} keys" for name, some in keys.items() if len(some) > 1]
    found += [f"{name} came without a key" for name, some in keys.items() if None in some]
    check = relay.queue.check()
    return found + list(check.problems)


def _last_request_was_lost_whole(faults: tuple[str, ...]) -> bool:
    return "cut_request(0)" in faults or "black_hole" in faults
