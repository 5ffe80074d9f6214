"""A connection cut after every byte of a request and of its response: the class is exactly right.

What is right follows from the wire alone (P4):

- cut inside the request: bytes have left this machine and no answer came, so UNKNOWN, whether the
  server saw nothing (after byte 0), a part, or all of it and has worked;
- cut inside the response: UNKNOWN up to its last byte but one, ANSWERED with the last one.

What the server did proves where the cut was, and that nothing was sent twice behind our back.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from fault_events import events, interaction
from fault_scene import OpenScene, Scene

from cxrelay.fault_proxy import Fault, faults
from cxrelay.simulator import behaviours

BATCH = 2
ROUNDS_PER_FILE = 50
SCENES_AT_ONCE = 4
REUSED = pytest.mark.parametrize("reused", [False, True], ids=["fresh", "kept-alive"])
ENDS = pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])


def deliver(scene: Scene, first: int, reused: bool) -> None:
    """One batch, or two on one connection, from ingest to the server.

    The answer to the last one announces the end of its connection, so that the next delivery has
    another one. (A connection that is closed without a word may still be tried.)
    """
    count = BATCH * (2 if reused else 1)
    scene.sim.clear_script()
    last = interaction(first + count - 1)
    scene.sim.script(behaviours.hang_up(announced=True), times=None, match=last)
    scene.relay.ingest_many(events(first, count))
    assert scene.relay.flush(30).reason == "idle"


def lengths(open_scene: OpenScene) -> tuple[int, int]:
    """The bytes of a request and of its response, from a delivery that nothing happens to."""
    scene = open_scene()
    deliver(scene, 0, reused=False)
    (entry,) = scene.proxy.wait_for_connections(ending="closed")
    assert entry.exchanges == 1
    return entry.request_bytes, entry.response_bytes


@dataclass(frozen=True)
class Round:
    """One delivery with a cut: the wire of each attempt, and how often the server applied it."""

    wires: list[str]
    applied: int


def rounds(open_scene: OpenScene, cuts: list[Fault], reused: bool) -> list[Round]:
    """Delivers once for each cut."""
    portions = [cuts[at : at + ROUNDS_PER_FILE] for at in range(0, len(cuts), ROUNDS_PER_FILE)]
    # A round is mostly threads that wait for each other, so several scenes at once take less time.
    with ThreadPoolExecutor(SCENES_AT_ONCE) as pool:
        done = pool.map(lambda portion: rounds_of_a_file(open_scene(), portion, reused), portions)
        return [each for portion in done for each in portion]


def rounds_of_a_file(scene: Scene, cuts: list[Fault], reused: bool) -> list[Round]:
    done = []
    made = 0
    for number, cut in enumerate(cuts):
        first = number * 2 * BATCH
        scene.proxy.script(cut)
        deliver(scene, first, reused)
        assert scene.proxy.pending_steps() == 0, "the cut found no connection"
        wires = scene.wires()
        last = first + (BATCH if reused else 0)
        (applied,) = {len(scene.sim.history(interaction(last + i))) for i in range(BATCH)}
        done.append(Round(wires[made:], applied))
        made = len(wires)
    assert scene.violations() == []
    stats = scene.relay.stats()
    assert (stats.pending, stats.dead, stats.parked) == (0, 0, 0)
    assert stats.completed == stats.accepted == len(scene.sim.interactions())
    return done


@REUSED
@ENDS
def test_cut_after_every_byte_of_a_request(
    open_scene: OpenScene, reused: bool, reset: bool
) -> None:
    size, _ = lengths(open_scene)
    exchange = 2 if reused else 1
    # A reset takes the same ways through the engine, so that fewer places do.
    places = sorted({*range(0, size + 1, 7 if reset else 1), 1, size - 1, size})
    cuts = [faults.cut_request(k, exchange=exchange, reset=reset) for k in places]
    before = ["ANSWERED"] if reused else []
    done = rounds(open_scene, cuts, reused)
    for k, seen in zip(places, done, strict=True):
        assert seen == Round([*before, "UNKNOWN", "ANSWERED"], 2 if k == size else 1), k


@REUSED
def test_cut_after_every_byte_of_a_response(open_scene: OpenScene, reused: bool) -> None:
    _, size = lengths(open_scene)
    exchange = 2 if reused else 1
    cuts = [faults.cut_response(k, exchange=exchange) for k in range(size + 1)]
    before = ["ANSWERED"] if reused else []
    *lost, whole = rounds(open_scene, cuts, reused)
    assert len(lost) == size
    for k, seen in enumerate(lost):
        assert seen == Round([*before, "UNKNOWN", "ANSWERED"], 2), k
    assert whole == Round([*before, "ANSWERED"], 1)


@REUSED
def test_reset_after_every_byte_of_a_response(open_scene: OpenScene, reused: bool) -> None:
    _, size = lengths(open_scene)
    exchange = 2 if reused else 1
    # Not after the last one: whether the client has read it when the reset comes is a race.
    cuts = [faults.cut_response(k, exchange=exchange, reset=True) for k in range(size)]
    before = ["ANSWERED"] if reused else []
    for k, seen in enumerate(rounds(open_scene, cuts, reused)):
        assert seen == Round([*before, "UNKNOWN", "ANSWERED"], 2), k
