"""A progress bar, on a terminal only."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

_WIDTH = 30
_REDRAW_S = 0.1


class Progress:
    """Shows on stderr how far the work is. Silent where stderr is no terminal.

    Args:
        label: what is being done.
        total: how much there is to do; None if nobody knows.
        unit: what is counted.
    """

    def __init__(self, label: str, total: int | None, unit: str) -> None:
        self._label = label
        self._total = total
        self._unit = unit
        self._visible = sys.stderr.isatty()
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def show(self, done: int, note: str = "") -> None:
        """Draws the bar, at most ten times a second."""
        now = time.monotonic()
        if self._visible and now - self._drawn_at >= _REDRAW_S:
            self._drawn_at = now
            sys.stderr.write(f"\r{self._label} {self._bar(done)} {note}\x1b[K")
            sys.stderr.flush()

    def clear(self) -> None:
        """Wipes the bar, so that something else can be written."""
        if self._visible and self._drawn_at:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn_at = 0.0

    def _bar(self, done: int) -> str:
        if not self._total:
            return f"{done:,} {self._unit}"
        share = min(1.0, done / self._total)
        filled = round(_WIDTH * share)
        return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {share:4.0%}"
