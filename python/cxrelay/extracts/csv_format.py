"""Comma-separated values (RFC 4180) that a spreadsheet can open without running anything."""

from __future__ import annotations

import csv
import io
import re

from .request_book import RequestPlace
from .trail_line import TrailLine, utc_text

COLUMNS = (
    "seq",
    "time",
    "action",
    "status",
    "interaction_id",
    "idempotency_key",
    "event_time",
    "mapping_version",
    "request_id",
    "target",
    "updates",
    "attempt",
    "http_status",
    "error_class",
    "reason",
    "operator",
    "previous_hash",
    "hash",
)
PAYLOAD_COLUMNS = ("original", "transformed")

# A spreadsheet takes a cell that begins so for a formula. The apostrophe is here so that what neutralises them can be
# told from what was there, and taken away again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
# Would end a line for one reader or another, act on a terminal, or turn the direction of writing.
_UNPRINTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


class CsvFormat:
    """A header and one row a record, each on one line whatever it holds; UTF-8, CRLF.

    Args:
        payloads: with the columns ``PAYLOAD_COLUMNS``.
    """

    def __init__(self, payloads: bool = False) -> None:
        self._payloads = payloads
        self._buffer = io.StringIO()
        self._writer = csv.writer(self._buffer)

    def head(self) -> str:
        """The names of the columns."""
        return self._written((*COLUMNS, *PAYLOAD_COLUMNS) if self._payloads else COLUMNS)

    def row(self, line: TrailLine, place: RequestPlace) -> str:
        """One record."""
        event_us = line.event_time_us
        cells: tuple[object, ...] = (
            line.seq,
            utc_text(line.time_us),
            line.action,
            line.member("processingStatus"),
            line.interaction_id,
            line.member("idempotencyKey"),
            "" if event_us is None else utc_text(event_us),
            line.member("mappingVersion"),
            line.request_id,
            place.target,
            " ".join(map(str, line.updates())),
            place.attempt or "",
            line.http_status or "",
            line.error_class,
            line.member("errorMessage"),
            line.operator,
            line.member("previousHash"),
            line.member("hash"),
        )
        if self._payloads:
            cells += tuple(text or "" for text in line.payloads())
        return self._written(cells)

    def _written(self, cells: tuple[object, ...]) -> str:
        self._writer.writerow([harmless(str(cell)) for cell in cells])
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text


def harmless(cell: str) -> str:
    """The cell as text: an apostrophe before what could be a formula, and no control characters."""
    marked = f"'{cell}" if cell.startswith(_FORMULA) else cell
    return _UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", marked)
