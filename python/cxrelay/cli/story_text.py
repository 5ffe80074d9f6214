"""A story for a person: one line a step, what belongs to it below; 100 columns, but for long keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import singledispatch

from cxrelay.stories import (
    Attempt,
    Contradicted,
    Ended,
    Mapped,
    Received,
    RecordRef,
    Redacted,
    Revived,
    Rule,
    Step,
    Story,
    UpdateRef,
    Validated,
    Wait,
)

from .output import one_line

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = 100
_TIME = 14
_WORD = 11
_INDENT = _TIME + _WORD
_HASH_DIGITS = 12
_CAUSES = {
    "first_send": "in line for the first send",
    "behind": "behind another item of the interaction",
    "retry": "until the retry",
    "in_line": "due, in line for the next send",
    "split": "its batch was halved; in line with its half",
    "parted": "its item was parted; in line alone",
    "released": "its request was given back before it was sent; in line again",
    "deliverer_ended": "the deliverer ended; in line again",
    "dead": "dead, until an operator revived it",
    "parked": "parked, until an operator revived it",
    "revived": "in line after the revival",
}
_VERDICTS = {
    "accepted": "accepted",
    "skipped": "accepted; the mapping leaves nothing to write",
    "upgraded": "taken over from a file that the tutorial's code wrote",
}
_WORDS = {"Contradicted": "conflict"}


def story_text(story: Story) -> str:
    """Lines without the last line's end. Nothing of the event's content is in them."""
    lines = [
        f"key          {one_line(story.idempotency_key)}",
        f"interaction  {one_line(story.interaction_id)}",
        f"accepted     {_moment(story.accepted_us)} as record {story.seq}",
        f"state        {_state(story)}",
        "",
    ]
    for step in story.steps:
        lines += _step_lines(step, story.accepted_us)
    lines += [_cut(f"PROBLEM: {problem}") for problem in story.problems]
    return "\n".join(lines)


def _state(story: Story) -> str:
    if story.end_to_end_us is not None:
        return f"{story.state} after {_length(story.end_to_end_us)}"
    lasting = next(step for step in reversed(story.steps) if isinstance(step, (Wait, Attempt)))
    return f"{story.state} since {_moment(lasting.from_us)}"


def _step_lines(step: Step, accepted_us: int) -> Iterator[str]:
    first, *more = _told(step)
    word = _WORDS.get(type(step).__name__, type(step).__name__.lower())
    at_us = getattr(step, "at_us", getattr(step, "from_us", accepted_us))
    yield _cut(f"{'+' + _seconds(at_us - accepted_us):>{_TIME - 2}}  {word:<{_WORD}}{first}")
    for line in more:
        yield _cut(" " * _INDENT + line)


@singledispatch
def _told(step: Step) -> Iterator[str]:
    raise TypeError(f"a story has no such step: {type(step).__name__}")


@_told.register
def _received(step: Received) -> Iterator[str]:
    if step.original == "kept":
        yield f"{step.size:,} bytes; {_record(step.record)}"
        yield f"sha256 {step.sha256}"
    elif step.original == "erased":
        yield f"original erased, its digest is kept; {_record(step.record)}"
    else:
        yield f"without an original; {_record(step.record)}"
    if step.conflict_with is not None:
        yield f"same time as {_update(step.conflict_with)}, but another payload"


@_told.register
def _redacted(step: Redacted) -> Iterator[str]:
    counts = f"{step.dropped:,} dropped, {step.masked:,} masked, {step.hashed:,} hashed"
    yield f"by policy {one_line(step.policy)}: {counts}"


@_told.register
def _validated(step: Validated) -> Iterator[str]:
    text = _VERDICTS[step.verdict]
    row = f": {step.status}, {step.attempts} attempts" if step.verdict == "upgraded" else ""
    yield text + one_line(row)


@_told.register
def _mapped(step: Mapped) -> Iterator[str]:
    yield f"by version {one_line(step.mapping_version)}" + (step.unknown and f": {step.unknown}")
    yield from (_rule(rule) for rule in step.rules)


def _rule(rule: Rule) -> str:
    way = " -> ".join((rule.source, *rule.applied, rule.target))
    return f"{rule.outcome:<8} {one_line(way)}"


@_told.register
def _contradicted(step: Contradicted) -> Iterator[str]:
    yield f"another payload came for the same time; {_record(step.record)}"
    yield f"it is {_update(step.by)}"


@_told.register
def _wait(step: Wait) -> Iterator[str]:
    text = f"{_length(step.length_us)}  {_CAUSES[step.cause]}"
    answer = _answer(step.status, step.error_class, step.reason)
    yield f"{text}: {answer}" if answer else text
    if step.not_before_us is not None:
        yield f"not before {_moment(step.not_before_us)}"
    if step.behind is not None:
        yield f"ahead is {_update(step.behind)}"


@_told.register
def _attempt(step: Attempt) -> Iterator[str]:
    outcome = step.outcome or "under way"
    sent = ", not sent" if step.sent is False else ""
    yield f"{_length(step.length_us)}  {outcome}{sent}; request {one_line(step.request_id)}"
    records = _record(step.started)
    if step.finished is not None:
        records += f" to {_record(step.finished)}"
    yield records
    way = f"{one_line(step.target)}, deliverer term {step.epoch}"
    answer = _answer(step.status, step.error_class, step.reason)
    yield f"{way}: {answer}" if answer else way
    if step.merged_with:
        yield f"merged with {', '.join(str(other.seq) for other in step.merged_with)}"
        yield f"under the key {one_line(step.key)}"
    if step.recovered:
        yield "the next deliverer settled it: this is the time until then"


@_told.register
def _revived(step: Revived) -> Iterator[str]:
    yield f"by {one_line(step.by) or 'nobody named'}; {_record(step.record)}"


@_told.register
def _ended(step: Ended) -> Iterator[str]:
    yield f"{step.state}; {_record(step.record)}"
    if step.reason:
        yield one_line(step.reason)


def _answer(status: int, error_class: str, reason: str) -> str:
    """A reason mostly begins with the status."""
    is_said = reason.startswith(f"HTTP {status}")
    http = f"HTTP {status}" if status and not is_said else ""
    parts = [error_class, http, one_line(reason)]
    return ", ".join(part for part in parts if part)


def _record(record: RecordRef) -> str:
    return f"record {record.seq} {record.hash[:_HASH_DIGITS]}"


def _update(update: UpdateRef) -> str:
    return f"update {update.seq} {one_line(update.key)}".rstrip()


def _cut(line: str) -> str:
    return one_line(line, _COLUMNS)


def _length(length_us: int | None) -> str:
    return "so far" if length_us is None else f"{_seconds(length_us)} s"


def _seconds(time_us: int) -> str:
    return f"{time_us / 1_000_000:,.3f}"


def _moment(time_us: int) -> str:
    try:
        moment = _EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        return f"{time_us} us"
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
