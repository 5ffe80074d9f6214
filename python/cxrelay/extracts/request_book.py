"""What a request's records do not say themselves: its target, and the number of the attempt."""

from __future__ import annotations

from dataclasses import dataclass

from .trail_line import TrailLine

_UNCOUNTED = ("split", "released")  # as the limit of attempts counts


@dataclass(frozen=True, slots=True)
class RequestPlace:
    """Where a record of a request belongs.

    Attributes:
        target: where it is sent, or "".
        attempt: which one it is of its update; of several, the greatest. 0 = not a request.
    """

    target: str = ""
    attempt: int = 0


class RequestBook:
    """Remembers open requests, and the updates that were sent and are not completed."""

    def __init__(self) -> None:
        self._attempts: dict[int, int] = {}  # update to attempts that are over
        self._open: dict[str, RequestPlace] = {}

    def place_of(self, line: TrailLine) -> RequestPlace:
        """Every line must be shown, in order."""
        if line.action == "started":
            attempt = 1 + max((self._attempts.get(seq, 0) for seq in line.updates()), default=0)
            target = line.detail.get("target")
            place = RequestPlace(target if isinstance(target, str) else "", attempt)
            self._open[line.request_id] = place
            return place
        if line.action == "finished":
            place = self._open.pop(line.request_id, RequestPlace())
            self._settle(line)
            return place
        if line.action == "upgraded" and type(line.detail.get("attempts")) is int:
            self._attempts[line.seq] = line.detail["attempts"]
        elif line.action in ("revived", "erased"):
            self._forget(line.updates())
        return RequestPlace()

    def _settle(self, line: TrailLine) -> None:
        if line.detail.get("sent") is not False:
            for seq in set(line.updates()) - set(line.updates(*_UNCOUNTED)):
                self._attempts[seq] = self._attempts.get(seq, 0) + 1
        self._forget(line.updates("completed"))

    def _forget(self, updates: list[int]) -> None:
        for seq in updates:
            self._attempts.pop(seq, None)
