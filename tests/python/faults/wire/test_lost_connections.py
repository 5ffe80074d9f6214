"""What else a network does to a request, and what the evidence would show if the engine did wrong."""

from __future__ import annotations

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fault_events import events, interaction
from fault_scene import OpenScene, Scene

from cxrelay.fault_proxy import Fault, faults

FIXTURES = Path(__file__).parents[3] / "fixtures"
TIMEOUT_MS = 400


def everything_arrived(scene: Scene, count: int) -> bool:
    stats = scene.relay.stats()
    arrived = len(scene.sim.interactions())
    return (stats.completed, stats.pending, stats.dead, arrived) == (count, 0, 0, count)


@pytest.mark.parametrize(
    ("fault", "wire"),
    [
        (faults.slicer(1), "ANSWERED"),
        (faults.latency(request_ms=20, response_ms=20), "ANSWERED"),
        (faults.bandwidth(20_000), "ANSWERED"),
        (faults.black_hole(), "UNKNOWN"),
        (faults.latency(request_ms=2000), "UNKNOWN"),
        (faults.latency(response_ms=2000), "UNKNOWN"),
        # It dribbles: something comes all the time, and the deadline is for the whole request.
        (faults.slicer(2, delay_ms=10), "UNKNOWN"),
        (faults.bandwidth(1000), "UNKNOWN"),
    ],
    ids=lambda value: "+".join(value.names) if isinstance(value, Fault) else value,
)
def test_a_slow_or_silent_network(fault: Fault, wire: str, open_scene: OpenScene) -> None:
    scene = open_scene(target={"timeout_ms": TIMEOUT_MS if wire == "UNKNOWN" else 30_000})
    scene.proxy.script(fault)
    scene.relay.ingest_many(events(0, 2))
    begin = time.monotonic()
    assert scene.relay.flush(60).reason == "idle"
    first, *rest = scene.wires()
    assert first == wire
    # On a busy machine the deadline may hit another attempt too.
    assert rest[-1:] == ([] if wire == "ANSWERED" else ["ANSWERED"])
    if wire == "UNKNOWN":
        assert time.monotonic() - begin >= TIMEOUT_MS / 1000
    assert everything_arrived(scene, 2)
    # What is late, and not lost, may arrive after the deadline: with the same keys.
    scene.proxy.sever()
    whole = [entry for entry in scene.sim.requests("batch") if entry.ending != "incomplete"]
    assert len({entry.idempotency_keys for entry in whole}) == 1
    assert sum(entry.exchanges for entry in scene.proxy.ledger()) == len([first, *rest])


@pytest.mark.parametrize(
    "fault",
    [
        faults.cut_request(0),
        faults.cut_request(200),
        faults.cut_request(200, reset=True),
        faults.cut_response(0),
        faults.cut_response(100),
        faults.cut_response(100, reset=True),
    ],
    ids=lambda fault: f"{fault.names[0]}{'-reset' * fault.cut.reset}",
)
def test_where_twice_is_not_once_it_is_parked(fault: Fault, open_scene: OpenScene) -> None:
    scene = open_scene(target={"idempotent": False})
    scene.proxy.script(fault)
    scene.relay.ingest_many(events(0, 4))
    assert scene.relay.flush(30).reason == "idle"
    assert scene.wires() == ["UNKNOWN", "ANSWERED"]
    assert scene.violations() == []
    parked = scene.relay.queue.list_updates(state="parked")
    assert sorted(update.interaction_id for update in parked) == [interaction(0), interaction(1)]
    # Sent once, and once only; an operator decides.
    assert scene.relay.stats().completed == 2
    assert scene.relay.queue.revive(state="parked", operator_name="me") == 2
    assert scene.relay.flush(30).completed == 2
    assert scene.violations() == []
    assert everything_arrived(scene, 4)


def test_cut_after_every_byte_of_a_tls_hello_is_not_sent(open_scene: OpenScene) -> None:
    """No byte of the request can leave before the handshake is done."""
    # A CA of our own: to read the system's for each connection would take most of the time.
    scene = open_scene(scheme="https", target={"ca_file": str(FIXTURES / "idle_ca.pem")})
    # The simulator speaks no TLS and would wait for the rest of a strange request: no hello passes.
    scene.proxy.script(faults.cut_request(0), times=None)
    scene.relay.ingest_many(events(0, 2))
    scene.relay.start()
    size = scene.proxy.wait_for_connections(ending="cut")[0].request_bytes
    assert size > 100, "a ClientHello"
    scene.proxy.script([faults.cut_request(k) for k in range(size)])
    while scene.proxy.pending_steps():
        scene.proxy.wait_for_connections(len(scene.proxy.ledger()) + 1)
    scene.relay.stop()
    wires = scene.wires()
    assert len(wires) > size
    assert len(wires) == len(scene.proxy.ledger())
    assert set(wires) == {"NOT_SENT"}
    stats = scene.relay.stats()
    assert (stats.requests, stats.attempts, stats.pending) == (0, 0, 2)
    assert stats.updater.not_sent == len(wires)
    assert scene.sim.requests("batch") == []


def test_refused_is_not_sent(open_scene: OpenScene) -> None:
    scene = open_scene(retry={"base_ms": 20, "max_delay_ms": 50})
    scene.proxy.stop()
    scene.relay.ingest_many(events(0, 2))
    assert scene.relay.flush(0.3).reason == "timeout"
    scene.relay.stop()
    assert set(scene.wires()) == {"NOT_SENT"}
    stats = scene.relay.stats()
    assert (stats.requests, stats.attempts, stats.pending) == (0, 0, 2)


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_dies_idle_loses_and_doubles_nothing(
    reset: bool, open_scene: OpenScene
) -> None:
    scene = open_scene()
    for number in range(0, 40, 2):
        scene.relay.ingest_many(events(number, 2))
        assert scene.relay.flush(30).reason == "idle"
        scene.proxy.sever(reset=reset)
    # Whether the next request still tries the dead connection is a race; that no attempt is
    # answered but the one that the server has seen is none.
    assert scene.wires().count("ANSWERED") == len(scene.sim.requests("batch")) == 20
    assert {len(scene.sim.history(interaction(number))) for number in range(40)} == {1}
    assert everything_arrived(scene, 40)


def test_connections_die_somewhere_all_the_time(open_scene: OpenScene) -> None:
    """Faults of all kinds at once, eight requests at a time."""
    scene = open_scene(target={"max_in_flight": 8}, retry={"max_attempts": 100})
    for fault in [
        faults.cut_request(300),
        faults.cut_request(400, reset=True, exchange=2),
        faults.cut_response(30),
        faults.cut_response(0, exchange=3, reset=True),
        faults.slicer(50),
    ]:
        scene.proxy.script(fault, times=None, p=0.2)
    scene.proxy.script(faults.cut_response(60, exchange=4), times=None)
    scene.relay.ingest_many(events(0, 600))
    assert scene.relay.flush(120).reason == "idle"
    assert everything_arrived(scene, 600)
    assert scene.proxy.counts().cut > 50
    assert scene.wires().count("ANSWERED") == 300
    assert scene.wires().count("UNKNOWN") == scene.proxy.counts().cut
    sent = sum(attempt.sent for attempt in scene.attempts())
    assert sum(entry.exchanges for entry in scene.proxy.ledger()) == sent


# --- the evidence itself: what it says if somebody sends behind the journal's back ---


def replay(scene: Scene, body: bytes) -> None:
    """Send a PATCH to the proxy that no attempt stands for, as a client that resends would."""
    connection = http.client.HTTPConnection(urlsplit(scene.proxy.base_url).netloc, timeout=10)
    token = {"Authorization": f"Bearer {scene.relay._native.token()}"}
    connection.request("PATCH", "/api/v2/interactions/batch", body, token)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_silent_resend_would_be_noticed(open_scene: OpenScene) -> None:
    scene = open_scene()
    scene.relay.ingest_many(events(0, 2))
    scene.relay.flush(30)
    assert scene.violations() == []
    item = (
        '{"method":"PATCH","path":"/api/v2/interactions/%s","body":{"attributes":{"a":1}},'
        '"idempotencyKey":"%s_2024-05-15T10:00:00+00:00"}'
    )
    body = '{"requests":[%s]}' % (item % (interaction(0), interaction(0)))
    replay(scene, body.encode())
    assert scene.violations() == [
        "2 requests on the wire, 1 attempts and 0 looks",
        "2 requests at the server, 0 lost whole, 1 sent",
    ]


def test_another_key_would_be_noticed(open_scene: OpenScene) -> None:
    scene = open_scene()
    scene.relay.ingest_many(events(0, 2))
    scene.relay.flush(30)
    item = '{"method":"PATCH","path":"/api/v2/interactions/%s","body":{"attributes":{"a":1}}}'
    replay(scene, ('{"requests":[%s]}' % (item % interaction(0))).encode())
    assert f"{interaction(0)} came with 2 keys" in scene.violations()
    assert f"{interaction(0)} came without a key" in scene.violations()
