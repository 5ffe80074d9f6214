"""The tutorial's dequeue: reads all that is pending, sorts it, takes 25, marks nothing."""

import json
from pathlib import Path

import tutorial_pipeline as tutorial
from claim.base import BATCH, ClaimContender, ClaimedRow
from events import Update
from harness.contender import TUTORIAL

INSERT = (
    "insert into pending_updates (idempotency_key, interaction_id, payload, created_at)"
    " values (?, ?, ?, ?)"
)


def fill(queue: tutorial.RetryQueue, updates: list[Update]) -> None:
    """The rows that enqueue would make, in one transaction."""
    rows = (
        (u.key, u.interaction_id, json.dumps(u.payload), u.timestamp[:19].replace("T", " "))
        for u in updates
    )
    with queue.db:
        queue.db.executemany(INSERT, rows)


class Tutorial(ClaimContender):
    """Nothing is written, so two processes that ask would get the same batch."""

    name = TUTORIAL
    durable = "nothing"

    def open(self, directory: Path) -> None:
        self.queue = tutorial.RetryQueue(directory / "tutorial.db")

    def fill(self, updates: list[Update]) -> None:
        fill(self.queue, updates)

    def claim(self) -> None:
        self._rows = self.queue.dequeue_batch(BATCH)

    def claimed(self) -> list[ClaimedRow]:
        return [(interaction_id, json.loads(text)) for _, interaction_id, text in self._rows]

    def close(self) -> None:
        self.queue.close()
