"""The tutorial's queue: rollback journal, one commit for each update, a key in random order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tutorial_pipeline as tutorial
from events import Update
from harness.contender import TUTORIAL
from put.base import PutContender


class Tutorial(PutContender):
    """Stores key, interaction and payload; drops the original event."""

    name = TUTORIAL
    size = 300

    def prepare(self, directory: Path) -> None:
        self.queue = tutorial.RetryQueue(directory / self.file)

    def inputs(self, items: Sequence[Update]) -> Sequence[tuple[str, dict[str, Any], str]]:
        return [(update.interaction_id, update.payload, update.timestamp) for update in items]

    def run(self, items: Sequence[tuple[str, dict[str, Any], str]]) -> None:
        for interaction_id, payload, timestamp in items:
            self.queue.enqueue(interaction_id, payload, timestamp)

    def count(self) -> int:
        found: int = self.queue.db.execute("select count(*) from pending_updates").fetchone()[0]
        return found

    def rows(self) -> list[tuple[str, str, str | bytes]]:
        return self.queue.db.execute(
            "select idempotency_key, interaction_id, payload from pending_updates"
        ).fetchall()

    def close(self) -> None:
        self.queue.close()
