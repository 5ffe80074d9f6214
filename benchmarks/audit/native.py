"""The engine's export: reads the journal, writes chained lines, syncs them."""

from collections.abc import Sequence
from pathlib import Path

import cxrelay
from audit.tutorial import AuditLine, read_lines
from claim.native import fill
from events import Update
from harness.contender import Contender
from harness.rounds import DisagreementError


class NativeExport(Contender[Update]):
    """The records were chained when their events were stored; that is not timed here."""

    name = "native export"
    size = 50_000

    def __init__(self, updates: list[Update]) -> None:
        self.updates = updates

    def prepare(self, directory: Path) -> None:
        self.path = directory / "audit.log"
        config = cxrelay.RelayConfig(
            queue=cxrelay.QueueConfig(path=str(directory / "queue.db")),
            audit=cxrelay.AuditConfig(path=str(self.path), max_segment_bytes=1 << 30),
        )
        self.relay = cxrelay.Relay(config)
        fill(self.relay.queue, self.updates)
        self.records = 0

    def run(self, items: Sequence[Update]) -> None:
        self.records = self.relay.export_audit().records

    def count(self) -> int:
        return self.records

    def result(self) -> list[AuditLine]:
        return read_lines(self.path)

    def close(self) -> None:
        self.relay.close()


class NativeVerify(NativeExport):
    """Reads the exported file and checks every link of the chain."""

    name = "native verify"

    def prepare(self, directory: Path) -> None:
        super().prepare(directory)
        self.relay.export_audit()

    def run(self, items: Sequence[Update]) -> None:
        verdict = cxrelay.verify_audit(str(self.path))
        if not verdict.ok:
            raise DisagreementError(f"audit: the trail does not verify: {verdict.problem}")
        self.records = verdict.records
