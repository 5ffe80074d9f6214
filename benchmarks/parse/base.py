"""What the contenders of this task share."""

import json
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from harness.contender import Contender

Mapped = tuple[str, bytes | str]
"""Key and JSON text of one event."""


class ParseContender(Contender[bytes]):
    """Makes a pair for each event and hands it on to ``self.pairs``."""

    size = 20_000
    keep: int | None = None
    """How many of the last pairs stay: all when results are compared, few when time counts, since
    a service does not hold on to what it has passed on."""

    def __init__(self) -> None:
        self.pairs: deque[Mapped] = deque()
        self.done = 0

    def prepare(self, directory: Path) -> None:
        self.pairs = deque(maxlen=self.keep)
        self.done = 0

    def run(self, items: Sequence[bytes]) -> None:
        self.map_all(items)
        self.done = len(items)

    def map_all(self, items: Sequence[bytes]) -> None:
        """Appends a pair for each event that leaves something to write."""
        raise NotImplementedError

    def count(self) -> int:
        return self.done

    def result(self) -> list[tuple[str, object]]:
        return [(key, json.loads(text)) for key, text in self.pairs]
