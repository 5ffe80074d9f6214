"""Puts a queue file through random steps and compares it with `queue_model` after each.

A machine of Hypothesis. A subclass sets `open_queue` to test another queue, or a broken one.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cxrelay import _core
from cxrelay.errors import FencedError
from support.queue_model import Put, QueueModel, Request

HOUR_US = 3_600_000_000
INTERACTIONS = "abcd"
EVERYTHING = 100_000

_which = st.integers(0, 99)  # the n-th of what there is, counted round and round
_values = st.integers(0, 9)
_nested = st.dictionaries(st.sampled_from("pq"), _values, max_size=2)
_mapped = st.dictionaries(st.sampled_from("xyz"), _values | _nested, max_size=3)
_events = st.builds(
    Put,
    st.sampled_from(INTERACTIONS),
    st.integers(1, 6),
    _mapped,
    st.sampled_from(["", " ", "\n\t"]),
)
_outcomes = st.sampled_from(
    ["completed"] * 5 + ["retry", "later", "dead", "parked", "split", "released", "put off"]
)
# Words for an outcome and a time at which nobody looks any more.
_LATER = {"later": "retry", "put off": "released"}


def now_us() -> int:
    """The engine's wall time."""
    return time.time_ns() // 1000


def same(what: str, found: object, expected: object) -> None:
    """Says what differs."""
    assert found == expected, f"{what}: {found}, expected {expected}"


def shown(claim: Any) -> Request:
    """What the model looks at."""
    return Request(
        [
            (u.seq, u.idempotency_key, json.loads(u.payload), u.attempts, list(u.merged))
            for u in claim.updates
        ]
    )


class QueueMachine(RuleBasedStateMachine):
    """One handle delivers, another one only puts and asks."""

    open_queue: Callable[[str], Any] = staticmethod(_core.Queue)

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = tempfile.mkdtemp(
            prefix="cxrelay-machine-", dir=memory if memory.is_dir() else None
        )
        self.path = f"{self.folder}/queue.db"
        self.model = QueueModel()
        self.queue = self.open_queue(self.path)
        self.other = _core.Queue(self.path)
        self.open: list[tuple[Any, int]] = []  # claims, and what the model calls them
        self.stale: list[Any] = []  # settled, or of a deliverer that is gone
        self.events: list[Put] = []

    def teardown(self) -> None:
        self.queue.close()
        self.other.close()
        shutil.rmtree(self.folder)

    # ---- puts

    @rule(events=st.lists(_events, min_size=1, max_size=4), by_other=st.booleans())
    def put(self, events: list[Put], by_other: bool) -> None:
        self.events += events
        self._put(events, self.other if by_other else self.queue)

    @precondition(lambda self: self.events)
    @rule(which=_which, blanks=st.sampled_from(["", " "]))
    def redeliver(self, which: int, blanks: str) -> None:
        event = self.events[which % len(self.events)]
        self._put([event._replace(blanks=blanks)], self.queue)

    def _put(self, events: list[Put], queue: Any) -> None:
        expected = [self.model.put(event) for event in events]
        receipts = queue.put_many([event.row for event in events])
        same("receipts", [(r.status, r.seq, r.idempotency_key) for r in receipts], expected)

    # ---- claims and settlements

    @rule(requests=st.integers(1, 3), updates=st.integers(1, 5))
    def claim(self, requests: int, updates: int) -> None:
        was_waiting = self._waiting()
        claims = self.queue.claim_many(requests, updates, "machine")
        gone = was_waiting - self._waiting()
        numbers = self.model.claim([shown(c) for c in claims], gone, (requests, updates), now_us())
        self.open += zip(claims, numbers, strict=True)

    def _waiting(self) -> set[int]:
        """Not done yet, in flight or not."""
        return {update.seq for update in self.other.list_updates(limit=EVERYTHING)}

    @precondition(lambda self: self.open)
    @rule(which=_which, words=st.lists(_outcomes, min_size=5, max_size=5))
    def settle(self, which: int, words: list[str]) -> None:
        claim, number = self.open.pop(which % len(self.open))
        later = now_us() + HOUR_US
        outcomes = [
            (_LATER[word], later) if word in _LATER else (word, 0)
            for word in words[: len(claim.updates)]
        ]
        self.model.settle(number, outcomes)
        self.queue.settle(
            claim, [(word, 0, "said so", not_before) for word, not_before in outcomes]
        )
        self.stale.append(claim)

    @precondition(lambda self: self.stale)
    @rule(which=_which, word=_outcomes.filter(lambda word: word not in _LATER))
    def settle_stale(self, which: int, word: str) -> None:
        """Settled already, or of a deliverer that is gone: changes nothing."""
        claim = self.stale[which % len(self.stale)]
        try:
            self.queue.settle(claim, [(word, 0, "", 0)] * len(claim.updates))
        except FencedError:
            self._lose_the_right()  # a handle that is fenced resigns
        else:
            raise AssertionError("settled without a right")

    @precondition(lambda self: self.model.elected)
    @rule()
    def other_claims_nothing(self) -> None:
        same("claims beside the deliverer", self.other.claim_many(3, 25), [])

    # ---- ends and beginnings

    @rule(orderly=st.booleans())
    def reopen(self, orderly: bool) -> None:
        if orderly:
            self.queue.resign()
        self.queue.close()
        self.queue = self.open_queue(self.path)
        self._lose_the_right()

    def _lose_the_right(self) -> None:
        self.model.crash()
        self.stale += [claim for claim, _ in self.open]
        self.open.clear()

    @rule(
        state=st.sampled_from([None, "dead", "parked"]),
        interaction=st.none() | st.sampled_from(INTERACTIONS),
        limit=st.sampled_from([EVERYTHING, 1, 2]),
        by_other=st.booleans(),
    )
    def revive(
        self, state: str | None, interaction: str | None, limit: int, by_other: bool
    ) -> None:
        queue = self.other if by_other else self.queue
        expected = self.model.revivable(state, interaction, limit)
        found = self.other.revivable(state, interaction, limit)
        same("revivable", [update.seq for update in found], [row.seq for row in expected])
        count = queue.revive(state, interaction, limit, "machine")
        same("revived", count, len(expected))
        self.model.revive(expected)

    @rule()
    def find_each(self) -> None:
        for row in self.model.rows.values():
            found = self.other.find(row.key)
            expected = (row.seq, row.state, row.erased)
            same("find", found and (found.seq, found.state, found.erased), expected)

    @rule(by_other=st.booleans())
    def retain(self, by_other: bool) -> None:
        """Erases payloads. Too few rows to delete any."""
        (self.other if by_other else self.queue).retain(-1, exported_only=False, max_ms=HOUR_US)
        self.model.retain()

    # ---- after each step

    @invariant()
    def states_are_equal(self) -> None:
        found = {
            update.seq: (update.state, update.attempts, update.idempotency_key)
            for update in self.other.list_updates(limit=EVERYTHING)
        }
        expected = {
            row.seq: (row.state, row.attempts, row.key)
            for row in self.model.rows.values()
            if row.state not in ("completed", "superseded")
        }
        same("states", found, expected)

    @invariant()
    def numbers_are_equal(self) -> None:
        stats = self.other.stats()
        expected = self.model.stats(now_us())
        same("stats", {name: getattr(stats, name) for name in expected}, expected)

    @invariant()
    def journal_is_right(self) -> None:
        result = self.other.check()
        same("problems of the journal", result.problems, [])
        same("records", result.records, self.model.records)
