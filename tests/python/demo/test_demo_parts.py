"""The demo's input, its oracle and its check; without an engine."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from cxrelay.demo.check import problems_of
from cxrelay.demo.events import SAMPLE, generate
from cxrelay.demo.evidence import Evidence, Final, Request, Stored
from cxrelay.demo.oracle import final_state, map_content
from cxrelay.results import RelayStats, UpdaterCounts


class TestEvents:
    def test_equal_seeds_give_equal_bytes(self) -> None:
        assert generate(500, 7) == generate(500, 7)
        assert generate(500, 7) != generate(500, 8)

    def test_there_is_something_of_everything(self) -> None:
        given = generate(10_000, 0)
        assert len(given.events) == 10_001
        assert json.loads(given.events[0].body) == SAMPLE
        kinds = Counter(event.kind for event in given.events)
        assert set(kinds) == {"accepted", "conflict", "duplicate", "empty", "rejected"}
        assert kinds["rejected"] > 100
        assert kinds["duplicate"] > 100
        assert given.gone
        assert given.refused
        assert not given.gone & given.refused

    def test_some_events_overtake_others(self) -> None:
        newest: dict[str, datetime] = {}
        late = 0
        for event in generate(2000, 0).events:
            if event.content is not None and event.time is not None:
                name = event.content["interactionId"]
                late += event.time < newest.get(name, event.time)
                newest[name] = max(event.time, newest.get(name, event.time))
        assert late > 10

    @pytest.mark.parametrize("count", [1, 2, 10])
    def test_few_events_are_possible(self, count: int) -> None:
        assert len(generate(count, 3).events) == count + 1

    def test_duplicates_follow_what_they_repeat(self) -> None:
        seen: set[bytes] = set()
        for event in generate(5000, 1).events:
            assert (event.body in seen) == (event.kind == "duplicate")
            seen.add(event.body)


class TestOracle:
    def test_the_sample(self) -> None:
        assert map_content(SAMPLE) == {
            "crmReferenceId": "CRM-45902",
            "originChannel": "VOICE",
            "routingQueue": "PremiumSupport",
            "dispositionCode": "Escalated",
        }

    def test_the_newest_event_wins_whatever_the_order(self) -> None:
        def event(second: int, **attributes: str) -> tuple[dict[str, object], datetime]:
            content = {"interactionId": "i", "attributes": attributes}
            return content, datetime(2024, 5, 15, 10, 0, second, tzinfo=UTC)

        late = [event(2, queueName="B", agentName="X"), event(1, queueName="A", wrapUpCode="C")]
        assert final_state(late)["i"] == {
            "routingQueue": "B",
            "servingAgentName": "X",
            "dispositionCode": "C",
        }
        tied = [event(1, queueName="A"), event(1, queueName="B")]
        assert final_state(tied)["i"] == {"routingQueue": "B"}


def evidence() -> Evidence:
    """The evidence of a run in which all is well: two updates, one of them dead."""
    events = generate(40, 5).events
    one, two = [event for event in events if event.kind == "accepted"][:2]
    bad = next(event for event in generate(400, 5).events if event.kind == "rejected")
    assert one.content is not None
    assert two.content is not None
    ids = (one.content["interactionId"], two.content["interactionId"])
    stats = RelayStats(
        pending=0, delayed=0, in_flight=0, completed=1, dead=1, parked=0, superseded=0,
        accepted=2, empty=0, rejected=1, requests=2, attempts=3, journal_records=8,
        oldest_pending_us=None, updater=UpdaterCounts(requests=2),
    )  # fmt: skip
    return Evidence(
        stored=[
            Stored(one, "accepted", 1, "key-1"),
            Stored(two, "accepted", 2, "key-2"),
            Stored(bad, "rejected", reasons=("(body): json_invalid",)),
        ],
        stats=stats,
        flush_reason="idle",
        dead=[Final(2, ids[1], "HTTP 404")],
        parked=[],
        requests=[Request(ids, ("key-1", "key-2"), 200), Request(ids[1:], ("key-2",), 200)],
        interactions={ids[0]: map_content(one.content)},
        queue_problems=[],
        audit_records=8,
        audit_problem="",
    )


class TestCheck:
    def test_all_is_well(self) -> None:
        assert problems_of(evidence()) == []

    @pytest.mark.parametrize(
        ("change", "part"),
        [
            ({"flush_reason": "auth"}, "ended early: auth"),
            ({"dead": []}, "dead: 1 counted, but 0 listed"),
            ({"dead": [Final(2, "x", "")]}, "have no reason"),
            ({"interactions": {}}, "interactions differ"),
            ({"queue_problems": ["seq 3 is lost"]}, "queue check: seq 3 is lost"),
            ({"audit_problem": "seq 3 was changed"}, "audit trail: seq 3 was changed"),
            ({"audit_records": 7}, "audit records: 8 in the journal, but 7 in the log"),
            ({"requests": evidence().requests[:1]}, "requests: 2 in the journal, but 1 seen"),
            ({"stored": evidence().stored[:2]}, "rejected: 0 by answers, but 1 in the journal"),
        ],
        ids=str,
    )
    def test_a_planted_inconsistency_is_found(self, change: dict[str, object], part: str) -> None:
        found = problems_of(dataclasses.replace(evidence(), **change))  # type: ignore[arg-type]
        assert any(part in problem for problem in found), found

    def test_a_lost_update_is_found(self) -> None:
        given = evidence()
        given.stats = dataclasses.replace(given.stats, completed=0)
        assert problems_of(given) == ["updates: 2 accepted, but 1 with an end"]

    def test_a_foreign_key_is_found(self) -> None:
        given = evidence()
        ids = given.requests[0].interaction_ids
        given.requests[0] = Request(ids, ("key-1", "key-1"), 200)
        assert problems_of(given) == [
            "1 sends carried a key that does not belong to the interaction"
        ]

    def test_an_event_that_became_something_else_is_found(self) -> None:
        given = evidence()
        given.stored[0] = dataclasses.replace(given.stored[0], status="empty")
        assert "1 events made to be accepted were empty" in problems_of(given)
