"""Records from an open queue file."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from cxrelay import _core
from cxrelay.errors import AuditError

from .line_decoder import LINE_DECODER
from .record import RECEIVED, Record

if TYPE_CHECKING:
    from cxrelay._core import Queue

_ROWS_AT_ONCE = 1000
_LINES_AT_ONCE = 250  # each with its payloads
_COLUMNS = (
    "seq, time_us, action, lower(hex(hash)), idempotency_key, interaction_id, event_time_us,"
    " mapping_version, request_id, CAST(detail AS BLOB), CAST(original AS BLOB),"
    " original IS NULL AND original_digest IS NOT NULL"
)
_RECEIVED = f"({', '.join(repr(action) for action in RECEIVED)})"


class QueueJournal:
    """The journal of a queue file, read through the engine's own connection.

    Args:
        queue: open; it may be in use.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def interactions_of(self, name: str) -> set[str]:
        """See ``Journal``. Reads the narrow columns of the whole journal."""
        for column in ("idempotency_key", "interaction_id"):
            rows = self._queue.query(
                f"SELECT DISTINCT interaction_id FROM journal"  # noqa: S608 - no value in it
                f" WHERE {column} = ? AND action IN {_RECEIVED}",
                (name,),
            )
            if rows:
                return {row[0] or "" for row in rows}
        return set()

    def records(self, interactions: Collection[str] | None = None) -> Iterator[Record]:
        """See ``Journal``. A record that comes while this reads may be among them, or not."""
        chosen, values = "", []
        if interactions is not None:
            values = sorted(interactions)
            chosen = f" AND (action NOT IN {_RECEIVED} OR interaction_id IN ({_marks(values)}))"
        sql = f"SELECT {_COLUMNS} FROM journal WHERE seq > ?{chosen} ORDER BY seq LIMIT ?"  # noqa: S608
        after = 0
        while rows := self._queue.query(sql, (after, *values, _ROWS_AT_ONCE)):
            yield from (_record(*row) for row in rows)
            after = rows[-1][0]

    def lines(self) -> Iterator[tuple[str, Any]]:
        """Each record as the audit log's line of it, without the break, and its value, in order.

        Where retention has deleted the first records, the line of the first one that is left is
        missing too: it needs the hash before it.

        Raises:
            AuditError: retention has overtaken the reader.
        """
        after = 0
        while lines := _core.audit_lines(self._queue, after, _LINES_AT_ONCE):
            for line in lines:
                value = LINE_DECODER.decode(text := line.decode())
                if after and value["seq"] != after + 1:
                    raise AuditError(
                        f"retention has deleted records after seq {after} from the queue file "
                        "meanwhile: read exported files"
                    )
                after = value["seq"]
                yield text, value


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" for _ in values)


def _record(
    seq: int,
    time_us: int,
    action: str,
    chain_hash: str,
    key: str | None,
    interaction_id: str | None,
    event_time_us: int | None,
    mapping_version: str | None,
    request_id: str | None,
    detail: bytes | None,
    original: bytes | None,
    erased: int,
) -> Record:
    told: dict[str, Any] = json.loads(detail) if detail else {}
    return Record(
        seq=seq,
        time_us=time_us,
        action=action,
        hash=chain_hash,
        idempotency_key=key or "",
        interaction_id=interaction_id or "",
        event_time_us=event_time_us,
        mapping_version=mapping_version or "",
        request_id=request_id or "",
        detail=told,
        original=original,
        erased=bool(erased),
    )
