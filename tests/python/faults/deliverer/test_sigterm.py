"""A service that is asked to end: no new claims, what is in flight is settled or released, exit code 0."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from service_process import Service, event, read_only

from cxrelay import Simulator, _core
from cxrelay.simulator import behaviours

UPDATES = 60
IN_FLIGHT = 4
UPDATES_A_REQUEST = 5

StartService = Callable[..., Service]


@pytest.fixture
def service_under_load(
    start_service: StartService, cxone_simulator: Simulator
) -> Callable[..., Service]:
    """Starts a service with more to do than it may have in flight."""

    def start(trouble: behaviours.Behaviour, stop_s: float = 30.0) -> Service:
        service = start_service(
            stop_s=stop_s, max_in_flight=IN_FLIGHT, max_updates=UPDATES_A_REQUEST
        )
        # Until the first answer libcurl does not know whether connections can be shared, and waits.
        service.ask("put", event(UPDATES))
        cxone_simulator.wait_for_requests(1, kind="batch", ending="answered")
        cxone_simulator.reset()
        cxone_simulator.script(trouble, times=None)
        service.ask("put", *(event(number) for number in range(UPDATES)))
        return service

    return start


def details(path: Path, action: str) -> list[dict[str, object]]:
    rows = read_only(path, f"SELECT detail FROM journal WHERE action = '{action}' ORDER BY seq")
    return [json.loads(detail) for (detail,) in rows]


def deliver_the_rest(path: Path) -> tuple[int, int]:
    """Completes what waits; returns how many were completed before, and how many now."""
    queue = _core.Queue(str(path))
    try:
        stats = queue.stats()
        assert (stats.in_flight, queue.check().problems) == (0, [])
        while claims := queue.claim_many(10, target="test"):
            for claim in claims:
                queue.settle(claim, [("completed", 200, "", 0)] * len(claim.updates))
        after = queue.stats()
        assert (after.pending, after.in_flight, queue.check().problems) == (0, 0, [])
        return stats.completed, after.completed - stats.completed
    finally:
        queue.close()


@pytest.mark.parametrize("times", [1, 3], ids=["once", "three times"])
def test_what_is_in_flight_is_settled(
    service_under_load: Callable[..., Service],
    cxone_simulator: Simulator,
    path: Path,
    times: int,
) -> None:
    service = service_under_load(behaviours.slow(700))
    seen = len(cxone_simulator.wait_for_requests(IN_FLIGHT, kind="batch"))
    for _ in range(times):
        asked = service.signal(signal.SIGTERM)
    assert service.wait() == 0
    assert time.monotonic() - asked < 30

    requests = cxone_simulator.requests("batch")
    assert len(requests) == seen == IN_FLIGHT, "nothing is sent that was not under way"
    assert {entry.ending for entry in requests} == {"answered"}
    finished = details(path, "finished")[1:]  # without the one before
    assert len(finished) == len(details(path, "started")[1:])
    assert sum(bool(detail["sent"]) for detail in finished) == IN_FLIGHT
    # What was claimed and not sent is given back as if nothing had been.
    assert all(detail["sent"] or "released" in detail for detail in finished)
    done, rest = deliver_the_rest(path)
    assert (done - 1, rest) == (IN_FLIGHT * UPDATES_A_REQUEST, UPDATES - (done - 1))


def test_what_is_not_answered_in_time_is_unknown(
    service_under_load: Callable[..., Service], cxone_simulator: Simulator, path: Path
) -> None:
    service = service_under_load(behaviours.stall(), stop_s=1.0)
    cxone_simulator.wait_for_requests(IN_FLIGHT, kind="batch")
    asked = service.signal(signal.SIGTERM)
    assert service.wait() == 0
    assert 1.0 <= time.monotonic() - asked < 30
    assert len(cxone_simulator.requests("batch")) == IN_FLIGHT
    sent = [detail for detail in details(path, "finished")[1:] if detail["sent"]]
    assert [detail["error_class"] for detail in sent] == ["UNKNOWN"] * IN_FLIGHT
    # The retries may be due a moment later.
    queue = _core.Queue(str(path))
    assert (queue.stats().pending, queue.stats().in_flight) == (UPDATES, 0)
    assert queue.check().problems == []
    queue.close()


def test_one_that_stands_by_ends_at_once(
    start_service: StartService, cxone_simulator: Simulator
) -> None:
    first = start_service()
    first.ask("put", event(1))
    cxone_simulator.wait_for_requests(1, kind="batch", ending="answered")
    second = start_service()
    second.wait_for_log("standing by")
    asked = second.signal(signal.SIGTERM)
    assert second.wait() == 0
    assert time.monotonic() - asked < 3
    first.signal(signal.SIGTERM)
    assert first.wait() == 0


def test_the_next_one_sends_at_once_what_was_given_back(
    service_under_load: Callable[..., Service],
    start_service: StartService,
    cxone_simulator: Simulator,
) -> None:
    # So slow that there is work left when the second one has started.
    service = service_under_load(behaviours.slow(2000))
    cxone_simulator.wait_for_requests(1, kind="batch")
    second = start_service()
    second.wait_for_log("standing by")
    service.signal(signal.SIGTERM)
    assert service.wait() == 0
    ended = time.monotonic()
    seen = len(cxone_simulator.requests("batch"))
    again = cxone_simulator.wait_for_requests(seen + 1, kind="batch", timeout_s=60)[seen]
    assert again.received_at - ended < 3
