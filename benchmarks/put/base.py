"""What the contenders of this task share."""

import json

from events import Update
from harness.contender import Contender

StoredRow = tuple[str, str, object]
"""Key, interaction and payload of a stored update."""


class PutContender(Contender[Update]):
    """Stores updates. When ``run`` returns, all of them are on disk, synced."""

    file = "queue.db"

    def rows(self) -> list[tuple[str, str, str | bytes]]:
        """Key, interaction and payload as JSON, of all that is stored."""
        raise NotImplementedError

    def result(self) -> list[StoredRow]:
        return sorted(
            ((key, interaction, json.loads(text)) for key, interaction, text in self.rows()),
            key=lambda row: row[0],
        )
