"""The ledger: every request that the simulator saw, in order."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .http import Ending

Kind = Literal["token", "userinfo", "batch", "single", "read", "other", "invalid"]
"""What a request was for; ``read`` is a GET of one interaction, ``other`` is an unknown route,
``invalid`` is not HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One request that the simulator saw.

    Attributes:
        number: 1 for the first request since the start or the last reset.
        received_at: ``time.monotonic()`` of the simulator's process when the head was complete.
        kind: what the request was for.
        method: HTTP method.
        path: path as sent, percent-encoded, without the query.
        headers: names in lower case. Credentials are replaced: ``Bearer ... #3`` is the third
            token issued, ``Bearer ... (unknown)`` a token never issued, ``Basic ...``.
        body: the body as received (a token request with its secret replaced); empty if the
            simulator was told not to record bodies.
        interaction_ids: the interaction of each item (one item for a single PATCH).
        idempotency_keys: the key of each item, None where it has none.
        request_key: the ``Idempotency-Key`` header of the request.
        status: the HTTP status answered; None if not one byte was answered.
        ending: ``answered``; ``waiting`` (slow answer under way); ``abandoned`` (the client left
            before a slow answer was out); ``cut`` (a part of the answer was sent); ``dropped`` or
            ``reset`` (no byte was sent); ``stalled`` (connection kept, no more bytes);
            ``incomplete`` (the client left in the middle of its request).
        item_statuses: the status decided for each item, before results were reshaped; empty if
            the items were not looked at.
        applied: for each item of ``item_statuses``, whether it was written by this request.
        behaviours: the scripted behaviours that took part, for example ``status(429)``.
    """

    number: int
    received_at: float
    kind: Kind
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    interaction_ids: tuple[str, ...]
    idempotency_keys: tuple[str | None, ...]
    request_key: str | None
    status: int | None
    ending: Ending
    item_statuses: tuple[int | str, ...]
    applied: tuple[bool, ...]
    behaviours: tuple[str, ...]

    @property
    def items(self) -> tuple[dict[str, Any], ...]:
        """The items of a batch body as sent (parsed on each use); empty for other requests."""
        if self.kind != "batch":
            return ()
        try:
            requests = json.loads(self.body)["requests"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ()
        return tuple(requests) if isinstance(requests, list) else ()


class Ledger:
    """Collects entries and wakes those who wait for them.

    Args:
        condition: guards the simulator's state; every method but ``wait`` must be called with it
            held.
    """

    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition
        self._entries: list[LedgerEntry] = []

    def next_number(self) -> int:
        """The number of the entry that is appended next."""
        return len(self._entries) + 1

    def append(self, entry: LedgerEntry) -> None:
        self._entries.append(entry)
        self._condition.notify_all()

    def finish(self, entry: LedgerEntry, ending: Ending) -> None:
        """Note how a waiting request ended; nothing if the ledger was cleared meanwhile."""
        at = entry.number - 1
        if at < len(self._entries) and self._entries[at] is entry:
            self._entries[at] = replace(entry, ending=ending)
            self._condition.notify_all()

    def entries(self, kind: Kind | None = None) -> list[LedgerEntry]:
        """A copy of the entries, all or those of one kind."""
        if kind is None:
            return list(self._entries)
        return [entry for entry in self._entries if entry.kind == kind]

    def clear(self) -> None:
        self._entries.clear()

    def wait(
        self, count: int, kind: Kind | None, ending: Ending | None, timeout_s: float
    ) -> list[LedgerEntry]:
        """Block until ``count`` entries of that kind and ending are there and return them.

        Raises:
            TimeoutError: they did not come in ``timeout_s`` seconds.
        """

        def matching() -> list[LedgerEntry]:
            return [e for e in self.entries(kind) if ending is None or e.ending == ending]

        with self._condition:
            if not self._condition.wait_for(lambda: len(matching()) >= count, timeout_s):
                raise TimeoutError(
                    f"{len(matching())} of {count} requests came within {timeout_s} s"
                )
            return matching()
