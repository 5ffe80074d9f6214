"""What the contenders of this task share."""

import json
from collections.abc import Sequence
from pathlib import Path

from harness.contender import Contender

Mapped = tuple[str, bytes | str]
"""Key and JSON text of one event."""


class ParseContender(Contender[bytes]):
    """Collects a pair for each event."""

    size = 20_000

    def __init__(self) -> None:
        self.pairs: list[Mapped] = []

    def prepare(self, directory: Path) -> None:
        self.pairs = []

    def run(self, items: Sequence[bytes]) -> None:
        raise NotImplementedError

    def count(self) -> int:
        return len(self.pairs)

    def result(self) -> list[tuple[str, object]]:
        return [(key, json.loads(text)) for key, text in self.pairs]
