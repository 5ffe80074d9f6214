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

    def inputs(self, items: Sequence[Update]) -> Sequence[tuple[str, str, bytes, bytes]]:
        return [(each.key, each.interaction_id, each.mapped, each.original) for each in items]

    def run(self, items: Sequence[tuple[str, str, bytes, bytes]]) -> None:
        for update in items:
            self.queue.put(update)

    def count(self) -> int:
        return int(self.queue.qsize())

    def rows(self) -> list[tuple[str, str, str | bytes]]:
        taken = [self.queue.get(block=False) for _ in range(self.count())]
        return [(key, interaction_id, mapped) for key, interaction_id, mapped, _ in taken]

    def close(self) -> None:
        self.queue.close()
