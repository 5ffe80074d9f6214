"""The engine's queue, one blocking call for each update."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxrelay import Queue
from events import Update
from put.base import PutContender

Values = tuple[str, str, int, bytes, bytes]


def values(update: Update) -> Values:
    """What the queue takes: the first five, in its order."""
    return update[:5]


class NativePut(PutContender):
    """Update, original event and chained audit record in one transaction."""

    name = "native put"

    def prepare(self, directory: Path) -> None:
        self.queue = Queue(str(directory / self.file))

    def inputs(self, items: Sequence[Update]) -> Sequence[Any]:
        return [values(update) for update in items]

    def run(self, items: Sequence[Any]) -> None:
        for update in items:
            self.queue.put(*update)

    def count(self) -> int:
        return self.queue.stats().pending

    def rows(self) -> list[tuple[str, str, str | bytes]]:
        return [
            (update.idempotency_key, update.interaction_id, update.payload)
            for update in self.queue.list_updates("pending", limit=self.count())
        ]

    def close(self) -> None:
        self.queue.close()
