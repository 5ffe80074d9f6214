"""From records to stories, in one pass."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxrelay.errors import ValidationError

from .interaction import Interaction
from .record import RECEIVED, Record
from .settlement import read_settlement
from .steps import Mapped, Received, Redacted, Rule, UpdateRef, Validated
from .story import Story
from .timeline import Item, Timeline, ref

if TYPE_CHECKING:
    from cxrelay.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Stories:
    """What records tell.

    Attributes:
        by_seq: the story of each event, by the number of the record that accepted it.
        problems: sentences about records that belong to no story.
    """

    by_seq: dict[int, Story]
    problems: tuple[str, ...]

    def __iter__(self) -> Iterator[Story]:
        return iter(self.by_seq.values())

    def __len__(self) -> int:
        return len(self.by_seq)


def tell(
    records: Iterable[Record],
    interactions: Collection[str] | None = None,
    mapping: Mapping | None = None,
) -> Stories:
    """Tells the stories of many events in one pass; does no input or output itself.

    Args:
        records: in order; those that cannot matter to ``interactions`` may be left out.
        interactions: whose events are told; by default all. Only theirs are kept in memory.
        mapping: whose rules are told for the events that it has mapped.

    Returns:
        The stories, in the order of the events' arrival.
    """
    teller = _Teller(interactions, mapping)
    for record in records:
        teller.add(record)
    return teller.stories()


class _Teller:
    def __init__(self, interactions: Collection[str] | None, mapping: Mapping | None) -> None:
        self._chosen = interactions
        self._mapping = mapping
        self._first_seq = 0
        self._timelines: dict[int, Timeline] = {}
        self._interactions: dict[str, Interaction] = {}
        self._open: dict[str, list[Item]] = {}
        self._problems: list[str] = []

    def add(self, record: Record) -> None:
        self._first_seq = self._first_seq or record.seq
        if record.action in RECEIVED:
            if self._chosen is None or record.interaction_id in self._chosen:
                self._receive(record)
        elif record.action == "started":
            self._start(record)
        elif record.action == "finished":
            self._finish(record)
        elif record.action == "superseded":
            for timeline in self._known(record, [record.detail.get("update", 0)]):
                timeline.supersede(record)
                self._interaction(timeline).remove(timeline.record.seq, record.time_us)
        elif record.action == "erased":
            for timeline in self._known(record, record.detail.get("updates", ())):
                if timeline.state == "pending":
                    self._interaction(timeline).remove(timeline.record.seq, record.time_us)
                timeline.erase(record)
        elif record.action == "revived":
            for timeline in self._known(record, record.detail.get("updates", ())):
                timeline.revive(record)
                self._interaction(timeline).revive(timeline, record.time_us)

    def stories(self) -> Stories:
        told = {seq: timeline.story() for seq, timeline in self._timelines.items()}
        return Stories(told, tuple(self._problems))

    # ---- each action ----

    def _receive(self, record: Record) -> None:
        detail = record.detail
        first = self._timelines.get(detail.get("conflict_with", 0))
        conflict = None
        if "conflict_with" in detail:
            key = first.record.idempotency_key if first else ""
            conflict = UpdateRef(detail["conflict_with"], key)
        if first is not None:
            first.contradict(record)
        is_row = record.action == "upgraded"
        status = detail.get("status", "") if is_row else ""
        attempts = detail.get("attempts", 0) if is_row else 0
        timeline = Timeline(
            record,
            (
                _received(record, conflict),
                *_redacted(record),
                Validated(record.action, status, attempts),
                *_mapped(record, self._mapping),
            ),
        )
        self._timelines[record.seq] = timeline
        if record.action == "skipped":
            timeline.end(record, "skipped")
        elif is_row and status != "pending":
            timeline.end(record, "completed" if status == "completed" else "parked")
        else:
            name = record.interaction_id
            line = self._interactions.setdefault(name, Interaction())
            line.add(timeline, record.time_us)

    def _start(self, record: Record) -> None:
        merged = {item[-1]: tuple(item) for item in record.detail.get("merged", ())}
        inner = {seq for item in merged.values() for seq in item[:-1]}
        items: list[Item] = []
        for newest in record.detail.get("updates", ()):
            members = merged.get(newest, (newest,))
            if newest in inner:
                continue
            timelines = list(self._known(record, members))
            if not timelines:
                continue
            item = Item(tuple(members), self._ref(newest), in_flight=True)
            items.append(item)
            for timeline in timelines:
                others = tuple(self._ref(seq) for seq in members if seq != timeline.record.seq)
                timeline.start(record, item, others)
            self._interaction(timelines[0]).start(item, record.time_us)
        if items:
            self._open[record.request_id] = items

    def _finish(self, record: Record) -> None:
        settled = read_settlement(record.detail)
        items = self._open.pop(record.request_id, ())
        for timeline in self._known(record, settled):
            timeline.finish(record, settled[timeline.record.seq])
        for item in items:
            timelines = [self._timelines[seq] for seq in item.updates if seq in self._timelines]
            for timeline in timelines:
                if timeline.record.seq not in settled:
                    sentence = f"record {record.seq} ends its request, but does not settle it"
                    timeline.problems.append(sentence)
            outcome = settled.get(item.updates[-1])
            if outcome is not None:
                self._interaction(timelines[0]).finish(item, outcome, record.time_us)

    # ---- what is known ----

    def _known(self, record: Record, seqs: Iterable[int]) -> Iterator[Timeline]:
        """The timelines that are kept. Whoever tells everything must know every update."""
        for seq in seqs:
            timeline = self._timelines.get(seq)
            if timeline is not None:
                yield timeline
            elif self._chosen is None and seq >= self._first_seq:
                self._problems.append(
                    f"record {record.seq} ({record.action}) names update {seq}: a record is missing"
                )

    def _ref(self, seq: int) -> UpdateRef:
        timeline = self._timelines.get(seq)
        return timeline.ref if timeline else UpdateRef(seq, "")

    def _interaction(self, timeline: Timeline) -> Interaction:
        return self._interactions.setdefault(timeline.record.interaction_id, Interaction())


def _received(record: Record, conflict: UpdateRef | None) -> Received:
    original = record.original
    return Received(
        at_us=record.time_us,
        record=ref(record),
        original="erased" if record.erased else "none" if original is None else "kept",
        size=None if original is None else len(original),
        sha256=None if original is None else hashlib.sha256(original).hexdigest(),
        mapping_version=record.mapping_version,
        conflict_with=conflict,
    )


def _redacted(record: Record) -> tuple[Redacted, ...]:
    note = record.detail.get("privacy")
    if note is None:
        return ()
    return (Redacted(note["policy"], note["dropped"], note["masked"], note["hashed"]),)


def _mapped(record: Record, mapping: Mapping | None) -> tuple[Mapped, ...]:
    """Nothing for what no mapping made, such as a row of a tutorial file."""
    version = record.mapping_version
    if not version:
        return ()
    if mapping is None or mapping.version != version:
        return (Mapped(version, (), "the mapping of this version is not at hand"),)
    if record.original is None:
        return (Mapped(version, (), "the original is not there any more"),)
    if "privacy" in record.detail:
        return (Mapped(version, (), "the privacy policy changed the original"),)
    try:
        rules: Any = mapping.trace(record.original)
    except ValidationError:
        return (Mapped(version, (), "the original is no event"),)
    told = (
        Rule(rule.rule, rule.source, tuple(rule.applied), rule.target, rule.outcome)
        for rule in rules
    )
    return (Mapped(version, tuple(told)),)
