"""Retry-After from the wire to the queue: every form of RFC 9110, malformed ones, past, caps.

The parser has its own tests. Here it is what the update's ``not_before`` and class come to, to the
millisecond, since a scene adds no jitter.
"""

from __future__ import annotations

import time

import pytest
from fault_events import events
from fault_scene import OpenScene, Scene

from cxrelay.simulator import behaviours

HOUR_S = 3600
FUTURE = 1000.0
PAST = -1000.0
STATUS = pytest.mark.parametrize("status", [429, 503])


def first_answer(scene: Scene, status: int, value: str | None) -> tuple[str, float, float, float]:
    """The class of one refused attempt, its ``not_before``, and wall times around it."""
    scene.sim.script(behaviours.status(status, retry_after=value))
    (receipt,) = scene.relay.ingest_many(events(0, 1))
    before = time.time()
    scene.relay.start()
    scene.sim.wait_for_requests(1, kind="batch")
    scene.relay.stop()
    after = time.time()
    attempt = scene.attempts()[0]
    assert attempt.status == status
    ((outcome, error_class, _),) = attempt.outcomes.values()
    assert outcome == "retry"
    return error_class, attempt.not_before[receipt.seq], before, after


@STATUS
@pytest.mark.parametrize(
    ("value", "asked_s"),
    [
        ("0", 0),
        ("1", 1),
        ("007", 7),
        (" \t120 ", 120),
        ("3600", HOUR_S),
        ("3601", HOUR_S),
        ("999999999", HOUR_S),
        ("9" * 5000, HOUR_S),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_seconds(status: int, value: str, asked_s: int, open_scene: OpenScene) -> None:
    error_class, not_before, before, after = first_answer(open_scene(), status, value)
    assert error_class == "THROTTLED"
    assert before + asked_s <= not_before <= after + asked_s + 0.001


@STATUS
@pytest.mark.parametrize("form", ["imf", "rfc850", "asctime"])
@pytest.mark.parametrize("in_seconds", [FUTURE, PAST, 10 * HOUR_S])
def test_dates(status: int, form: str, in_seconds: float, open_scene: OpenScene) -> None:
    scene = open_scene()
    due = int(time.time() + in_seconds)
    value = behaviours.http_date(due - time.time() + 0.5, form)  # type: ignore[arg-type]
    error_class, not_before, before, after = first_answer(scene, status, value)
    assert error_class == "THROTTLED"
    if in_seconds == FUTURE:
        assert due <= not_before <= due + 0.001
    else:  # the past is now; ten hours are one
        asked_s = 0 if in_seconds == PAST else HOUR_S
        assert before + asked_s <= not_before <= after + asked_s + 0.001


@STATUS
@pytest.mark.parametrize(
    ("value", "asked_s"),
    [
        ("Fri, 31 Dec 9999 23:59:59 GMT", HOUR_S),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("Sun Nov  6 08:49:37 1994", 0),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 0),  # a leap second
    ],
)
def test_fixed_dates(status: int, value: str, asked_s: int, open_scene: OpenScene) -> None:
    error_class, not_before, before, after = first_answer(open_scene(), status, value)
    assert error_class == "THROTTLED"
    assert before + asked_s <= not_before <= after + asked_s + 0.001


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        "-1",
        "+1",
        "1.5",
        "1,5",
        "1, 2",
        "1e3",
        "0x10",
        "10 s",
        "soon",
        "\xb2",  # a digit for Python and for isdigit() of some languages
        "Fri, 31 Dec 9999 23:59:59",
        "Fri, 31 Dec 9999 23:59:59 UTC",
        "Fri, 31 Dec 9999 23:59:59 +0000",
        "Fri, 31 Foo 9999 23:59:59 GMT",
        "Tue, 30 Feb 2100 00:00:00 GMT",
        "Fri, 31 Dec 9999 24:00:00 GMT",
        "9999-12-31T23:59:59Z",
    ],
)
def test_malformed_counts_as_absent(value: str | None, open_scene: OpenScene) -> None:
    # With 503 the class tells: without a usable Retry-After it is trouble and no throttling.
    error_class, not_before, before, after = first_answer(open_scene(), 503, value)
    assert error_class == "TRANSIENT"
    assert before <= not_before <= after + 0.001
    error_class, not_before, before, after = first_answer(open_scene(), 429, value)
    assert error_class == "THROTTLED"
    assert before <= not_before <= after + 0.001


@pytest.mark.parametrize(("cap_ms", "asked_s"), [(0, 0), (2000, 2), (24 * HOUR_S * 1000, 7200)])
def test_the_cap_can_be_set(cap_ms: int, asked_s: int, open_scene: OpenScene) -> None:
    scene = open_scene(retry={"max_retry_after_ms": cap_ms})
    _, not_before, before, after = first_answer(scene, 429, "7200")
    assert before + asked_s <= not_before <= after + asked_s + 0.001


@STATUS
def test_everything_in_flight_obeys(status: int, open_scene: OpenScene) -> None:
    scene = open_scene(target={"max_in_flight": 4})
    scene.sim.script(behaviours.status(status, retry_after="60"), times=None)
    scene.relay.ingest_many(events(0, 200))
    assert scene.relay.flush(0.5).reason == "timeout"
    scene.relay.stop()
    # No more than what was on the wire together, though 200 wait.
    assert 1 <= len(scene.sim.requests("batch")) <= 4
    assert {attempt.error_class for attempt in scene.attempts() if attempt.sent} == {"THROTTLED"}
    assert scene.violations() == []
    assert scene.relay.stats().pending == 200


def test_an_item_that_is_throttled_holds_all_back_too(open_scene: OpenScene) -> None:
    results = b'{"results":[{"status":200},{"status":429}]}'
    scene = open_scene()
    scene.sim.script(
        behaviours.status(200, retry_after="60", body=results, applied=True), times=None
    )
    good, bad, *_ = scene.relay.ingest_many(events(0, 20))
    before = time.time()
    assert scene.relay.flush(0.3).reason == "timeout"
    scene.relay.stop()
    (attempt,) = [attempt for attempt in scene.attempts() if attempt.sent]
    assert attempt.outcomes[good.seq] == ("completed", "", 0)
    assert attempt.outcomes[bad.seq] == ("retry", "THROTTLED", 429)
    assert before + 60 <= attempt.not_before[bad.seq] <= time.time() + 60
