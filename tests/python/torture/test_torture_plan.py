"""What follows from the seed: plans and events; and what the processes write down."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from cxrelay.torture.plan import round_of
from cxrelay.torture.receipts import last_batch, read_receipts, write_receipts
from cxrelay.torture.traffic import Batch, address_of, events_of

SEED = 11


class TestPlan:
    def test_the_same_seed_plans_the_same(self) -> None:
        plans = [[round_of(seed, number, 4) for number in range(50)] for seed in (SEED, SEED, 12)]
        assert plans[0] == plans[1]
        assert plans[0] != plans[2]

    def test_a_round_does_not_depend_on_those_before(self) -> None:
        assert round_of(SEED, 30, 4) == [round_of(SEED, number, 4) for number in range(31)][30]

    def test_there_is_something_of_everything(self) -> None:
        rounds = [round_of(SEED, number, 4) for number in range(300)]
        kinds = Counter(action.kind for each in rounds for action in each.actions)
        assert set(kinds) == {"kill", "stop", "continue", "sever", "reset"}
        assert kinds["stop"] == kinds["continue"]
        assert kinds["kill"] > 300
        victims = Counter(
            action.victim for each in rounds for action in each.actions if action.kind == "kill"
        )
        assert set(victims) == {-1, 0, 1, 2, 3}
        names = {name for each in rounds for fault in each.line for name in fault.fault.names}
        assert {name.partition("(")[0] for name in names} == {
            "latency",
            "slicer",
            "cut_request",
            "cut_response",
            "black_hole",
        }
        behaviours = {fault.behaviour.name for each in rounds for fault in each.target}
        assert {"status(429)", "status(503)", "item_status(503)", "drop", "stall"} <= behaviours
        assert any(not each.waits for each in rounds)
        assert any(not each.line and not each.target for each in rounds)

    def test_actions_are_in_order_and_a_stop_comes_before_its_end(self) -> None:
        for number in range(200):
            actions = round_of(SEED, number, 4).actions
            assert [each.at_s for each in actions] == sorted(each.at_s for each in actions)
            signals = [each.kind for each in actions if each.kind in ("stop", "continue")]
            assert signals in ([], ["stop", "continue"])


class TestTraffic:
    def test_an_event_is_made_again_from_its_address(self) -> None:
        batch = Batch(worker=2, life=7, number=3)
        assert events_of(SEED, batch) == events_of(SEED, batch)
        assert events_of(SEED, batch) != events_of(SEED + 1, batch)
        for event in events_of(SEED, batch):
            assert event.content is not None
            assert address_of(event.content) == (batch, event.index)
            assert json.loads(event.body) == event.content

    def test_events_are_unlike_each_other_and_meet(self) -> None:
        events = [
            event
            for worker in range(4)
            for number in range(200)
            for event in events_of(SEED, Batch(worker, 0, number))
        ]
        assert len({event.body for event in events}) == len(events)
        good = [event for event in events if event.content is not None]
        assert 0 < len(events) - len(good) < len(events) / 20
        times = Counter((event.content["interactionId"], event.time) for event in good)  # type: ignore[index]
        assert max(times.values()) > 1, "equal times with different contents"

    @pytest.mark.parametrize("contact", ["", "c-1", "c-1-2-3-x", "c-1-2-3-4-5", None])
    def test_a_foreign_event_has_no_address(self, contact: str | None) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - whatever number is wrong
            address_of({"contactId": contact})


class TestReceipts:
    def test_a_line_that_a_kill_has_cut_does_not_count(self, tmp_path: Path) -> None:
        path = tmp_path / "1-7"
        events = [event for number in range(3) for event in events_of(SEED, Batch(1, 7, number))]
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        write_receipts(file, [(event, "accepted", 10, "key") for event in events])
        os.close(file)
        whole = list(read_receipts(tmp_path))
        assert [(each.batch, each.index) for each in whole] == [
            (event.batch, event.index) for event in events
        ]
        assert last_batch(path) == 2
        with path.open("ab") as more:
            more.write(b"7 3 0 accep")
        assert list(read_receipts(tmp_path)) == whole

    def test_a_life_that_wrote_nothing_has_no_last_batch(self, tmp_path: Path) -> None:
        assert last_batch(tmp_path / "1-7") is None
        (tmp_path / "1-9").write_text("7 3 0 duplicate 5 key\n")
        assert last_batch(tmp_path / "1-9") is None, "it has only repeated what life 7 had put"
