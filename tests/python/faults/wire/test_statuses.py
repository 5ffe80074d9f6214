"""Every status from 100 to 599, as envelope and as item, from the wire to the queue file.

The table is DESIGN section 9, written here a second time by hand. What an update's first attempt is
classed as, and what becomes of the update, are read from the journal.
"""

from __future__ import annotations

import pytest
from fault_events import events, interaction
from fault_scene import OpenScene, Scene

from cxrelay.simulator import behaviours

SUCCESS = (200, 201, 202, 204)
STATUSES_PER_FILE = 20
CENTURIES = pytest.mark.parametrize("century", [100, 200, 300, 400, 500])
IDEMPOTENT = pytest.mark.parametrize("idempotent", [True, False], ids=["idempotent", "once"])

OUTCOME = {
    "": "completed",
    "THROTTLED": "retry",
    "TRANSIENT": "retry",
    "SPLIT": "split",
    "PERMANENT": "dead",
}


def shared_class(status: int, updates: int, idempotent: bool) -> str:
    """The rows that are the same for an envelope without Retry-After and an item."""
    trouble = "TRANSIENT" if idempotent else "UNKNOWN"
    if status < 300:
        return "UNKNOWN"  # 1xx is no final answer; a 2xx that was not agreed may be anything
    if status == 429:
        return "THROTTLED"
    if status in (408, 425):
        return trouble
    if status in (400, 413, 422) and updates > 1:
        return "SPLIT"
    if status < 500 or status in (501, 505):
        return "PERMANENT"
    return trouble


def item_class(status: int, idempotent: bool) -> str:
    if status in SUCCESS:
        return ""
    if status == 401:
        return "TRANSIENT"  # the token ran out after the envelope had passed
    return shared_class(status, 1, idempotent)


def envelope_class(status: int, updates: int, idempotent: bool) -> str:
    """Of an answer whose body has no results."""
    assert status not in (401, 403)
    return shared_class(status, updates, idempotent)


def outcome(error_class: str, idempotent: bool) -> str:
    if error_class == "UNKNOWN":
        return "retry" if idempotent else "parked"
    return OUTCOME[error_class]


def files(statuses: list[int]) -> list[list[int]]:
    """In portions, each for a queue file of its own: no memory of failures spoils the next.

    A 413 or 429 makes the batches behind it smaller, so it ends its portion.
    """
    portions: list[list[int]] = [[]]
    for status in statuses:
        if len(portions[-1]) == STATUSES_PER_FILE or portions[-1][-1:] in ([413], [429]):
            portions.append([])
        portions[-1].append(status)
    return portions


def number_of(status: int, place: int = 0) -> int:
    return status * 10 + place


def accepted(scene: Scene, statuses: list[int], updates: int) -> dict[int, list[int]]:
    """Ingests so many events for each status; status to the sequence numbers of its updates."""
    bodies = [event for status in statuses for event in events(number_of(status), updates)]
    receipts = iter(scene.relay.ingest_many(bodies))
    return {status: [next(receipts).seq for _ in range(updates)] for status in statuses}


def final_states(scene: Scene) -> dict[int, tuple[str, int]]:
    """State and attempts of every update that is not completed."""
    updates = scene.relay.queue.list_updates(limit=1000)
    return {update.seq: (update.state, update.attempts) for update in updates}


def expected_final(first_outcome: str) -> tuple[str, int] | None:
    """After two attempts at most."""
    return {"completed": None, "dead": ("dead", 1), "parked": ("parked", 1)}.get(
        first_outcome, ("dead", 2)
    )


@CENTURIES
@IDEMPOTENT
def test_every_status_of_an_item(century: int, idempotent: bool, open_scene: OpenScene) -> None:
    for statuses in files(list(range(century, century + 100))):
        scene = open_scene(
            target={"idempotent": idempotent, "max_updates": 25}, retry={"max_attempts": 2}
        )
        for status in statuses:
            behaviour = behaviours.item_status(status, match=interaction(number_of(status)))
            scene.sim.script(behaviour, times=None)
        seqs = accepted(scene, statuses, 1)
        assert scene.relay.flush(60).reason == "idle"
        first = scene.attempts()[0]
        assert (first.status, first.error_class, len(first.updates)) == (200, "", len(statuses))
        finals = final_states(scene)
        for status in statuses:
            (seq,) = seqs[status]
            error_class = item_class(status, idempotent)
            then = outcome(error_class, idempotent)
            expected = (then, error_class, status if error_class else 0)
            assert first.outcomes[seq] == expected, status
            assert finals.get(seq) == expected_final(then), status
        assert scene.violations() == []


@CENTURIES
@IDEMPOTENT
@pytest.mark.parametrize("updates", [1, 2])
def test_every_status_of_an_envelope(
    century: int, idempotent: bool, updates: int, open_scene: OpenScene
) -> None:
    stops = (401, 403)  # they have a test of their own
    for statuses in files([s for s in range(century, century + 100) if s not in stops]):
        scene = open_scene(
            target={"idempotent": idempotent, "max_updates": updates}, retry={"max_attempts": 2}
        )
        for status in statuses:
            concerned = [interaction(number_of(status, place)) for place in range(updates)]
            scene.sim.script(behaviours.status(status), times=None, match=concerned)
        seqs = accepted(scene, statuses, updates)
        assert scene.relay.flush(60).reason == "idle"
        first: dict[int, object] = {}
        for attempt in scene.attempts():
            first.setdefault(attempt.updates[0], attempt)
        finals = final_states(scene)
        for status in statuses:
            attempt = first[seqs[status][0]]
            assert attempt.updates == tuple(seqs[status])
            error_class = envelope_class(status, updates, idempotent)
            then = outcome(error_class, idempotent)
            # 1xx: the connection ended without a final answer. 2xx: the items are not told of.
            assert attempt.status == (0 if status < 200 else status)
            assert attempt.error_class == ("" if 200 <= status < 300 else error_class), status
            item_status = 0 if status < 300 else status
            assert set(attempt.outcomes.values()) == {(then, error_class, item_status)}, status
            for seq in seqs[status]:
                # The halves of a split batch were refused too; a split itself costs no attempt.
                expected = ("dead", 1) if then == "split" else expected_final(then)
                assert finals.get(seq) == expected, status
        assert scene.violations() == []


def test_every_2xx_of_an_envelope_leaves_it_to_the_items(open_scene: OpenScene) -> None:
    results = b'{"results":[{"status":200},{"status":404,"message":"no such interaction"}]}'
    # 204 has no body, so it tells nothing: see the test above.
    for statuses in files([status for status in range(200, 300) if status != 204]):
        scene = open_scene()
        for status in statuses:
            behaviour = behaviours.status(status, body=results, applied=True)
            scene.sim.script(behaviour, match=interaction(number_of(status)))
        seqs = accepted(scene, statuses, 2)
        result = scene.relay.flush(30)
        assert (result.completed, result.dead) == (len(statuses), len(statuses))
        for status, attempt in zip(statuses, scene.attempts(), strict=True):
            good, bad = seqs[status]
            assert (attempt.status, attempt.error_class) == (status, "")
            assert attempt.outcomes == {
                good: ("completed", "", 0),
                bad: ("dead", "PERMANENT", 404),
            }
        assert scene.violations() == []


@pytest.mark.parametrize(("status", "requests"), [(401, 2), (403, 1)])
@pytest.mark.parametrize("updates", [1, 2])
def test_a_refused_client_stops_the_target_and_loses_nothing(
    status: int, requests: int, updates: int, open_scene: OpenScene
) -> None:
    scene = open_scene(retry={"max_attempts": 2})
    scene.sim.script(behaviours.status(status), times=None)
    scene.relay.ingest_many(events(0, updates))
    # The second time the token is a fresh one from the start.
    for expected in (requests, 1, 1, 1):
        before = len(scene.attempts())
        assert scene.relay.flush(30).reason == "auth"
        made = scene.attempts()[before:]
        assert len(made) == expected
        assert {(attempt.status, attempt.error_class) for attempt in made} == {(status, "AUTH")}
        outcomes = {each for attempt in made for each in attempt.outcomes.values()}
        assert outcomes == {("retry", "AUTH", status)}
    # More attempts than the limit: a refused client says nothing about an update.
    assert scene.relay.stats().pending == updates
    scene.sim.clear_script()
    assert scene.relay.flush(30).completed == updates
    assert scene.violations() == []


def test_no_redirect_is_followed(open_scene: OpenScene) -> None:
    for statuses in files(list(range(300, 400))):
        scene = open_scene(target={"max_updates": 1})
        location = {"Location": scene.sim.base_url + "/elsewhere"}
        for status in statuses:
            behaviour = behaviours.status(status, headers=location)
            scene.sim.script(behaviour, times=None, match=interaction(number_of(status)))
        accepted(scene, statuses, 1)
        assert scene.relay.flush(30).dead == len(statuses)
        assert scene.sim.requests("other") == []
        assert len(scene.sim.requests("batch")) == len(statuses)
