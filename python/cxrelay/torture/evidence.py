"""What a stretch leaves behind: the facts that are judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxrelay.fault_proxy import ProxyCounts
    from cxrelay.results import RelayStats

    from .receipts import StoredReceipt


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event's record in the journal.

    Attributes:
        seq: the record's number.
        key: the event's idempotency key.
        interaction_id: what it belongs to.
        original: its body.
        is_empty: there was nothing to write.
    """

    seq: int
    key: str
    interaction_id: str
    original: str
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the journal has it.

    Attributes:
        started: the seq of its record.
        items: the updates of each of its items, the newest last.
        finished: the seq of the record of its end; None if there is none.
        status: HTTP status, 0 if there was no whole answer.
        sent: whether a byte may have reached the server.
        outcomes: update to ``completed``, ``retry``, ``dead``, ``parked``, ``split`` (its batch was
            halved), ``parted`` (its item was, into single updates), ``released``.
        is_orphan: its sender had ended, and the next deliverer settled it.
    """

    started: int
    items: tuple[tuple[int, ...], ...]
    finished: int | None = None
    status: int = 0
    sent: bool = True
    outcomes: Mapping[int, str] = field(default_factory=dict)
    is_orphan: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether its whole answer came."""
        return self.status != 0


@dataclass(frozen=True, slots=True)
class Seen:
    """A batch that the target saw.

    Attributes:
        interaction_ids: of its items; none if it did not come whole.
        keys: the idempotency key of each item.
        status: what was answered; None if nothing was.
        item_statuses: what was answered for each item.
        faults: the scripted behaviours that took part.
    """

    interaction_ids: tuple[str, ...]
    keys: tuple[str | None, ...]
    status: int | None
    item_statuses: tuple[int | str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class Evidence:
    """Everything that the check needs; gathered when nothing moves any more.

    Attributes:
        seed: of the traffic.
        rounds: how many there were.
        receipts: what the processes were given.
        accepted: events in the journal, by seq.
        requests: requests in the journal, in the order in which they were started.
        superseded: updates of which newer ones left nothing to write; once for each record.
        dead: updates that were given up in the end, with the reason.
        parked: updates that wait for an operator in the end, with the reason.
        stats: the queue file's own counts.
        drain_reason: why the last delivery ended.
        seen: batches in the target's ledger.
        interactions: the attributes of each interaction at the target.
        queue_problems: of ``queue check``.
        audit_records: records in the exported trail.
        audit_problem: why the trail does not verify, or nothing.
        process_problems: what the processes did that they may not.
        did: how often what was done to them.
        proxy: what the fault proxy did.
    """

    seed: int
    rounds: int
    receipts: list[StoredReceipt]
    accepted: dict[int, Accepted]
    requests: list[Request]
    superseded: list[int]
    dead: dict[int, str]
    parked: dict[int, str]
    stats: RelayStats
    drain_reason: str
    seen: list[Seen]
    interactions: dict[str, dict[str, Any]]
    queue_problems: list[str]
    audit_records: int
    audit_problem: str
    process_problems: list[str]
    did: Counter[str]
    proxy: ProxyCounts
