"""The trail's own lines."""

from __future__ import annotations

from .request_book import RequestPlace
from .trail_line import TrailLine


class JsonlFormat:
    """Each line as the exported files have it, byte for byte, payloads included."""

    def head(self) -> str:
        """Nothing."""
        return ""

    def row(self, line: TrailLine, place: RequestPlace) -> str:
        """The line."""
        return line.text + "\n"
