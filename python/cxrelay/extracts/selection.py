"""Which records an extract has."""

from __future__ import annotations

from collections.abc import Collection

from cxrelay.stories.record import RECEIVED

from .trail_line import TrailLine


class Selection:
    """Chooses records one after the other, in the order of the trail.

    Args:
        interactions: only records about these; none = all. A request is about each interaction whose
            updates it carries, so its record may name others, too.
        since_us: only records made then or later; microseconds since 1970.
        until_us: only records made before then.
    """

    def __init__(
        self,
        interactions: Collection[str] = (),
        since_us: int | None = None,
        until_us: int | None = None,
    ) -> None:
        self._interactions = frozenset(interactions)
        self._since_us = since_us
        self._until_us = until_us
        self._events: set[int] = set()  # of the chosen interactions
        self._requests: set[str] = set()  # open ones that carry them

    def takes(self, line: TrailLine) -> bool:
        """Every line must be shown, also one out of the time: later ones refer to it."""
        is_about = not self._interactions or self._is_about(line)
        return is_about and self._is_in_time(line.time_us)

    def _is_in_time(self, time_us: int) -> bool:
        return (self._since_us is None or time_us >= self._since_us) and (
            self._until_us is None or time_us < self._until_us
        )

    def _is_about(self, line: TrailLine) -> bool:
        if line.interaction_id:
            if line.interaction_id not in self._interactions:
                return False
            if line.action in RECEIVED:
                self._events.add(line.seq)
            return True
        if line.action == "finished" and line.request_id in self._requests:
            self._requests.remove(line.request_id)
            return True
        if self._events.isdisjoint(line.updates()):
            return False
        if line.action == "started":
            self._requests.add(line.request_id)
        return True
