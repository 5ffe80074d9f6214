"""Reads a queue file's journal into facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .evidence import Accepted, Request

if TYPE_CHECKING:
    from cxrelay._core import Queue

_ROWS_AT_ONCE = 2000
_OUTCOMES = ("retry", "dead", "parked", "split", "released")
_ORPHANED = "the deliverer ended before the answer came"


class JournalFacts:
    """What the journal says, by kind.

    Args:
        queue: an open queue file.
    """

    def __init__(self, queue: Queue) -> None:
        self.accepted: dict[int, Accepted] = {}
        self.superseded: list[int] = []
        self._requests: dict[str, Request] = {}
        for row in _rows(queue):
            self._add(*row)

    @property
    def requests(self) -> list[Request]:
        """In the order in which they were started."""
        return list(self._requests.values())

    def _add(
        self,
        seq: int,
        action: str,
        key: str,
        interaction_id: str,
        request_id: str,
        detail: str,
        original: str,
    ) -> None:
        if action in ("accepted", "skipped"):
            self.accepted[seq] = Accepted(seq, key, interaction_id, original, action == "skipped")
        elif action == "superseded":
            self.superseded.append(json.loads(detail)["update"])
        elif action == "started":
            self._requests[request_id] = Request(seq, _items(json.loads(detail)))
        elif action == "finished":
            begun = self._requests[request_id]
            self._requests[request_id] = _ended(begun, seq, json.loads(detail))


def _rows(queue: Queue) -> Iterator[tuple[Any, ...]]:
    after = 0
    while rows := queue.query(
        "SELECT seq, action, idempotency_key, interaction_id, request_id, detail, original"
        " FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, _ROWS_AT_ONCE),
    ):
        yield from rows
        after = rows[-1][0]


def _items(detail: dict[str, Any]) -> tuple[tuple[int, ...], ...]:
    """``updates`` lists those of merged items too, one item after the other."""
    merged = {item[-1]: tuple(item) for item in detail.get("merged", ())}
    inner = {seq for item in merged.values() for seq in item[:-1]}
    return tuple(merged.get(seq, (seq,)) for seq in detail["updates"] if seq not in inner)


def _ended(begun: Request, seq: int, detail: dict[str, Any]) -> Request:
    outcomes = dict.fromkeys(detail.get("completed", ()), "completed")
    reasons = set()
    for word in _OUTCOMES:
        for one in detail.get(word, ()):
            # A batch is halved, or an item of several is parted: both are called split.
            parted = word == "split" and one["error_class"] != "SPLIT"
            outcomes[one["seq"]] = "parted" if parted else word
            reasons.add(one["reason"])
    return replace(
        begun,
        finished=seq,
        status=detail["status"],
        sent=detail["sent"],
        outcomes=outcomes,
        is_orphan=reasons == {_ORPHANED},
    )
