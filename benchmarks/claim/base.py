"""What the contenders of this task share."""

from pathlib import Path

from events import Update

BATCH = 25
ClaimedRow = tuple[str, object]
"""Interaction and payload of a claimed update."""


class ClaimContender:
    """Fills a queue once, then takes batches from it."""

    name = ""
    durable = ""

    def open(self, directory: Path) -> None:
        """Makes an empty queue."""
        raise NotImplementedError

    def fill(self, updates: list[Update]) -> None:
        """Adds updates as fast as may be; not timed."""
        raise NotImplementedError

    def claim(self) -> None:
        """Takes 25 updates; timed."""
        raise NotImplementedError

    def claimed(self) -> list[ClaimedRow]:
        """What the last claim took."""
        raise NotImplementedError

    def close(self) -> None:
        """Closes the queue."""
        raise NotImplementedError
