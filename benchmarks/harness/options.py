"""How thorough a run is, and where it may write."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Scale = Literal["quick", "normal", "full"]


@dataclass(frozen=True)
class Options:
    """What every task is handed."""

    scale: Scale
    directory: Path

    def pick(self, quick: int, normal: int, full: int | None = None) -> int:
        """A number for the scale of this run; full is as normal unless given."""
        if self.scale == "quick":
            return quick
        return normal if self.scale == "normal" or full is None else full

    @property
    def rounds(self) -> int:
        """Rounds of a task that takes part of a second."""
        return self.pick(3, 9, 15)
