"""A queue in memory, simple enough to be seen to be right, to compare the real one with.

It does not choose what is claimed: it is shown what the queue has claimed, says whether that was allowed and complete,
and follows. So it holds for every order in which interactions may come up.
"""

import hashlib
import json
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from support.queue_items import Item, Row, compose, members

DONE = ("completed", "superseded")
COUNTED = ("pending", "in_flight", "completed", "dead", "parked", "superseded")


class Put(NamedTuple):
    """One event to be put."""

    interaction: str
    time_us: int
    mapped: dict[str, Any]  # empty: nothing to write
    blanks: str = ""  # insignificant whitespace in the original

    @property
    def key(self) -> str:
        return f"{self.interaction}_{self.time_us}"

    @property
    def minified(self) -> str:
        body = {"interactionId": self.interaction, "t": self.time_us, "set": self.mapped}
        return json.dumps(body, separators=(",", ":"))

    @property
    def row(self) -> tuple[str, str, int, bytes, bytes]:
        """As `Queue.put_many` takes it."""
        original = self.minified.replace(",", "," + self.blanks).encode()
        mapped = json.dumps(self.mapped).encode() if self.mapped else b""
        return self.key, self.interaction, self.time_us, original, mapped


class Request(NamedTuple):
    """A claim as the queue gave it: each item's seq, key, payload, attempts, merged."""

    items: list[tuple[int, str, dict[str, Any], int, list[int]]]


class QueueModel:
    """States of all updates, open requests, and the counters."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.open: dict[int, list[Item]] = {}  # request number -> what is in flight
        self.halves: deque[list[str]] = deque()  # interactions of refused halves
        self.elected = False
        self.records = self.accepted = self.empty = self.requests = self.attempts = 0
        self._identities: dict[tuple[int, str], dict[str, tuple[int, str]]] = {}
        self._numbers = 0
        self._read_all = True

    # ---- putting

    def put(self, event: Put) -> tuple[str, int, str]:
        """The receipt: status, seq, key."""
        known = self._identities.setdefault((event.time_us, event.interaction), {})
        digest = hashlib.sha256(event.minified.encode()).hexdigest()
        if digest in known:
            return ("duplicate", *known[digest])
        key = f"{event.key}#{digest[:16]}" if known else event.key
        self.records += 1
        self.accepted += 1
        known[digest] = self.records, key
        status = "conflict" if known.keys() - {digest} else "accepted"
        if event.mapped:
            row = Row(self.records, key, event.interaction, event.time_us, event.mapped)
            self.rows[row.seq] = row
        else:
            status = "empty"
            self.empty += 1
        return status, self.records, key

    # ---- claiming

    def claim(
        self, requests: list[Request], gone: set[int], most: tuple[int, int], now_us: int
    ) -> list[int]:
        """Follows what was claimed, or says why it must not be. `gone`: seqs that vanished in the same step.

        `most`: requests, and items in one. Returns a number for each request, to settle it by.
        """
        if not self.elected:
            self._recover(now_us)
        gone = set(gone)
        must = {name for name in self._idle() if self._due(name, now_us)}
        halves = len(self.halves)
        room = most[0] * most[1]
        claimed = sum(len(request.items) for request in requests)
        # With enough to fill the claim the queue need not have read what came last.
        self._read_all = (
            not halves and claimed + len({self.rows[s].interaction for s in gone}) < room
        )
        numbers = [self._follow(request, gone, most[1], now_us) for request in requests]
        superseded = self._supersede_rest(gone)
        assert requests or not (must - superseded or halves), f"{must} could have been claimed"
        if not (halves or superseded):
            assert claimed >= min(len(must), room), f"{claimed} claimed, of {must}"
        assert len(requests) <= most[0]
        return numbers

    def _recover(self, now_us: int) -> None:
        """A new deliverer settles what the one before left open as unknown."""
        for items in self.open.values():
            for item in items:
                self._again(item, 1, now_us)
                self.attempts += 1
            self.requests += 1
            self.records += 1
        self.open.clear()
        self.elected = True
        self.forget()

    def forget(self) -> None:
        """The deliverer's memory is read anew: refused halves are not kept apart any more."""
        self.halves.clear()

    def _follow(self, request: Request, gone: set[int], most: int, now_us: int) -> int:
        half = self._next_half(most)
        items = []
        for shown in request.items:
            name = self.rows[shown[0]].interaction
            assert name in half if half is not None else name in self._idle(), (
                f"{name} is in flight"
            )
            assert half is not None or self._due(name, now_us), f"{name} is not due"
            items.append(self._take(name, shown, gone))
        assert 0 < len(items) <= most
        assert half is None or len(items) == len(half), f"{items}, not {half}"
        self._numbers += 1
        self.open[self._numbers] = items
        self.records += 1
        return self._numbers

    def _next_half(self, most: int) -> list[str] | None:
        """The interactions of the refused half that goes next, or of as much of it as a request may hold."""
        if not self.halves:
            return None
        half = self.halves.popleft()
        if half[most:]:
            self.halves.appendleft(half[most:])
        return half[:most]

    def _take(self, name: str, shown: tuple[Any, ...], gone: set[int]) -> Item:
        """The item of the interaction that was claimed; what was superseded on the way is."""
        expected = []
        for item in self._items(name, gone):
            expected.append(item.summary)
            if item.summary == tuple(shown):
                self._supersede(item.superseded, gone)
                for row in item.rows:
                    row.state = "in_flight"
                return item
        raise AssertionError(f"claimed {shown}, expected one of {expected}")

    def _items(self, name: str, gone: set[int]) -> Iterator[Item]:
        """What the interaction may send next, after updates of it that vanished."""
        for waiting, delivered in self._views(name):
            left, superseded = list(waiting), []
            while left:
                item = compose(members(left), delivered)
                superseded += item.superseded
                if item.rows:
                    if {row.seq for row in superseded} <= gone:
                        yield Item(item.rows, item.payload, superseded)
                    break
                left = [row for row in left if row not in item.superseded]

    def _views(self, name: str) -> Iterator[tuple[list[Row], list[Row]]]:
        """What the queue may take for waiting, and for delivered. One view, but for what it need not have read."""
        waiting = [row for row in self._of(name) if row.state == "pending"]
        delivered = [row for row in self._of(name) if row.state in DONE and not row.erased]
        yield waiting, delivered
        if not self._read_all:
            for last in sorted(row.seq for row in waiting if not row.item):
                yield [row for row in waiting if row.item or row.seq <= last], delivered

    def _supersede_rest(self, gone: set[int]) -> set[str]:
        """Interactions of which nothing was claimed, since what went next had nothing left to write."""
        found = set()
        while gone:
            name = self.rows[min(gone)].interaction
            for waiting, delivered in self._views(name):
                item = compose(members(waiting), delivered)
                if not item.rows and {row.seq for row in item.superseded} <= gone:
                    self._supersede(item.superseded, gone)
                    found.add(name)
                    break
            else:
                raise AssertionError(f"some of {gone} vanished, but have something to write")
        return found

    def _supersede(self, rows: list[Row], gone: set[int]) -> None:
        for row in rows:
            assert row.seq in gone, f"{row.seq} has nothing left to write and is not superseded"
            gone.remove(row.seq)
            row.state = "superseded"
            self.records += 1

    # ---- who may go

    def _of(self, name: str) -> list[Row]:
        return [row for row in self.rows.values() if row.interaction == name]

    def _idle(self) -> set[str]:
        """Interactions with something that waits, nothing in flight, and not in a refused half."""
        busy = {row.interaction for row in self.rows.values() if row.state == "in_flight"}
        held = {name for half in self.halves for name in half}
        waiting = {row.interaction for row in self.rows.values() if row.state == "pending"}
        return waiting - busy - held

    def _due(self, name: str, now_us: int) -> bool:
        """Whether nothing of what goes next has to wait."""
        waiting = [row for row in self._of(name) if row.state == "pending"]
        return all(row.not_before_us <= now_us for row in members(waiting))

    # ---- settling

    def settle(self, number: int, outcomes: list[tuple[str, int]]) -> None:
        """Each item of the request has an outcome and a time before which it is not sent again."""
        items = self.open.pop(number)
        sent = any(word != "released" for word, _ in outcomes)
        refused = []
        for item, (word, not_before_us) in zip(items, outcomes, strict=True):
            self.attempts += sent and word != "released"
            if word == "split":
                refused.append(item.rows[0].interaction)
            self._settle_item(item, word, not_before_us)
        self.requests += sent
        self.records += 1
        middle = (len(refused) + 1) // 2
        self.halves += [half for half in (refused[:middle], refused[middle:]) if half]

    def _settle_item(self, item: Item, word: str, not_before_us: int) -> None:
        if word == "dead" and len(item.rows) > 1:  # parted: each is judged alone
            for row in item.rows:
                row.state, row.item = "pending", row.seq
        elif word == "retry":
            self._again(item, 1, max(not_before_us, 1))
        elif word in ("dead", "parked"):
            self._again(item, 1, 0)
        elif word == "split":
            self._again(item, 0, None)
        elif word == "released" and not_before_us:
            for row in item.rows:
                row.not_before_us = not_before_us
        for row in item.rows:
            if word in ("completed", "parked") or (word == "dead" and len(item.rows) == 1):
                row.state = word
            else:
                row.state = "pending"

    @staticmethod
    def _again(item: Item, attempts: int, not_before_us: int | None) -> None:
        for row in item.rows:
            row.state = "pending"
            row.attempts += attempts
            row.item = item.rows[-1].seq
            if not_before_us is not None:
                row.not_before_us = not_before_us

    # ---- the rest

    def crash(self) -> None:
        """The deliverer is gone. What it had in flight stays so until the next one begins."""
        self.elected = False

    def revivable(self, state: str | None, interaction: str | None, limit: int) -> list[Row]:
        """The dead and parked ones of the first `limit` items, the dead ones first."""
        given_up = [
            row
            for row in self.rows.values()
            if row.state in ((state,) if state else ("dead", "parked"))
            and interaction in (None, row.interaction)
        ]
        given_up.sort(key=lambda row: (row.state, row.seq))
        items = list(dict.fromkeys(row.item for row in given_up))[:limit]
        return [row for row in given_up if row.item in items]

    def revive(self, rows: list[Row]) -> None:
        """They wait again."""
        for row in rows:
            row.state, row.attempts, row.not_before_us = "pending", 0, 1
        if rows:
            self.records += 1
            self.forget()

    def retain(self) -> None:
        """Everything is old: payloads go, but where an update of the interaction is not done."""
        needed = {row.interaction for row in self.rows.values() if row.state not in DONE}
        for row in self.rows.values():
            row.erased = row.erased or row.interaction not in needed

    def stats(self, now_us: int) -> dict[str, int]:
        """As `Queue.stats` names them."""
        states = [row.state for row in self.rows.values()]
        delayed = [row for row in self.rows.values() if row.not_before_us > now_us]
        return {
            **{state: states.count(state) for state in COUNTED},
            "delayed": sum(row.state in ("pending", "in_flight") for row in delayed),
            "accepted": self.accepted,
            "empty": self.empty,
            "requests": self.requests,
            "attempts": self.attempts,
            "journal_records": self.records,
        }
