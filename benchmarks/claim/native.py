"""The engine's claim: an index range; the "started" record is on disk when it returns."""

import json
from pathlib import Path

from claim.base import BATCH, ClaimContender, ClaimedRow
from cxrelay import Queue
from events import Update
from put.native_call import values

GROUP = 4000


def fill(queue: Queue, updates: list[Update]) -> None:
    """Puts in large groups."""
    for i in range(0, len(updates), GROUP):
        queue.put_many([values(update) for update in updates[i : i + GROUP]])


class Native(ClaimContender):
    """Includes one sync of the disk, which does not depend on the size of the queue."""

    name = "native"
    durable = "the claim"

    def open(self, directory: Path) -> None:
        self.queue = Queue(str(directory / "native.db"))

    def fill(self, updates: list[Update]) -> None:
        fill(self.queue, updates)

    def claim(self) -> None:
        self._claim = self.queue.claim(BATCH)

    def claimed(self) -> list[ClaimedRow]:
        assert self._claim is not None
        return [(u.interaction_id, json.loads(u.payload)) for u in self._claim.updates]

    def close(self) -> None:
        self.queue.close()
