"""The story of one event, and its form as data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .steps import Attempt, RecordRef, Rule, Step, UpdateRef, Wait


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the journal knows about one event, in order.

    Waits and attempts follow each other without a gap: their lengths add up to the time from the
    first to the last record.

    Attributes:
        seq: of the record that accepted it.
        idempotency_key: the update's key.
        interaction_id: its interaction.
        event_time_us: the event's own time; None if it has none.
        accepted_us: when it was stored.
        ended_us: when it ended; None while it waits or is under way.
        state: ``pending``, ``in_flight``, ``completed``, ``superseded``, ``dead``, ``parked`` or
            ``skipped``.
        steps: what happened.
        problems: sentences: what in the records does not fit together.
    """

    seq: int
    idempotency_key: str
    interaction_id: str
    event_time_us: int | None
    accepted_us: int
    ended_us: int | None
    state: str
    steps: tuple[Step, ...]
    problems: tuple[str, ...] = ()

    @property
    def end_to_end_us(self) -> int | None:
        """Microseconds from the first to the last record; None while it goes on."""
        return None if self.ended_us is None else self.ended_us - self.accepted_us

    @property
    def waits(self) -> tuple[Wait, ...]:
        """In order."""
        return tuple(step for step in self.steps if isinstance(step, Wait))

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """In order, those included that were not sent."""
        return tuple(step for step in self.steps if isinstance(step, Attempt))

    def as_dict(self) -> dict[str, Any]:
        """What ``cxrelay explain --json`` prints; the shape is in ``cpp/docs/explain.md``."""
        return {
            "seq": self.seq,
            "idempotency_key": self.idempotency_key,
            "interaction_id": self.interaction_id,
            "event_time_us": self.event_time_us,
            "accepted_us": self.accepted_us,
            "ended_us": self.ended_us,
            "end_to_end_us": self.end_to_end_us,
            "state": self.state,
            "waited_us": sum(wait.length_us or 0 for wait in self.waits),
            "attempted_us": sum(attempt.length_us or 0 for attempt in self.attempts),
            "steps": [_step_data(step) for step in self.steps],
            "problems": list(self.problems),
        }


def _step_data(step: Step) -> dict[str, Any]:
    data = {"step": type(step).__name__.lower(), **_data(step)}
    if isinstance(step, (Wait, Attempt)):
        data["length_us"] = step.length_us
    return data


def _data(value: Step | RecordRef | UpdateRef) -> dict[str, Any]:
    return {field.name: _value(getattr(value, field.name)) for field in fields(value)}


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    if isinstance(value, Rule):
        return {
            "rule": value.rule,
            "from": value.source,
            "applied": list(value.applied),
            "to": value.target,
            "outcome": value.outcome,
        }
    return _data(value) if isinstance(value, (RecordRef, UpdateRef)) else value
