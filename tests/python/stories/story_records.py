"""A journal written by hand: each verb appends one record and lets time pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from cxrelay.stories import Record, Story, tell

START_US = 1_715_769_000_000_000
TICK_US = 1_000_003


def utc(time_us: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Journal:
    """Records in order; every verb returns the number of its record."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.now_us = START_US

    def add(self, action: str, **members: Any) -> int:
        seq = len(self.records) + 1
        self.records.append(Record(seq, self.now_us, action, f"{seq:064x}", **members))
        self.now_us += TICK_US
        return seq

    def accept(self, key: str, action: str = "accepted", **members: Any) -> int:
        """The interaction is the first letter of the key."""
        return self.add(action, idempotency_key=key, interaction_id=key[0], **members)

    def start(self, request: str, *items: list[int], epoch: int = 1) -> int:
        detail: dict[str, Any] = {"target": "t", "epoch": epoch, "updates": [*chain(*items)]}
        merged = [item for item in items if len(item) > 1]
        if merged:
            detail["merged"] = merged
        return self.add("started", request_id=request, detail=detail)

    def finish(self, request: str, *, status: int = 200, sent: bool = True, **lists: Any) -> int:
        """`lists`: completed=[seq], retry=[one(seq, ...)], and so on."""
        detail = {"status": status, "error_class": "", "sent": sent, **lists}
        return self.add("finished", request_id=request, detail=detail)

    def story(self, seq: int) -> Story:
        return tell(self.records).by_seq[seq]


def one(seq: int, error_class: str = "TRANSIENT", **members: Any) -> dict[str, Any]:
    return {"seq": seq, "status": 503, "error_class": error_class, "reason": "busy", **members}


def shape(story: Story) -> list[str]:
    """Waits by cause and attempts by outcome, in order: `first_send`, `=completed`."""
    return [
        getattr(step, "cause", "") or f"={getattr(step, 'outcome', '')}"
        for step in story.steps
        if hasattr(step, "until_us")
    ]


def assert_whole(story: Story) -> None:
    """Waits and attempts follow each other without a gap, from the first record to the last."""
    at_us = story.accepted_us
    lasting = [step for step in story.steps if hasattr(step, "until_us")]
    for step in lasting:
        assert step.from_us == at_us
        at_us = step.until_us
    assert at_us == story.ended_us
    if story.ended_us is not None:
        assert sum(step.length_us for step in lasting) == story.end_to_end_us
