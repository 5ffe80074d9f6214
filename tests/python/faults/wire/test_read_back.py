"""A look at the target before a lost request is sent again, where twice is not once."""

from __future__ import annotations

import time

import pytest
from fault_events import events, interaction
from fault_scene import OpenScene, Scene

from cxrelay.fault_proxy import Fault, faults
from cxrelay.simulator import behaviours

TIMEOUT_MS = 1000
LATE_MS = 100
APPLIED = "it had been applied"
NOT_APPLIED = "it had not been applied"


def looking(open_scene: OpenScene) -> Scene:
    return open_scene(
        target={
            "idempotent": False,
            "read_back": True,
            "read_back_late_ms": LATE_MS,
            "timeout_ms": TIMEOUT_MS,
        }
    )


def writes(scene: Scene, number: int) -> int:
    return len(scene.sim.history(interaction(number)))


@pytest.mark.parametrize(
    "fault",
    [faults.cut_response(0), faults.cut_response(100), faults.cut_response(0, reset=True)],
    ids=lambda fault: f"{fault.names[0]}{'-reset' * fault.cut.reset}",
)
def test_what_was_applied_is_not_sent_again(fault: Fault, open_scene: OpenScene) -> None:
    scene = looking(open_scene)
    scene.proxy.script(fault)
    scene.relay.ingest_many(events(0, 2))
    begin = time.monotonic()
    assert scene.relay.flush(60).reason == "idle"
    # What was lost might still have arrived until then.
    assert time.monotonic() - begin >= (TIMEOUT_MS + LATE_MS) / 1000
    lost, looked = scene.attempts()
    assert (lost.wire, looked.sent) == ("UNKNOWN", False)
    assert looked.looks == (APPLIED, APPLIED)
    assert {outcome for outcome, _, _ in looked.outcomes.values()} == {"completed"}
    assert [writes(scene, number) for number in (0, 1)] == [1, 1]
    assert scene.relay.stats().completed == 2
    assert scene.violations() == []


@pytest.mark.parametrize(
    "fault",
    [faults.cut_request(0), faults.cut_request(200), faults.cut_request(200, reset=True)],
    ids=lambda fault: f"{fault.names[0]}{'-reset' * fault.cut.reset}",
)
def test_what_was_not_applied_is_sent_once_more(fault: Fault, open_scene: OpenScene) -> None:
    scene = looking(open_scene)
    scene.proxy.script(fault)
    scene.relay.ingest_many(events(0, 2))
    assert scene.relay.flush(60).reason == "idle"
    assert scene.wires() == ["UNKNOWN", "ANSWERED"]
    assert scene.attempts()[1].looks == (NOT_APPLIED, NOT_APPLIED)
    assert [writes(scene, number) for number in (0, 1)] == [1, 1]
    assert scene.relay.stats().completed == 2
    assert scene.violations() == []


def test_what_the_target_does_not_tell_is_parked(open_scene: OpenScene) -> None:
    scene = looking(open_scene)
    scene.proxy.script(faults.cut_response(0))
    scene.sim.script(behaviours.status(404), times=None, on="read", match=interaction(0))
    scene.relay.ingest_many(events(0, 2))
    assert scene.relay.flush(60).reason == "idle"
    (parked,) = scene.relay.queue.list_updates(state="parked")
    assert parked.interaction_id == interaction(0)
    assert parked.last_error == "read back: HTTP 404"
    assert scene.relay.stats().completed == 1
    assert scene.violations() == []
    # An operator's decision is not questioned: it is sent without a look.
    scene.relay.queue.revive(state="parked", operator_name="me")
    assert scene.relay.flush(60).completed == 1
    assert (writes(scene, 0), writes(scene, 1)) == (2, 1)
    assert scene.violations() == []
