"""The engine: "started" on disk before a request leaves, outcomes on disk after it."""

from pathlib import Path

from claim.native import fill
from cxrelay import Relay, RelayConfig
from cxrelay.config import AuditConfig, AuthConfig, QueueConfig, TargetConfig
from drain.base import DrainContender
from events import Update


class Native(DrainContender):
    """The journal in the queue file is the audit trail: hash-chained and synced."""

    name = "native"
    backlog = 100_000

    def __init__(self, max_in_flight: int = 16) -> None:
        self.max_in_flight = max_in_flight

    def open(self, directory: Path, base_url: str, client_id: str, client_secret: str) -> None:
        self.relay = Relay(
            RelayConfig(
                queue=QueueConfig(path=str(directory / "native.db")),
                target=TargetConfig(base_url=base_url, max_in_flight=self.max_in_flight),
                auth=AuthConfig(client_id=client_id, client_secret=client_secret),
                audit=AuditConfig(path=str(directory / "audit.log")),
            )
        )

    def fill(self, updates: list[Update]) -> None:
        fill(self.relay.queue, updates)

    def sign_in(self) -> None:
        self.relay.flush()  # there is nothing to send yet

    def drain(self, count: int | None = None) -> None:
        self.relay.flush()

    def completed(self) -> int:
        return self.relay.queue.stats().completed

    def close(self) -> None:
        self.relay.close()


class NativeExported(Native):
    """And the trail written out as JSON lines, synced too."""

    name = "native, audit log exported"

    def drain(self, count: int | None = None) -> None:
        super().drain()
        self.relay.export_audit()
