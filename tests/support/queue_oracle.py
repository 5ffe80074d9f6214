"""Judges a queue file after a fault: does it hold what `queue_story` was promised, and does its work go on?

Each function returns sentences, one per broken promise; an empty list is a pass.
"""

import json
from collections import Counter

from cxrelay import _core
from support.queue_story import EVENTS, Said

# The state that each word of a settlement leads to.
STATE_AFTER = {
    "completed": "completed",
    "retry": "pending",
    "split": "pending",
    "released": "pending",
    "dead": "dead",
    "parked": "parked",
}
MAX_ROUNDS = 50


class Promises:
    """What was promised by the lines that were said, and the step that was under way.

    `accepted_before`: how many events the file held when the story began.
    """

    def __init__(self, said: list[Said], accepted_before: int = 0) -> None:
        self.accepted_before = accepted_before
        self.receipts: dict[int, tuple[str, int | None]] = {}  # event -> key, seq
        self.states: dict[int, str] = {}  # seq -> state
        self.requests: set[str] = set()
        self.under_way: Said = {}
        self.given_up: set[int] = (
            set()
        )  # events of a put that never ended, before another process began
        for line in said:
            self._add(line)

    def _add(self, line: Said) -> None:
        if "failed" in line:
            return  # the same step is tried again
        if "begin" in line:
            self.given_up |= set(self.under_way.get("events", ()))
        self.under_way = line if "begin" in line else {}
        self.accepted_before += line.get("lengthened", 0)
        for number, key, seq in line.get("receipts", []):
            self.receipts[number] = (key, seq)
            if seq is not None:
                self.states.setdefault(seq, "pending")
        for request_id, seqs in line.get("requests", []):
            self.requests.add(request_id)
            self.states.update(dict.fromkeys(seqs, "in_flight"))
        self.states.update(dict.fromkeys(line.get("superseded", []), "superseded"))
        for seq, word in line.get("settled", []):
            self.states[seq] = STATE_AFTER[word]
        if "revived" in line:
            self.states = {seq: _revived(state) for seq, state in self.states.items()}

    def states_if_done(self) -> dict[int, str]:
        """The states if the step under way was stored although nobody was told."""
        if self.under_way.get("begin") == "settle":
            outcomes = self.under_way["outcomes"]
            return self.states | {seq: STATE_AFTER[word] for seq, word in outcomes}
        if self.under_way.get("begin") == "revive":
            return {seq: _revived(state) for seq, state in self.states.items()}
        return self.states


def _revived(state: str) -> str:
    return "pending" if state in ("dead", "parked") else state


def judge(queue: _core.Queue, promises: Promises) -> list[str]:
    """The promises, then the rest of the work; closes the queue."""
    try:
        return broken_promises(queue, promises) or broken_afterwards(queue, promises)
    finally:
        queue.close()


def broken_promises(queue: _core.Queue, promises: Promises) -> list[str]:
    """Compares an opened file with the promises, before anything else is done with it."""
    broken = [f"check: {problem}" for problem in queue.check().problems]
    for number, (key, seq) in promises.receipts.items():
        broken += _broken_receipt(queue, number, key, seq)
    broken += _broken_states(queue, promises)
    started = {row[0] for row in queue.query("SELECT request_id FROM journal")}
    broken += [f"request {request} is lost" for request in promises.requests - started]

    # Besides the receipts only a call without an answer can have stored events: all of its events, or none.
    new = set(promises.under_way.get("events", ())) - set(promises.receipts)
    old = promises.given_up - set(promises.receipts)
    extra = queue.stats().accepted - promises.accepted_before - len(promises.receipts)
    if extra not in (0, len(new), len(old), len(new | old)):
        broken.append(f"{extra} events are stored beyond the receipts; {len(new)} were under way")
    return broken


def _broken_receipt(queue: _core.Queue, number: int, key: str, seq: int | None) -> list[str]:
    update = queue.find(key)
    if update is None:
        return [f"receipt of event {number} ({key}) is lost"]
    if seq is not None and update.seq != seq:
        return [f"event {number} is record {update.seq}, its receipt says {seq}"]
    stored = queue.query("SELECT original, mapped FROM journal WHERE seq = ?", (update.seq,))
    expected = (EVENTS[number].original.decode(), EVENTS[number].mapped.decode())
    return [] if stored == [expected] else [f"event {number} is stored as {stored}"]


def _broken_states(queue: _core.Queue, promises: Promises) -> list[str]:
    found = {}
    for key, seq in promises.receipts.values():
        update = queue.find(key)
        if seq is not None and update is not None:
            found[seq] = update.state
    if promises.under_way.get("begin") == "claim":  # may have taken any that wait
        for seq, state in found.items():
            if promises.states[seq] == "pending" and state in ("in_flight", "superseded"):
                found[seq] = "pending"
    # A transaction is there whole or not at all: a mixture of both is neither.
    if found in (promises.states, promises.states_if_done()):
        return []
    return [f"states are {found}, promised {promises.states}, under way {promises.under_way}"]


def broken_afterwards(queue: _core.Queue, promises: Promises) -> list[str]:
    """Does the rest of the work: every event comes again, everything is delivered. Then the numbers must be right."""
    broken = []
    for number, row in enumerate(EVENTS):
        receipt = queue.put(*row)
        key, seq = promises.receipts.get(number, (receipt.idempotency_key, None))
        if receipt.idempotency_key != key or seq not in (None, receipt.seq):
            broken.append(f"event {number} came again and got another receipt")
    _deliver_all(queue)
    queue.revive(operator_name="test")
    _deliver_all(queue)

    stats = queue.stats()
    total = promises.accepted_before + len(EVENTS)
    if (stats.accepted, stats.completed + stats.superseded) != (total, total):
        broken.append(f"{total} events, but {stats.accepted} accepted, {stats.completed} completed")
    left = stats.pending + stats.in_flight + stats.dead + stats.parked
    if left:
        broken.append(f"{left} updates are left")
    times = Counter(_completed(queue))
    broken += [f"update {seq} was completed {n} times" for seq, n in times.items() if n != 1]
    return broken + [f"check at the end: {problem}" for problem in queue.check().problems]


def _deliver_all(queue: _core.Queue) -> None:
    for _ in range(MAX_ROUNDS):
        claims = queue.claim_many(4, 25, "example")
        if not claims:
            return
        for claim in claims:
            queue.settle(claim, [("completed", 200, "", 0)] * len(claim.updates))
    raise AssertionError("the queue does not run empty")


def _completed(queue: _core.Queue) -> list[int]:
    rows = queue.query("SELECT detail FROM journal WHERE action = 'finished'")
    return [seq for (detail,) in rows for seq in json.loads(detail).get("completed", [])]
