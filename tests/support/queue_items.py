"""What a queue has to send for an interaction (cpp/docs/queue.md, Order), written down plainly.

Part of `queue_model`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MOST_MERGED = 64
Payload = dict[str, Any]


@dataclass
class Row:
    """One update as the model knows it."""

    seq: int
    key: str
    interaction: str
    time_us: int
    mapped: Payload
    state: str = "pending"
    attempts: int = 0
    item: int = 0  # seq of the newest update of the item that it was sent in; 0 = never sent
    not_before_us: int = 0
    erased: bool = False  # by retention: what it has set is not known any more

    @property
    def order(self) -> tuple[int, int]:
        """Event time, and the order of arrival among equal ones."""
        return self.time_us, self.seq


@dataclass
class Item:
    """What is sent as one: its updates, oldest first, and what comes of them."""

    rows: list[Row] = field(default_factory=list)
    payload: Payload = field(default_factory=dict)
    superseded: list[Row] = field(default_factory=list)

    @property
    def summary(self) -> tuple[int, str, Payload, int, list[int]]:
        """As a claim shows it: seq, key, payload, attempts, merged."""
        newest = self.rows[-1]
        attempts = max(row.attempts for row in self.rows)
        return newest.seq, newest.key, self.payload, attempts, [r.seq for r in self.rows[:-1]]


def without(payload: Payload, newer: Payload) -> Payload:
    """The values of `payload` that `newer` does not set, through nested objects."""
    rest: Payload = {}
    for name, value in payload.items():
        if name not in newer:
            rest[name] = value
        elif isinstance(value, dict) and isinstance(newer[name], dict):
            left = without(value, newer[name])
            if left:
                rest[name] = left
    return rest


def merged(older: Payload, newer: Payload) -> Payload:
    """Both, one after the other, through nested objects."""
    out = dict(older)
    for name, value in newer.items():
        before = out.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            out[name] = merged(before, value)
        else:
            out[name] = value
    return out


def members(waiting: Iterable[Row]) -> list[Row]:
    """Of the waiting updates of one interaction, those that go next: what was sent before comes first, as it was."""
    rows = sorted(waiting, key=lambda row: row.order)
    sent = [row for row in rows if row.item]
    if sent:
        return [row for row in sent if row.item == sent[0].item]
    return rows[:MOST_MERGED]


def compose(rows: list[Row], delivered: list[Row]) -> Item:
    """The item that `rows` make after `delivered` updates of the same interaction have been written."""
    item = Item()
    for row in rows:
        payload = row.mapped
        for other in delivered:
            if other.order > row.order:
                payload = without(payload, other.mapped)
        if payload:
            item.rows.append(row)
            item.payload = merged(item.payload, payload)
        else:
            item.superseded.append(row)
    return item
