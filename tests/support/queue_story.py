"""A short life of a queue file: puts, claims, settlements of every outcome, a revival, a late event.

As a program it lives this life on a file and says on its standard output, one JSON line each, what it begins
and what it was promised. A line that is there was written after the promise: whoever kills the process knows
exactly what must hold. `queue_oracle` judges it.

    python queue_story.py queue.db [answers-early | long-log | patient | restarts | only-open]
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cxrelay import _core
from cxrelay.errors import StoreError

Result = TypeVar("Result")
Said = dict[str, Any]
MINUTE_US = 60_000_000
# The log is copied back from 1,000 pages on. A story writes about 90, most of them after its first claim.
PAGES_BEFORE = 955
FRAME_BYTES = 24 + 4096


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
        receipts = self.queue.put_many([EVENTS[number] for number in numbers])
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


class LongLogStory(Story):
    """The log is nearly long enough to be copied back when it begins, so that one of its commits does it."""

    def live(self) -> None:
        self.say({"lengthened": lengthen_log(self.queue, path_of(self.queue))})
        super().live()


class EarlyStory(Story):
    """Broken on purpose: answers before the queue has. The oracle must notice."""

    def put(self, *numbers: int) -> None:
        self.say({"receipts": [[n, EVENTS[n].key, None] for n in numbers]})
        super().put(*numbers)


class PatientStory(Story):
    """Tries a step again when the store fails, as a caller does."""

    def after_failure(self) -> None:
        """What comes between a failure and the next try."""

    def put(self, *numbers: int) -> None:
        self._persistently(lambda: super(PatientStory, self).put(*numbers))

    def claim(self, max_requests: int, max_updates: int) -> None:
        self._persistently(lambda: super(PatientStory, self).claim(max_requests, max_updates))

    def settle(self, *words: str) -> None:
        claim = self.claims[0]

        def again() -> None:
            self.claims = [claim, *(other for other in self.claims if other is not claim)]
            super(PatientStory, self).settle(*words)

        self._persistently(again)

    def revive(self) -> None:
        self._persistently(super().revive)

    def _persistently(self, step: Callable[[], None]) -> None:
        persistently(step, self.after_failure)


class RestartedStory(PatientStory):
    """Opens the file anew after a failure, as a service does that ends with an error and is started again."""

    def after_failure(self) -> None:
        path = path_of(self.queue)
        self.queue.close()
        self.queue = _core.Queue(str(path))


def path_of(queue: _core.Queue) -> Path:
    """Of its file."""
    return Path(queue.query("SELECT file FROM pragma_database_list")[0][0])


def lengthen_log(queue: _core.Queue, path: Path) -> int:
    """Puts events of one commit each until the log is nearly long enough to be copied back, and delivers them.

    Returns how many. For a queue that stays open: a log that nobody else has open is copied back at the next opening.
    """
    log = path.with_name(path.name + "-wal")
    number = 0
    while log.stat().st_size < (PAGES_BEFORE - 20) * FRAME_BYTES:
        queue.put(f"before_{number}", f"before{number}", number, b"", b'{"a":1}')
        number += 1
    while claims := queue.claim_many(2, 100, "example"):
        for claim in claims:
            queue.settle(claim, [("completed", 200, "", 0)] * len(claim.updates))
    return number


def persistently(
    step: Callable[[], Result], after_failure: Callable[[], None] = lambda: None, tries: int = 5
) -> Result:
    """Does a step until the store lets it; says what it failed with."""
    while True:
        try:
            return step()
        except StoreError as error:
            say_line({"failed": error.kind})
            tries -= 1
            if tries == 0:
                raise
            after_failure()


def say_line(said: Said) -> None:
    """One write a line: a kill leaves whole lines."""
    os.write(1, (json.dumps(said) + "\n").encode())


def parse_lines(text: str) -> list[Said]:
    """What a story said."""
    return [json.loads(line) for line in text.splitlines()]


def main(path: str, kind: str = "") -> None:
    """Lives a story; `only-open` is one without a step."""
    stories = {
        "answers-early": EarlyStory,
        "long-log": LongLogStory,
        "patient": PatientStory,
        "restarts": RestartedStory,
    }
    kind_of_story = stories.get(kind, Story)
    story = kind_of_story(persistently(lambda: _core.Queue(path)), say_line)
    if kind != "only-open":
        story.live()
    story.queue.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
