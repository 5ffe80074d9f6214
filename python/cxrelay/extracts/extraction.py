"""From lines of the trail to an extract, one record at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from cxrelay.errors import AuditError

from .request_book import RequestBook, RequestPlace
from .selection import Selection
from .trail_line import TrailLine


class Source(Protocol):
    """Where lines are read: ``LogJournal`` or ``QueueJournal``."""

    def lines(self) -> Iterator[tuple[str, Any]]:
        """Every line of the trail without its break, and its value, in order without a gap."""


class Format(Protocol):
    """How an extract is written."""

    def head(self) -> str:
        """What stands before the first record, or ""."""

    def row(self, line: TrailLine, place: RequestPlace) -> str:
        """One record, with its line break."""


def extract(
    source: Source,
    written_as: Format,
    selection: Selection,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[str]:
    """Gives the extract piece by piece: the head, if there is one, then a record each.

    In memory are one record, the open requests, the updates that were sent and are not completed,
    and the numbers of the events of the interactions that are asked for.

    Args:
        source: read from its first record on, whatever is chosen.
        written_as: the format.
        selection: a new one; it remembers.
        on_read: called with the number of records read so far.

    Raises:
        AuditError: the trail cannot be read, or records are missing between others.
        StoreError: the queue file cannot be read.
    """
    head = written_as.head()
    book = RequestBook()
    for number, (text, value) in enumerate(source.lines(), start=1):
        try:
            line = TrailLine.read(text, value)
            place = book.place_of(line)
            row = written_as.row(line, place) if selection.takes(line) else ""
        except ValueError:
            raise AuditError(f"record {number} of those that are there is not one") from None
        if head:  # not before the source has shown that it can be read
            yield head
            head = ""
        if row:
            yield row
        if on_read is not None:
            on_read(number)
    if head:
        yield head
