"""Who delivers dies or hangs, and another one goes on: at once or after 30 s, and nobody else changes anything."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from service_process import Service, event, read_only, wait_until

from cxrelay import Simulator, _core
from cxrelay.simulator import behaviours

HANGING_S = 30
HEARTBEAT_S = 5
FOLLOWED_S = 3.0  # a second, and what a busy machine adds
STANDING_BY = "standing by"

StartService = Callable[..., Service]


def batches(simulator: Simulator) -> list[tuple[str | None, ...]]:
    """The keys of each request that the server saw."""
    return [entry.idempotency_keys for entry in simulator.requests("batch")]


def journal(path: Path) -> list[tuple[str, Any]]:
    """All records: action and detail."""
    rows = read_only(path, "SELECT action, detail FROM journal ORDER BY seq")
    return [(action, json.loads(detail) if detail else None) for action, detail in rows]


def problems(path: Path) -> list[str]:
    queue = _core.Queue(str(path))
    try:
        return list(queue.check().problems)
    finally:
        queue.close()


def send_after_the_kill(start_service: StartService, simulator: Simulator) -> float:
    """Seconds from the death of a deliverer, with a request under way, until the next one repeats it.

    It dies when the other one has just looked and found it alive: nobody waits longer.
    """
    simulator.script(behaviours.stall())
    first = start_service()
    first.ask("put", event(1))
    simulator.wait_for_requests(1, kind="batch")
    second = start_service()
    second.wait_for_log(STANDING_BY)
    killed = first.kill()
    again = simulator.wait_for_requests(2, kind="batch", timeout_s=60)[1]
    return again.received_at - killed


def test_a_dead_deliverer_is_followed_within_a_second(
    start_service: StartService, cxone_simulator: Simulator
) -> None:
    assert send_after_the_kill(start_service, cxone_simulator) < 1.0


def test_a_dead_deliverer_is_followed_with_the_same_key(
    start_service: StartService, cxone_simulator: Simulator, path: Path
) -> None:
    assert send_after_the_kill(start_service, cxone_simulator) < FOLLOWED_S
    first, again = batches(cxone_simulator)
    assert first == again
    wait_until(lambda: journal(path)[-1][0] == "finished", "the answer's record")
    actions = [action for action, _ in journal(path)]
    assert actions == ["accepted", "started", "finished", "started", "finished"]
    unknown, completed = (detail for action, detail in journal(path) if action == "finished")
    assert (unknown["status"], unknown["error_class"]) == (0, "UNKNOWN")
    assert completed["completed"] == [1]
    assert problems(path) == []


class HangingScene:
    """A deliverer is stopped with a request under way, and another one takes over."""

    def __init__(
        self,
        start_service: StartService,
        simulator: Simulator,
        path: Path,
        let_time_pass: Callable[[Service], None],
        preload: Path | None,
    ) -> None:
        self.path = path
        # The answer comes when the first one has been stopped: it finds it when it wakes up.
        simulator.script(behaviours.slow(1000))
        self.first = start_service()
        self.first.ask("put", event(1), event(2, "i-1"))
        simulator.wait_for_requests(1, kind="batch")
        self.second = start_service(preload=preload)
        self.second.wait_for_log(STANDING_BY)
        self.first.signal(signal.SIGSTOP)
        simulator.wait_for_requests(1, kind="batch", ending="answered")
        let_time_pass(self.second)
        simulator.wait_for_requests(2, kind="batch", ending="answered", timeout_s=60)
        wait_until(lambda: self.actions().count("finished") == 2, "the second one's record")

    def actions(self) -> list[str]:
        return [action for action, _ in journal(self.path)]


@pytest.fixture(params=["the clock is moved", pytest.param("time passes", marks=pytest.mark.slow)])
def hanging(
    request: pytest.FixtureRequest,
    start_service: StartService,
    cxone_simulator: Simulator,
    path: Path,
    long_run: bool,
) -> HangingScene:
    if request.param == "time passes":
        if not long_run:
            pytest.skip("takes 30 s; the same with a moved clock runs always")
        return HangingScene(start_service, cxone_simulator, path, lambda _: None, None)

    def move(service: Service) -> None:
        # It must have seen the last heartbeat before: that is what its patience is counted from.
        time.sleep(1.2)
        service.ask("let_time_pass", HANGING_S + 1)

    clock = request.getfixturevalue("clock")
    return HangingScene(start_service, cxone_simulator, path, move, clock)


def test_one_that_has_lost_its_right_changes_nothing(
    hanging: HangingScene, cxone_simulator: Simulator, path: Path
) -> None:
    before = journal(path)
    hanging.first.signal(signal.SIGCONT)
    # It has the answer of its own request, and can do nothing with it.
    wait_until(lambda: hanging.first.ask("reason") == "fenced", "the end of the first one's term")
    hanging.first.wait_for_log("another process has taken over")
    assert journal(path) == before

    sent = batches(cxone_simulator)
    assert len(sent) == 2, "once more at most"
    assert sent[0] == sent[1], "with the same key"
    ends = [detail for action, detail in before if action == "finished"]
    assert [detail["error_class"] for detail in ends] == ["UNKNOWN", ""]
    assert sorted(ends[1]["completed"]) == [1, 2]
    epochs = [detail["epoch"] for action, detail in before if action == "started"]
    assert epochs == [1, 2]

    # It still puts, and the second one delivers that: when it looks, and its own put makes it look.
    hanging.first.ask("put", event(3, "i-3"))
    hanging.second.ask("put", event(4, "i-4"))
    cxone_simulator.wait_for_requests(3, kind="batch", ending="answered", timeout_s=60)
    assert cxone_simulator.interaction("i-3") == {"routingQueue": "Queue 3"}
    assert problems(path) == []


def test_after_a_take_over_a_death_is_followed_at_once_too(
    hanging: HangingScene, start_service: StartService, cxone_simulator: Simulator
) -> None:
    hanging.first.kill()  # the lock is free now
    third = start_service()
    third.wait_for_log(STANDING_BY)
    for number in (3, 4):
        hanging.second.ask("put", event(number, f"i-{number}"))
        cxone_simulator.wait_for_requests(number, kind="batch", ending="answered")
        time.sleep(HEARTBEAT_S + 0.5)  # time enough to notice that the lock is free
    hanging.second.kill()
    third.ask("put", event(5, "i-5"))
    cxone_simulator.wait_for_requests(5, kind="batch", timeout_s=FOLLOWED_S)
