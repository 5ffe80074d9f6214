"""A short life of a queue file: puts, claims, settlements of every outcome, a revival, a late event.

As a program it lives this life on a file and says on its standard output, one JSON line each, what it begins
and what it was promised. A line that is there was written after the promise: whoever kills the process knows
exactly what must hold. `queue_oracle` judges it.

    python queue_story.py queue.db [answers-early | only-open]
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cxrelay import _core

Said = dict[str, Any]
MINUTE_US = 60_000_000


class Event(NamedTuple):
    """What is put for one event."""

    key: str
    interaction: str
    time_us: int
    original: bytes
    mapped: bytes


def event(number: int, interaction: str, minute: int, attribute: str = "crm") -> Event:
    """Each number has a body of its own, and most bodies have a size of their own."""
    mapped = json.dumps({"attributes": {attribute: f"CRM-{number}"}}).encode()
    original = json.dumps({"interactionId": interaction, "n": number, "pad": "x" * number}).encode()
    time_us = 1_715_769_000_000_000 + minute * MINUTE_US
    return Event(f"{interaction}_{minute}", interaction, time_us, original, mapped)


LATE = 13
EVENTS = [
    *(event(number, f"i{number}", number) for number in range(LATE)),
    event(
        LATE, "i0", -1
    ),  # older than number 0, and sets the same attribute: superseded when claimed
    event(14, "i2", 2),  # time and interaction of number 2, another payload: a conflict, kept
    event(15, "i3", 3 + 60, "queue"),
]


class Story:
    """Does the steps. `say` gets a line before and after each."""

    def __init__(self, queue: _core.Queue, say: Callable[[Said], None]) -> None:
        self.queue = queue
        self.say = say
        self.claims: list[_core.Claim] = []

    def put(self, *numbers: int) -> None:
        self.say({"begin": "put", "events": numbers})
        rows = [EVENTS[number] for number in numbers]
        if len(rows) == 1:
            receipts = [self.queue.put(*rows[0])]
        else:
            receipts = self.queue.put_many([tuple(row) for row in rows])
        promised = zip(numbers, receipts, strict=True)
        self.say({"receipts": [[n, r.idempotency_key, r.seq] for n, r in promised]})

    def claim(self, max_requests: int, max_updates: int) -> None:
        self.say({"begin": "claim"})
        claims = self.queue.claim_many(max_requests, max_updates, "example")
        self.claims += claims
        late = self.queue.find(EVENTS[LATE].key)
        requests = [[claim.request_id, [u.seq for u in claim.updates]] for claim in claims]
        gone = [late.seq] if late and late.state == "superseded" else []
        self.say({"requests": requests, "superseded": gone})

    def settle(self, *words: str) -> None:
        """Settles the oldest open request; its updates get the words in turn."""
        claim = self.claims.pop(0)
        outcomes = [words[n % len(words)] for n in range(len(claim.updates))]
        by_seq = [[u.seq, word] for u, word in zip(claim.updates, outcomes, strict=True)]
        self.say({"begin": "settle", "outcomes": by_seq})
        self.queue.settle(claim, [(word, 200, "said so", 0) for word in outcomes])
        self.say({"settled": by_seq})

    def revive(self) -> None:
        self.say({"begin": "revive"})
        self.say({"revived": self.queue.revive(operator_name="test")})

    def live(self) -> None:
        for number in range(4):
            self.put(number)
        self.put(*range(4, 12))
        self.claim(2, 3)
        self.settle("completed", "retry", "dead")
        self.put(12)
        self.settle("completed", "parked", "released")
        self.claim(1, 25)
        self.settle("completed", "retry", "completed", "split")
        self.put(LATE)
        self.put(14)
        self.put(0)  # redelivered: a duplicate
        self.revive()
        self.claim(3, 25)
        while self.claims:
            self.settle("completed")
        self.put(15)


class EarlyStory(Story):
    """Broken on purpose: answers before the queue has. The oracle must notice."""

    def put(self, *numbers: int) -> None:
        self.say({"receipts": [[n, EVENTS[n].key, None] for n in numbers]})
        super().put(*numbers)


def say_line(said: Said) -> None:
    """One write a line: a kill leaves whole lines."""
    os.write(1, (json.dumps(said) + "\n").encode())


def read_lines(path: Path) -> list[Said]:
    """What a story said."""
    return [json.loads(line) for line in path.read_text().splitlines()]


if __name__ == "__main__":
    kind = EarlyStory if "answers-early" in sys.argv[2:] else Story
    opened = _core.Queue(sys.argv[1])
    if "only-open" not in sys.argv[2:]:
        kind(opened, say_line).live()
    opened.close()
