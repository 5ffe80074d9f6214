"""What came of a torture: sums over all stretches, and the violations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .evidence import Evidence


@dataclass(slots=True)
class TortureResult:
    """Grows with each stretch that was checked.

    Attributes:
        seed: of plan, traffic and faults.
        processes: how many worked on one queue file.
        rounds_begun: rounds so far, checked or not.
        rounds: rounds whose traces were checked.
        stretches: how many queue files there were.
        interrupted: Ctrl-C has ended the rounds.
        counts: what was done and seen, by name; see ``as_dict``.
        target_faults: what the target did wrong, by behaviour.
        violations: sentences; none is what was hoped for.
        directory: where the files are, if they were left.
        seconds: how long it took.
    """

    seed: int
    processes: int
    rounds_begun: int = 0
    rounds: int = 0
    stretches: int = 0
    interrupted: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    target_faults: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    directory: str | None = None
    seconds: float = 0.0

    def add(self, evidence: Evidence, violations: list[str]) -> None:
        """One more stretch was checked."""
        self.rounds += evidence.rounds
        self.violations += violations
        self.counts += _counts(evidence)
        for entry in evidence.seen:
            self.target_faults.update(entry.faults)

    def as_dict(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {
            "seed": self.seed,
            "processes": self.processes,
            "rounds": self.rounds,
            "queue_files": self.stretches,
            **{name: self.counts[name] for name in COUNTS},
            "target_faults": dict(self.target_faults.most_common()),
            "violations": self.violations,
            "directory": self.directory,
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 3),
        }


def _counts(evidence: Evidence) -> Counter[str]:
    statuses = Counter(receipt.status for receipt in evidence.receipts)
    stats, proxy = evidence.stats, evidence.proxy
    sent = [request for request in evidence.requests if request.sent]
    return evidence.did + Counter(
        {
            "receipts": len(evidence.receipts) - statuses["rejected"],
            "duplicates": statuses["duplicate"],
            "rejected": statuses["rejected"],
            "events": stats.accepted,
            "empty": stats.empty,
            "completed": stats.completed,
            "superseded": stats.superseded,
            "dead": stats.dead,
            "parked": stats.parked,
            "requests": len(sent),
            "answered": sum(request.is_answered for request in sent),
            "unknown": sum(not request.is_answered for request in sent),
            "orphaned": sum(request.is_orphan for request in sent),
            "not_sent": len(evidence.requests) - len(sent),
            "seen": sum(bool(entry.keys) for entry in evidence.seen),
            "seen_in_part": sum(not entry.keys for entry in evidence.seen),
            "audit_records": evidence.audit_records,
            "connections": proxy.connections,
            "faulty_connections": proxy.faulty,
            "cut_connections": proxy.cut,
            "swallowed_connections": proxy.swallowed,
        }
    )


COUNTS = (
    "starts",
    "kills",
    "kills_of_the_deliverer",
    "kills_at_the_start",
    "kills_while_stopped",
    "stops",
    "stops_of_the_deliverer",
    "connections",
    "faulty_connections",
    "cut_connections",
    "swallowed_connections",
    "severed_connections",
    "receipts",
    "duplicates",
    "rejected",
    "events",
    "empty",
    "completed",
    "superseded",
    "dead",
    "parked",
    "requests",
    "answered",
    "unknown",
    "orphaned",
    "not_sent",
    "seen",
    "seen_in_part",
    "audit_records",
)
"""The names of the counts, in the order in which they are told."""
