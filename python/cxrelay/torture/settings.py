"""What a process of the torture is told, and how its relay is set up."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cxrelay.config import (
    AuditConfig,
    AuthConfig,
    QueueConfig,
    RelayConfig,
    RetryConfig,
    TargetConfig,
)

QUEUE_FILE = "cxrelay.db"
AUDIT_LOG = "audit_transformations.log"
RECEIPTS = "receipts"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where a stretch takes place.

    Attributes:
        seed: of the traffic.
        folder: where queue file, audit log and receipts are.
        base_url: of the target, through the fault proxy.
        token_url: of the target itself: what goes through the proxy is what is delivered.
        userinfo_url: the same.
        client_id: to sign in with.
        client_secret: to sign in with.
    """

    seed: int
    folder: str
    base_url: str
    token_url: str
    userinfo_url: str
    client_id: str
    client_secret: str

    def config(self) -> RelayConfig:
        """The same for the processes and for who delivers the rest at the end."""
        folder = Path(self.folder)
        return RelayConfig(
            queue=QueueConfig(path=str(folder / QUEUE_FILE)),
            audit=AuditConfig(path=str(folder / AUDIT_LOG), max_segment_bytes=1 << 20),
            # Twice is once here, so nothing is parked; and short waits, or a round would see none
            # of them end.
            target=TargetConfig(
                base_url=self.base_url, max_in_flight=4, timeout_ms=1000, idempotent=True
            ),
            auth=AuthConfig(
                client_id=self.client_id,
                client_secret=self.client_secret,
                token_url=self.token_url,
                userinfo_url=self.userinfo_url,
            ),
            # Only a final answer may kill an update. With a limit on attempts one could die that an
            # attempt without an answer had brought to the target, and nobody could tell.
            retry=RetryConfig(
                max_attempts=1000,
                base_ms=5,
                throttled_base_ms=20,
                max_delay_ms=100,
                max_retry_after_ms=200,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What one process is told on its standard input.

    Attributes:
        scene: where it takes place.
        worker: which process it is.
        life: in which round it is started.
        before: when it was started the last time; None if it was not.
        parent: the process that it must not outlive.
    """

    scene: Scene
    worker: int
    life: int
    before: int | None
    parent: int

    def to_json(self) -> str:
        """On one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerSettings:
        """The opposite of ``to_json``."""
        fields = json.loads(text)
        return cls(**fields | {"scene": Scene(**fields["scene"])})

    def receipts(self, life: int) -> Path:
        """The file of the receipts of one of its lives."""
        return Path(self.scene.folder) / RECEIPTS / f"{self.worker}-{life}"
