"""Every record is a valid event of OCSF's class API Activity."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from every_action import PHONE, Filled
from ocsf_schema import problems

from cxrelay.extracts import OCSF_VERSION, OcsfFormat, RequestPlace, Selection, TrailLine, extract
from cxrelay.stories import LogJournal

ENGINE = {
    *("accepted", "skipped", "rejected", "upgraded", "started", "finished"),
    *("superseded", "revived", "erased", "exported"),
}


def events(filled: Filled, payloads: bool = False) -> list[dict[str, Any]]:
    pieces = extract(LogJournal(filled.log), OcsfFormat(payloads), Selection())
    lines = list(pieces)
    assert all(line.isascii() and line.count("\n") == 1 for line in lines)
    return [json.loads(line) for line in lines]


def test_every_action_is_valid(filled: Filled) -> None:
    found = events(filled)
    assert {event["unmapped"]["action"] for event in found} == ENGINE
    assert [(event["metadata"]["sequence"], problems(event)) for event in found] == [
        (seq, []) for seq in range(1, len(found) + 1)
    ]
    assert {event["metadata"]["version"] for event in found} == {OCSF_VERSION}
    assert PHONE not in json.dumps(found)


@pytest.mark.parametrize("action", [*sorted(ENGINE), "dead", "parked", "retained", "something new"])
@pytest.mark.parametrize("word", ["success", "partial", "failed", "released", "other"])
def test_any_action_with_any_status(action: str, word: str) -> None:
    value = {
        "seq": 7, "timeUs": 1_715_769_000_123_456, "action": action, "processingStatus": word,
        "hash": "0" * 64, "previousHash": "1" * 64, "errorMessage": "HTTP 503: busy",
        "interactionId": "i", "idempotencyKey": "i_1", "requestId": "r", "eventTimeUs": -1,
        "detail": {"status": 503, "by": "alice", "dead": [{"seq": 1, "error_class": "X"}]},
    }  # fmt: skip
    event = OcsfFormat().event(TrailLine.read("", value), RequestPlace("t", 2))
    assert problems(event) == []
    assert event["time"] == 1_715_769_000_123


def test_what_actions_are(filled: Filled) -> None:
    first = {event["unmapped"]["action"]: event for event in reversed(events(filled))}
    kinds = {
        action: (event["activity_name"], event["status_id"], event["severity_id"])
        for action, event in first.items()
    }
    assert kinds == {
        "accepted": ("Create", 1, 1),
        "skipped": ("Create", 1, 1),
        "upgraded": ("Create", 1, 1),
        "rejected": ("Create", 2, 2),
        "started": ("Update", 99, 1),
        "finished": ("Update", 2, 2),
        "superseded": ("Update", 1, 1),
        "revived": ("Update", 1, 1),
        "erased": ("Delete", 1, 1),
        "exported": ("Read", 1, 1),
    }
    assert first["erased"]["actor"]["user"] == {"name": "bob"}
    finished = first["finished"]
    assert finished["http_response"] == {"code": 503}
    assert finished["dst_endpoint"]["svc_name"] == "interactions-batch"
    assert finished["metadata"]["correlation_uid"] == finished["api"]["request"]["uid"]
    assert finished["status_detail"].startswith('said "no"')
    assert finished["unmapped"]["attempt"] == 3


def test_payloads_only_when_asked_for(filled: Filled) -> None:
    found = events(filled, payloads=True)
    assert [problem for event in found for problem in problems(event)] == []
    kept = next(e for e in found if e["unmapped"].get("interactionId") == "a")["unmapped"]
    assert json.loads(kept["originalPayload"])["phone"] == PHONE
    assert json.loads(kept["transformedPayload"]) == {"attributes": {"x": PHONE}}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("time",), 1_715_769_000),
        (("time",), "2024"),
        (("activity_id",), 5),
        (("type_uid",), 600303),
        (("severity",), "High"),
        (("metadata", "product"), {}),
        (("metadata", "version"), None),
        (("actor",), {}),
        (("api", "operation"), ""),
        (("src_endpoint",), {}),
        (("resources",), {}),
        (("status_code",), 503),
        (("unmapped",), []),
        (("surprise",), 1),
    ],
    ids=repr,
)
def test_the_validator_has_teeth(filled: Filled, place: tuple[str, ...], value: object) -> None:
    good = next(e for e in events(filled) if e["unmapped"]["action"] == "accepted")
    bad = copy.deepcopy(good)
    inner = bad
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    assert problems(good) == []
    assert problems(bad)


@pytest.mark.parametrize(
    "name",
    ["activity_id", "actor", "api", "category_uid", "class_uid", "metadata", "severity_id",
     "src_endpoint", "time", "type_uid"],
)  # fmt: skip
def test_the_validator_demands(filled: Filled, name: str) -> None:
    event = events(filled)[0]
    del event[name]
    assert problems(event) == [f"event.{name} is missing"]
