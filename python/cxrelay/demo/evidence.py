"""What a demo run leaves behind: the facts that are compared, and those that are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxrelay.results import RelayStats

    from .events import DemoEvent


@dataclass(frozen=True, slots=True)
class Stored:
    """An event and its receipt, or None and why it was refused."""

    event: DemoEvent
    status: str
    seq: int = 0
    key: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A batch that the simulator saw."""

    interaction_ids: tuple[str, ...]
    keys: tuple[str | None, ...]
    status: int | None
    failed_items: int = 0


@dataclass(frozen=True, slots=True)
class Final:
    """An update that will not be sent again, with the reason."""

    seq: int
    interaction_id: str
    reason: str


@dataclass(slots=True)
class Evidence:
    """Everything that the check needs; gathered when nothing moves any more."""

    stored: list[Stored]
    stats: RelayStats
    flush_reason: str
    dead: list[Final]
    parked: list[Final]
    requests: list[Request]
    interactions: dict[str, dict[str, Any]]
    queue_problems: list[str]
    audit_records: int
    audit_problem: str


@dataclass(slots=True)
class DemoResult:
    """A finished run."""

    seed: int
    evidence: Evidence
    problems: list[str]
    ingest_seconds: float
    seconds: float
    queue_file: str
    audit_log: str
    kept: bool
    counts: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = Counter(stored.status for stored in self.evidence.stored)

    @property
    def consistent(self) -> bool:
        """Whether everything holds together."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """What ``--json`` prints.

        ``attempts`` are requests on the wire as the journal has them, ``ledger_requests`` those
        that the server saw; ``sends`` counts each update of each request.
        """
        evidence, stats = self.evidence, self.evidence.stats
        return {
            "seed": self.seed,
            "events": len(evidence.stored),
            "accepted": self.counts["accepted"] + self.counts["conflict"],
            "conflicts": self.counts["conflict"],
            "duplicates": self.counts["duplicate"],
            "empty": self.counts["empty"],
            "rejected": self.counts["rejected"],
            "completed": stats.completed,
            "superseded": stats.superseded,
            "dead": stats.dead,
            "parked": stats.parked,
            "attempts": stats.requests,
            "ledger_requests": len(evidence.requests),
            "sends": stats.attempts,
            "item_failures": sum(request.failed_items for request in evidence.requests),
            "retries": stats.updater.retried,
            "throttled": stats.updater.throttled,
            "split": stats.updater.split,
            "audit_records": evidence.audit_records,
            "audit_verified": not evidence.audit_problem,
            "audit_log": self.audit_log if self.kept else None,
            "queue_file": self.queue_file if self.kept else None,
            "consistent": self.consistent,
            "problems": self.problems,
            "ingest_seconds": round(self.ingest_seconds, 3),
            "seconds": round(self.seconds, 3),
        }
