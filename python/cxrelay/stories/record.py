"""One record of the journal, wherever it was read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

RECEIVED = ("accepted", "skipped", "upgraded")
"""The actions that begin a story: an event, or a row of a file that the tutorial's code wrote."""


@dataclass(frozen=True, slots=True)
class Record:
    """What stories need of a record.

    Attributes:
        seq: its number in the journal.
        time_us: when it was recorded; microseconds since 1970, wall clock.
        action: what it is about, such as ``accepted``.
        hash: of the chain; 64 hexadecimal digits.
        idempotency_key: the update's key, or "".
        interaction_id: or "".
        event_time_us: the event's own time; microseconds since 1970.
        mapping_version: of the mapping that made the attributes, or "".
        request_id: the request that the record belongs to, or "".
        detail: what is special to the action.
        original: the event's bytes; None if there are none, or they were erased.
        erased: the original was erased; its digest is kept.
    """

    seq: int
    time_us: int
    action: str
    hash: str = ""
    idempotency_key: str = ""
    interaction_id: str = ""
    event_time_us: int | None = None
    mapping_version: str = ""
    request_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    original: bytes | None = None
    erased: bool = False


class Journal(Protocol):
    """Where records are read: a queue file, or an exported log."""

    def interactions_of(self, name: str) -> set[str]:
        """The interactions of the events with this key; of none, ``name`` if it is one itself."""

    def records(self, interactions: Collection[str] | None = None) -> Iterator[Record]:
        """All records in order, or those that can matter to these interactions."""
