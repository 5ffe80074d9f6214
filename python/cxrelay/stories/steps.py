"""The steps of a story. Times are microseconds since 1970 by the wall clock that wrote the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "first_send",
    "behind",
    "retry",
    "in_line",
    "split",
    "parted",
    "released",
    "deliverer_ended",
    "dead",
    "parked",
    "revived",
]
"""Why an update waits; see ``cpp/docs/explain.md``."""


@dataclass(frozen=True, slots=True)
class RecordRef:
    """The record that tells a step.

    Attributes:
        seq: its number.
        hash: its hash in the chain, 64 hexadecimal digits.
    """

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class UpdateRef:
    """Another update of the interaction.

    Attributes:
        seq: of the record that accepted it.
        key: its idempotency key; "" if that record is not there.
    """

    seq: int
    key: str


@dataclass(frozen=True, slots=True)
class Received:
    """The event was stored.

    Attributes:
        original: ``kept``, ``erased`` or ``none``.
        size: bytes of the original; None if it is not there.
        sha256: of the original, in hexadecimal; None if it is not there.
        mapping_version: of the mapping that made the attributes, or "".
        conflict_with: the event that came before with the same time and another payload.
    """

    at_us: int
    record: RecordRef
    original: str
    size: int | None
    sha256: str | None
    mapping_version: str
    conflict_with: UpdateRef | None = None


@dataclass(frozen=True, slots=True)
class Redacted:
    """The privacy policy changed the original before it was stored; its hash is of what is stored.

    Attributes:
        policy: version of the policy.
        dropped: values that were taken out.
        masked: values that were replaced by ``***``.
        hashed: values that were replaced by a hash under the policy's key.
    """

    policy: str
    dropped: int
    masked: int
    hashed: int


@dataclass(frozen=True, slots=True)
class Validated:
    """What became of the event.

    Attributes:
        verdict: ``accepted``, ``skipped`` (nothing to write), or ``upgraded`` (a row of a file that
            the tutorial's code wrote: nobody validated it).
        status: the state that such a row had, or "".
        attempts: that such a row had.
    """

    verdict: str
    status: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule of the mapping did; see ``Mapping.trace``."""

    rule: int
    source: str
    applied: tuple[str, ...]
    target: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """The rules that made the attributes.

    Attributes:
        rules: in the order of the mapping.
        unknown: why they cannot be told, or "".
    """

    mapping_version: str
    rules: tuple[Rule, ...]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Contradicted:
    """Another event with the same time and another payload came; it is an update of its own."""

    at_us: int
    record: RecordRef
    by: UpdateRef


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing was under way.

    Attributes:
        until_us: None while it lasts.
        behind: for the cause ``behind``, the newest update of the item that is ahead.
        status: HTTP status of the answer that it follows, or 0.
        error_class: of that answer, or "".
        reason: of that answer, or "".
        not_before_us: before which it must not be sent; None if there is no such time.
    """

    cause: Cause
    from_us: int
    until_us: int | None = None
    behind: UpdateRef | None = None
    status: int = 0
    error_class: str = ""
    reason: str = ""
    not_before_us: int | None = None

    @property
    def length_us(self) -> int | None:
        """Microseconds; negative if the clock was set back meanwhile; None while it lasts."""
        return None if self.until_us is None else self.until_us - self.from_us


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that carried the update.

    Attributes:
        target: what it was sent to.
        epoch: of the deliverer that started it.
        key: the idempotency key that it was sent under: that of the newest update in its item.
        merged_with: the other updates of the item, the newest last.
        until_us: None while it is under way.
        started: the record of its start.
        finished: the record of its end.
        outcome: what became of the update: ``completed``, ``retry``, ``dead``, ``parked``,
            ``split``, ``released``; "" while it is under way.
        sent: whether a byte reached the server's application; None while it is under way.
        status: HTTP status of the update's own answer, that of the request if it had none, or 0.
        error_class: likewise, or "".
        reason: likewise, or "".
        recovered: the deliverer ended in between; the next one settled it, and this is the time
            until then.
    """

    request_id: str
    target: str
    epoch: int
    key: str
    merged_with: tuple[UpdateRef, ...]
    from_us: int
    started: RecordRef
    until_us: int | None = None
    finished: RecordRef | None = None
    outcome: str = ""
    sent: bool | None = None
    status: int = 0
    error_class: str = ""
    reason: str = ""
    recovered: bool = False

    @property
    def length_us(self) -> int | None:
        """As that of a wait."""
        return None if self.until_us is None else self.until_us - self.from_us


@dataclass(frozen=True, slots=True)
class Revived:
    """An operator brought it back.

    Attributes:
        by: the operator's name.
    """

    at_us: int
    record: RecordRef
    by: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The end, unless an operator revives it.

    Attributes:
        state: ``completed``, ``superseded``, ``dead``, ``parked`` or ``skipped``.
        reason: or "".
    """

    at_us: int
    record: RecordRef
    state: str
    reason: str = ""


Step = Received | Redacted | Validated | Mapped | Contradicted | Wait | Attempt | Revived | Ended
