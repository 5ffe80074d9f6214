"""What a relay answers: plain values that can be compared, copied, pickled and printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxrelay import _core

__all__ = [
    "AuditStats",
    "FlushResult",
    "Forgotten",
    "RelayStats",
    "RetainedTrail",
    "ScopeCheck",
    "TargetState",
    "UpdaterCounts",
]


@dataclass(frozen=True, kw_only=True)
class UpdaterCounts:
    """What was delivered.

    Attributes:
        requests: requests that may have reached the server.
        completed: updates that the server took.
        retried: times that an update was put back to be sent again later.
        dead: updates given up, with a reason.
        parked: updates of unknown outcome that wait for an operator.
        split: requests refused whole and sent again in halves.
        not_sent: requests that did not reach the server; not among ``requests``.
        throttled: requests that the server put off, whole or in part.
    """

    requests: int = 0
    completed: int = 0
    retried: int = 0
    dead: int = 0
    parked: int = 0
    split: int = 0
    not_sent: int = 0
    throttled: int = 0


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was erased of one interaction, and what could not be.

    Attributes:
        interaction_id: the interaction.
        events: the seqs of its events in the journal, erased now or before.
        erased: of those, the ones that this call erased.
        ended: of those, how many were updates that were not done; they are dead for good.
        record_seq: the journal's record of the erasure; 0 = nothing was left to erase.
        log_emptied: False if somebody was reading: bytes may remain in SQLite's log until the
            erasure is repeated.
        rewritten: segments of the exported trail that held its payloads and hold them no more.
        elsewhere: the seqs of events that were exported, but are in no segment here.
        unseen: first and last seqs of records that the queue file has deleted and that are in no
            segment here, so that nobody can tell whether some are of the interaction.
    """

    interaction_id: str
    events: list[int]
    erased: list[int]
    ended: int
    record_seq: int
    log_emptied: bool
    rewritten: list[str]
    elsewhere: list[int]
    unseen: list[tuple[int, int]]

    @property
    def complete(self) -> bool:
        """Whether nothing remains where this call could see it. Backups and copies it cannot see."""
        return self.log_emptied and not (self.elsewhere or self.unseen)

    @property
    def known(self) -> bool:
        """Whether there was anything of the interaction."""
        return bool(self.events or self.rewritten)


@dataclass(frozen=True, kw_only=True)
class RetainedTrail:
    """What retention removed from the exported trail.

    Attributes:
        removed: the closed segments, the oldest first; those that would go if it was a dry run.
        records: how many records are in them.
        last_seq: the last record that was ever removed from this trail; 0 = none.
    """

    removed: list[str]
    records: int
    last_seq: int


@dataclass(frozen=True, kw_only=True)
class FlushResult(UpdaterCounts):
    """What one flush did. Background delivery at the same time is counted too.

    Attributes:
        reason: why it ended: ``idle`` (nothing waits), ``timeout``, ``stopped``, ``auth`` (the
            target refuses the client), ``fenced`` or ``not_elected`` (another deliverer sends for
            this queue file), ``failed`` (see the log).
        waiting: updates that still wait.
    """

    reason: str
    waiting: int

    @classmethod
    def between(
        cls, before: _core.UpdaterStats, after: _core.UpdaterStats, reason: str, waiting: int
    ) -> FlushResult:
        """The difference of two counts of the engine."""
        counts = {name: getattr(after, name) - getattr(before, name) for name in _COUNTS}
        return cls(reason=reason, waiting=waiting, **counts)


@dataclass(frozen=True, kw_only=True)
class TargetState:
    """What holds sending back at the moment.

    Attributes:
        gate_closed_ms: for so long nothing is sent; 0 = the gate is open.
        breaker: ``closed`` (all is well), ``open`` (the target fails and is left alone) or
            ``half_open`` (single updates are sent to see whether it works again).
        retry_tokens: what is left in the retry budget.
        requests_per_s: the pace; 0 = not limited.
        batch_updates: updates that a request may carry now.
    """

    gate_closed_ms: int = 0
    breaker: str = "closed"
    retry_tokens: int = 0
    requests_per_s: float = 0.0
    batch_updates: int = 0

    @classmethod
    def of(cls, state: _core.TargetState) -> TargetState:
        """The engine's state as a value."""
        return cls(**{name: getattr(state, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True)
class AuditStats:
    """How far the export of the audit trail is.

    Attributes:
        exported_seq: audit records up to this one are on disk in the trail.
        backlog_records: audit records beyond, not exported yet.
        failures: exports of this relay that failed, since it was opened.
        last_error: of its last export: empty if it went well, otherwise the ``kind`` of the
            StoreError (``full``, say), ``audit`` for an AuditError, or ``other``.
    """

    exported_seq: int = 0
    backlog_records: int = 0
    failures: int = 0
    last_error: str = ""

    @classmethod
    def of(cls, stats: _core.AuditStats) -> AuditStats:
        """The engine's counts as a value."""
        return cls(**{name: getattr(stats, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True)
class RelayStats:
    """The counts of a queue file.

    Attributes:
        pending: updates that wait, due or not.
        delayed: of those, the ones that are not due yet.
        in_flight: updates in a request under way.
        completed: updates that the server took.
        dead: updates given up, with a reason.
        parked: updates of unknown outcome that wait for an operator.
        superseded: updates of which newer ones left nothing to write.
        accepted: events with a receipt.
        empty: of those, the ones that the mapping left nothing of.
        rejected: invalid events.
        requests: requests that may have reached the server.
        attempts: sends, summed over the items (updates of one interaction may be sent as one item).
        journal_records: audit records.
        oldest_pending_us: when the oldest waiting update was accepted, in microseconds since
            1970; None if nothing waits.
        updater: what this relay has delivered since it was opened.
        target: what holds its sending back at the moment.
        audit: how far the export of the audit trail is.
        first_seq: the first audit record that the file still has.
        erased_until_seq: payloads of events up to this record were erased by retention, but where
            they are still needed.
        held_up_by_seq: the first event whose payloads are still needed, since an update of its
            interaction is not done; no record is deleted from shortly before it on. 0 = none.
    """

    pending: int
    delayed: int
    in_flight: int
    completed: int
    dead: int
    parked: int
    superseded: int
    accepted: int
    empty: int
    rejected: int
    requests: int
    attempts: int
    journal_records: int
    oldest_pending_us: int | None
    updater: UpdaterCounts
    target: TargetState = TargetState()
    first_seq: int = 1
    erased_until_seq: int = 0
    held_up_by_seq: int = 0
    audit: AuditStats = AuditStats()

    @classmethod
    def of(
        cls, queue: _core.QueueStats, updater: _core.UpdaterStats, audit: _core.AuditStats
    ) -> RelayStats:
        """The counts of the engine as a value."""
        counts = {name: getattr(queue, name) for name in _QUEUE_COUNTS}
        delivered = UpdaterCounts(**{name: getattr(updater, name) for name in _COUNTS})
        return cls(
            **counts,
            updater=delivered,
            target=TargetState.of(updater.target),
            audit=AuditStats.of(audit),
        )


@dataclass(frozen=True, kw_only=True)
class ScopeCheck:
    """What the target says of the credentials' scopes.

    Attributes:
        reachable: whether the target answered.
        status: its HTTP status, 0 if none.
        scopes: what the credentials permit; None if the target does not tell, which is no denial.
        missing: needed scopes that ``scopes`` does not list.
    """

    reachable: bool
    status: int
    scopes: tuple[str, ...] | None
    missing: tuple[str, ...]

    @classmethod
    def of(cls, check: _core.ScopeCheck) -> ScopeCheck:
        """The engine's answer as a value."""
        return cls(
            reachable=check.reachable,
            status=check.status,
            scopes=None if check.scopes is None else tuple(check.scopes),
            missing=tuple(check.missing),
        )


_COUNTS = tuple(UpdaterCounts.__dataclass_fields__)
_QUEUE_COUNTS = tuple(
    name for name in RelayStats.__dataclass_fields__ if name not in ("updater", "target", "audit")
)
