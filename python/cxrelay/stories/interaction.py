"""Which item of an interaction is ahead of which update. At most one is in flight at a time."""

from __future__ import annotations

from .settlement import Settled
from .timeline import Item, Timeline


class Interaction:
    """The updates of an interaction that are not done, and the items that were sent."""

    def __init__(self) -> None:
        self._open: dict[int, Timeline] = {}
        self._items: list[Item] = []  # sent and not done, the one in flight first

    def add(self, timeline: Timeline, at_us: int) -> None:
        """A new update."""
        self._open[timeline.record.seq] = timeline
        timeline.wait_behind(at_us, self._ahead_of(timeline))

    def start(self, item: Item, at_us: int) -> None:
        """A request carries this item."""
        members = set(item.updates)
        item.was_sent = any(
            known.was_sent and not members.isdisjoint(known.updates) for known in self._items
        )
        self._items = [item, *self._without(members)]
        self._look(at_us)

    def finish(self, item: Item, settled: Settled, at_us: int) -> None:
        """Its request has ended."""
        item.in_flight = False
        if settled.outcome in ("completed", "dead", "parked"):
            for seq in item.updates:
                self._open.pop(seq, None)
            self._items = self._without(set(item.updates))
        elif settled.parted:
            alone = [_alone(self._open[seq]) for seq in item.updates if seq in self._open]
            self._items = [*alone, *self._without(set(item.updates))]
        elif settled.outcome == "released" and not item.was_sent:
            self._items = self._without(set(item.updates))
            for seq in item.updates:
                if seq in self._open:
                    self._open[seq].item = None
        else:
            item.was_sent = True
        self._look(at_us)

    def remove(self, seq: int, at_us: int) -> None:
        """An update that ended without a request."""
        self._open.pop(seq, None)
        self._items = [
            item for item in self._items if not self._open.keys().isdisjoint(item.updates)
        ]
        self._look(at_us)

    def revive(self, timeline: Timeline, at_us: int) -> None:
        """An update that an operator brought back, in the item that it was sent in."""
        self._open[timeline.record.seq] = timeline
        item = timeline.item
        if item is not None and item not in self._items:
            self._items.append(item)
        self._look(at_us)

    def _without(self, members: set[int]) -> list[Item]:
        return [item for item in self._items if members.isdisjoint(item.updates)]

    def _look(self, at_us: int) -> None:
        for timeline in self._open.values():
            if timeline.state == "pending":
                timeline.wait_behind(at_us, self._ahead_of(timeline))

    def _ahead_of(self, timeline: Timeline) -> Item | None:
        """What was sent goes on before what was not."""
        seq = timeline.record.seq
        others = [item for item in self._items if seq not in item.updates]
        if timeline.item is not None:
            others = [item for item in others if item.in_flight]
        return others[0] if others else None


def _alone(timeline: Timeline) -> Item:
    item = Item((timeline.record.seq,), timeline.ref, was_sent=True)
    timeline.item = item
    return item
