"""One update's waits and attempts, put together as the records come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from .record import Record
from .settlement import Settled
from .steps import Attempt, Cause, Contradicted, Ended, RecordRef, Revived, Step, UpdateRef, Wait
from .story import Story


@dataclass(slots=True, eq=False)
class Item:
    """Updates that are sent as one.

    Attributes:
        updates: the newest last.
        in_flight: whether a request with it is open.
        was_sent: it keeps its members, and the interaction's other updates wait behind it.
    """

    updates: tuple[int, ...]
    newest: UpdateRef
    in_flight: bool = False
    was_sent: bool = False


def ref(record: Record) -> RecordRef:
    """The record as a step names it."""
    return RecordRef(record.seq, record.hash)


class Timeline:
    """Waits and attempts without a gap: each begins where the one before it ends.

    Args:
        record: that which accepted the update.
        steps: what is to be told before the first wait.
    """

    def __init__(self, record: Record, steps: Sequence[Step]) -> None:
        self.record = record
        self.state = "pending"
        self.item: Item | None = None  # that it was sent in
        self.behind: Item | None = None
        self.problems: list[str] = []
        self._steps = list(steps)
        self._own = Wait("first_send", record.time_us)  # why it waits if nothing is ahead of it
        self._since_us = record.time_us
        self._ended_us: int | None = None
        self._notes: list[Step] = []  # told behind what lasts

    @property
    def ref(self) -> UpdateRef:
        """How other stories name it."""
        return UpdateRef(self.record.seq, self.record.idempotency_key)

    # ---- what happens ----

    def wait(self, at_us: int, cause: Cause, settled: Settled | None = None) -> None:
        """It begins to wait, for a reason that the answer gave."""
        self.state, self.behind = "pending", None
        self._since_us = at_us
        self._own = _why(cause, at_us, settled)

    def wait_behind(self, at_us: int, ahead: Item | None) -> None:
        """Another item is ahead now, or none is any more."""
        is_same = ahead and self.behind and ahead.updates == self.behind.updates
        if not is_same and ahead is not self.behind:
            self._close_wait(at_us)
        self.behind = ahead

    def start(self, record: Record, item: Item, merged_with: tuple[UpdateRef, ...]) -> None:
        """A request that carries it."""
        self._expect(record, "sends it", "pending")
        self._close(record.time_us)
        self.state, self.item, self.behind = "in_flight", item, None
        attempt = Attempt(
            request_id=record.request_id,
            target=record.detail.get("target", ""),
            epoch=record.detail.get("epoch", 0),
            key=item.newest.key,
            merged_with=merged_with,
            from_us=record.time_us,
            started=ref(record),
        )
        self._steps.append(attempt)

    def finish(self, record: Record, settled: Settled) -> None:
        """Its request ended; it waits again, or it is done."""
        self._expect(record, "settles it", "in_flight")
        if self.state == "in_flight":
            attempt = cast(Attempt, self._steps[-1])
            self._steps[-1] = replace(
                attempt,
                until_us=record.time_us,
                finished=ref(record),
                outcome=settled.outcome,
                sent=record.detail.get("sent", True) and settled.outcome != "released",
                status=settled.status,
                error_class=settled.error_class,
                reason=settled.reason,
                recovered=settled.recovered,
            )
        self._close(record.time_us)
        if settled.outcome in ("completed", "dead", "parked"):
            self.end(record, settled.outcome, settled)
        else:
            self.wait(record.time_us, _cause(settled), settled)

    def end(
        self, record: Record, state: str, settled: Settled | None = None, reason: str = ""
    ) -> None:
        """It is done, or nothing will happen to it until an operator comes."""
        self._close(record.time_us)
        self.state, self.behind = state, None
        self._ended_us = record.time_us
        reason = settled.reason if settled else reason or str(record.detail.get("reason", ""))
        self._steps.append(Ended(record.time_us, ref(record), state, reason))
        if state in ("dead", "parked"):
            self._own = _why(cast(Cause, state), record.time_us, settled)

    def supersede(self, record: Record) -> None:
        """Newer events have written all of it."""
        self._expect(record, "supersedes it", "pending")
        self.end(record, "superseded")

    def erase(self, record: Record) -> None:
        """An operator had its payloads erased: what is not done cannot be sent any more."""
        if self.state in ("pending", "dead", "parked"):
            self.end(record, "dead", reason="erased by an operator")

    def revive(self, record: Record) -> None:
        """An operator brought it back."""
        self._expect(record, "revives it", "dead", "parked")
        self._close(record.time_us)
        self._steps.append(Revived(record.time_us, ref(record), record.detail.get("by", "")))
        self.wait(record.time_us, "revived")

    def contradict(self, record: Record) -> None:
        """Another payload came for the same time."""
        by = UpdateRef(record.seq, record.idempotency_key)
        told = Contradicted(record.time_us, ref(record), by)
        (self._steps if self._ended_us is not None else self._notes).append(told)

    # ---- what is told ----

    def story(self) -> Story:
        """As far as it has come."""
        steps = list(self._steps)
        if self.state == "pending":
            steps.append(replace(self._lasting(self._since_us), from_us=self._since_us))
        steps += self._notes
        record = self.record
        return Story(
            seq=record.seq,
            idempotency_key=record.idempotency_key,
            interaction_id=record.interaction_id,
            event_time_us=record.event_time_us,
            accepted_us=record.time_us,
            ended_us=self._ended_us,
            state=self.state,
            steps=tuple(steps),
            problems=tuple(self.problems),
        )

    # ---- inside ----

    def _expect(self, record: Record, what: str, *states: str) -> None:
        if self.state not in states:
            self.problems.append(
                f"record {record.seq} {what}, but it was {self.state}: a record is missing"
            )

    def _close(self, at_us: int) -> None:
        """Ends what lasts, be it an end that was none."""
        if self.state == "in_flight":
            attempt = cast(Attempt, self._steps[-1])
            if attempt.until_us is None:  # its end is missing
                self._steps[-1] = replace(attempt, until_us=at_us)
            self.state, self._since_us = "pending", at_us
            self._tell_notes()
            return
        if self._ended_us is not None:
            self._since_us, self._ended_us = self._ended_us, None
        self._close_wait(at_us)

    def _lasting(self, since_us: int) -> Wait:
        """Why it waits from then on."""
        if self.behind is not None:
            return Wait("behind", since_us, behind=self.behind.newest)
        own = self._own
        if own.not_before_us is None or since_us < own.not_before_us:
            return own
        return Wait("in_line" if own.cause == "retry" else own.cause, since_us)

    def _close_wait(self, at_us: int) -> None:
        """A wait that was to last until a time is told in two parts: until then, and in line."""
        wait = self._lasting(self._since_us)
        due_us = wait.not_before_us
        if due_us is not None and due_us < at_us:
            self._add_wait(wait, self._since_us, due_us)
            self._since_us = due_us
        self._add_wait(self._lasting(self._since_us), self._since_us, at_us)
        self._since_us = at_us
        self._tell_notes()

    def _tell_notes(self) -> None:
        self._steps += self._notes
        self._notes.clear()

    def _add_wait(self, wait: Wait, from_us: int, until_us: int) -> None:
        if from_us != until_us:
            self._steps.append(replace(wait, from_us=from_us, until_us=until_us))


def _cause(settled: Settled) -> Cause:
    if settled.recovered:
        return "deliverer_ended"
    if settled.parted:
        return "parted"
    return cast(Cause, settled.outcome)


def _why(cause: Cause, at_us: int, settled: Settled | None) -> Wait:
    if settled is None:
        return Wait(cause, at_us)
    return Wait(
        cause,
        at_us,
        status=settled.status,
        error_class=settled.error_class,
        reason=settled.reason,
        not_before_us=settled.not_before_us,
    )
