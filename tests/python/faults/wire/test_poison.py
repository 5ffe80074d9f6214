"""One poison item at each place of a batch: it is found, it dies alone, and the search is short."""

from __future__ import annotations

from math import ceil, log2

import pytest
from fault_events import events, interaction
from fault_scene import OpenScene

from cxrelay.simulator import behaviours

BATCH = 25
MOST_EXTRA_SENDS = 2 * ceil(log2(BATCH)) + 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_poison_item_at_each_place(status: int, open_scene: OpenScene) -> None:
    scene = open_scene(target={"max_updates": BATCH})
    for place in range(BATCH):
        if status == 413:  # remembered: later batches are smaller from the start
            scene = open_scene(target={"max_updates": BATCH})
        first = place * BATCH
        poison = interaction(first + place)
        scene.sim.clear_script()
        scene.sim.script(
            behaviours.status(status, message="bad attribute"), times=None, match=poison
        )
        before = len(scene.sim.requests("batch"))
        receipts = scene.relay.ingest_many(events(first, BATCH))
        result = scene.relay.flush(30)
        assert (result.reason, result.completed, result.dead) == ("idle", BATCH - 1, 1), place
        dead = scene.relay.queue.find(receipts[place].idempotency_key)
        assert dead is not None
        assert (dead.state, dead.interaction_id) == ("dead", poison)
        assert dead.last_error == f"HTTP {status}: bad attribute"
        sends = scene.sim.requests("batch")[before:]
        assert len(sends) - 1 <= MOST_EXTRA_SENDS, place
        # A good one is sent only until it is accepted: it is applied once.
        for number in range(first, first + BATCH):
            applied = len(scene.sim.history(interaction(number)))
            assert applied == (0 if number == first + place else 1)
    assert scene.violations() == []


def test_several_poison_items_do_not_keep_others_from_their_turn(open_scene: OpenScene) -> None:
    scene = open_scene(target={"max_updates": BATCH})
    poison = {interaction(number) for number in (0, 1, 24, 30, 62, 99)}
    scene.sim.script(behaviours.status(422), times=None, match=poison)
    scene.relay.ingest_many(events(0, 100))
    result = scene.relay.flush(60)
    assert (result.completed, result.dead) == (94, 6)
    dead = scene.relay.queue.list_updates(state="dead")
    assert {update.interaction_id for update in dead} == poison
    assert len(scene.sim.requests("batch")) - 4 <= MOST_EXTRA_SENDS * len(poison)
    assert scene.violations() == []
