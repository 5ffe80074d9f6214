"""What the contenders of this task share."""

from pathlib import Path

from events import Update


class DrainContender:
    """Sends a backlog to a server, 25 updates in a request."""

    name = ""
    backlog = 1000
    """Updates in one timed round: enough for a few seconds."""

    def open(self, directory: Path, base_url: str, client_id: str, client_secret: str) -> None:
        """Makes an empty queue."""
        raise NotImplementedError

    def fill(self, updates: list[Update]) -> None:
        """Adds updates as fast as may be; not timed."""
        raise NotImplementedError

    def sign_in(self) -> None:
        """Fetches the token, and whatever else is asked of a server once; not timed."""
        raise NotImplementedError

    def drain(self, count: int | None = None) -> None:
        """Sends until nothing is left, or until ``count`` updates are sent; timed."""
        raise NotImplementedError

    def completed(self) -> int:
        """Updates that the queue has as completed."""
        raise NotImplementedError

    def close(self) -> None:
        """Closes everything."""
        raise NotImplementedError
