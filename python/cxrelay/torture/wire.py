"""What was on the wire, against the journal: every request, its keys, and the order.

Which requests must be equal? The journal has a record of each request before its first byte leaves
(*started*) and one of its end. A request ends as one of three:

- *answered*: its whole answer came, so the server has seen it: once, neither more nor less;
- *unknown*: bytes may have left and no whole answer came; or its sender was killed after *started*
  was on disk and before its end was, which may be before the first byte. The server has seen it
  once or not at all;
- *not sent*: it did not reach the server.

So for each composition (the keys of the items, in order):
answered <= seen by the server <= answered + unknown.
A request that the server saw in part names no items. It is one of the unknown ones too: in sum,
seen in whole + seen in part <= answered + unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .evidence import Evidence, Request
from .sentences import some

Composition = tuple[str | None, ...]


def wire_violations(evidence: Evidence) -> list[str]:
    """Every sentence is a violation."""
    return [
        *_request_violations(evidence),
        *_key_violations(evidence),
        *_order_violations(evidence),
    ]


def _request_violations(evidence: Evidence) -> Iterator[str]:
    answered, unknown = Counter[Composition](), Counter[Composition]()
    for request in evidence.requests:
        if request.finished is None:
            yield f"request {request.started} has started and not finished"
        elif request.sent:
            keys = _composition(evidence, request)
            (answered if request.is_answered else unknown)[keys] += 1
    seen = Counter(entry.keys for entry in evidence.seen if entry.keys)
    in_part = sum(not entry.keys for entry in evidence.seen)
    more = seen - (answered + unknown)
    less = answered - seen
    if more:
        yield f"the server saw {more.total():,} requests that the journal does not have"
    if less:
        yield f"the server did not see {less.total():,} requests that the journal has as answered"
    if seen.total() + in_part > answered.total() + unknown.total():
        yield (
            f"the server saw {seen.total():,} requests in whole and {in_part:,} in part, but the"
            f" journal has {answered.total():,} answered and {unknown.total():,} of unknown outcome"
        )
    counted = sum(1 for request in evidence.requests if request.sent)
    if evidence.stats.requests != counted:
        yield f"{evidence.stats.requests:,} requests are counted, but {counted:,} in the journal"


def _key_violations(evidence: Evidence) -> Iterator[str]:
    """A key belongs to one interaction and one content; an update is sent under one key only.

    Except that an item of several that was refused for good is parted: then each goes on alone.
    """
    owner = {record.key: record.interaction_id for record in evidence.accepted.values()}
    strange, reused = [], []
    for entry in evidence.seen:
        pairs = zip(entry.keys, entry.interaction_ids, strict=True)
        strange += [key for key, interaction in pairs if owner.get(key or "") != interaction]
        # The simulator remembers what it has applied under which key.
        reused += [
            key
            for key, status in zip(entry.keys, entry.item_statuses, strict=False)
            if status == 422
        ]
    yield from some(strange, "sends carried a key that does not belong to the interaction")
    yield from some(reused, "sends carried a key that came with other attributes before")
    sent_in: dict[int, tuple[int, ...]] = {}
    torn = []
    for request in evidence.requests:
        for item in request.items if request.sent else ():
            torn += [seq for seq in item if sent_in.setdefault(seq, item) != item]
            if request.outcomes.get(item[-1]) == "parted":
                for seq in item:
                    del sent_in[seq]
    yield from some(torn, "updates were sent under more than one key")


def _order_violations(evidence: Evidence) -> Iterator[str]:
    """Of an interaction one item at a time, and after its first send no other until it has an end."""
    interaction = {record.seq: record.interaction_id for record in evidence.accepted.values()}
    in_flight: set[str] = set()
    held: dict[str, tuple[int, ...]] = {}
    at_once, overtaken = [], []
    for _, request, starts in sorted(_steps(evidence.requests), key=lambda step: step[0]):
        for item in request.items:
            name = interaction.get(item[-1], "")
            if starts:
                if name in in_flight:
                    at_once.append(name)
                if name in held and held[name] != item:
                    overtaken.append(name)
                in_flight.add(name)
            else:
                in_flight.discard(name)
                word = request.outcomes.get(item[-1])
                if word in ("retry", "split"):
                    held[name] = item
                elif word != "released":
                    held.pop(name, None)
    yield from some(at_once, "times two requests at once carried one interaction")
    yield from some(
        overtaken, "times an update was sent while an earlier one of its interaction had no end"
    )


def _steps(requests: list[Request]) -> Iterator[tuple[int, Request, bool]]:
    for request in requests:
        yield request.started, request, True
        if request.finished is not None:
            yield request.finished, request, False


def _composition(evidence: Evidence, request: Request) -> Composition:
    """The keys of its items; of a merged one that of the newest."""
    return tuple(
        record.key if (record := evidence.accepted.get(item[-1])) is not None else None
        for item in request.items
    )
