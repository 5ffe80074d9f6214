"""persist-queue: a queue on SQLite (WAL, FULL) that refuses what it holds already."""

from collections.abc import Sequence
from pathlib import Path

from persistqueue import UniqueQ

from events import Update
from put.base import PutContender


class PersistQueue(PutContender):
    """One commit for each update; key, interaction, payload and original, pickled."""

    name = "persist-queue"
    size = 1000

    def prepare(self, directory: Path) -> None:
        self.queue = UniqueQ(str(directory), auto_commit=True)

    def run(self, items: Sequence[Update]) -> None:
        for update in items:
            self.queue.put((update.key, update.interaction_id, update.mapped, update.original))

    def count(self) -> int:
        return int(self.queue.qsize())

    def rows(self) -> list[tuple[str, str, str | bytes]]:
        taken = [self.queue.get(block=False) for _ in range(self.count())]
        return [(key, interaction_id, mapped) for key, interaction_id, mapped, _ in taken]

    def close(self) -> None:
        self.queue.close()
