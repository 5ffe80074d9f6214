"""The async twins: the same results, and a cancelled flush ends."""

from __future__ import annotations

import asyncio

import pytest
from relay_events import INVALID, body

from cxrelay import Receipt, Relay, Simulator, ValidationError
from cxrelay.simulator import behaviours


def test_ingest_and_flush(relay: Relay, cxone_simulator: Simulator) -> None:
    async def work() -> None:
        receipts = await asyncio.gather(*(relay.aingest(body(f"i-{n}")) for n in range(20)))
        assert {receipt.status for receipt in receipts} == {"accepted"}
        with pytest.raises(ValidationError):
            await relay.aingest(INVALID["missing field"])
        good, bad = await relay.aingest_many([body("i-99"), INVALID["hostile id"]])
        assert isinstance(good, Receipt)
        assert isinstance(bad, ValidationError)
        assert (await relay.aflush()).completed == 21

    asyncio.run(work())
    assert len(cxone_simulator.interactions()) == 21


def test_the_loop_goes_on_during_a_flush(relay: Relay, cxone_simulator: Simulator) -> None:
    cxone_simulator.script(behaviours.slow(200))

    async def work() -> int:
        relay.ingest(body())
        flushing = asyncio.ensure_future(relay.aflush())
        turns = 0
        while not flushing.done():
            turns += 1
            await asyncio.sleep(0.005)
        return turns

    assert asyncio.run(work()) > 5


@pytest.mark.parametrize("started", [False, True])
def test_a_cancelled_flush_ends_and_loses_nothing(
    started: bool, relay: Relay, cxone_simulator: Simulator
) -> None:
    cxone_simulator.script(behaviours.status(429, retry_after="3600"))

    async def work() -> None:
        relay.ingest(body())
        if started:
            relay.start()
        flushing = asyncio.ensure_future(relay.aflush())
        await asyncio.to_thread(cxone_simulator.wait_for_requests, 1, kind="batch")
        flushing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await flushing

    # asyncio.run() waits for its threads: it would hang if the flush were still at work.
    asyncio.run(work())
    assert relay.stats().pending == 1


def test_a_flush_that_is_cancelled_before_it_begins_ends_too(relay: Relay) -> None:
    async def work() -> None:
        flushing = asyncio.ensure_future(relay.aflush())
        await asyncio.sleep(0)
        flushing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await flushing

    asyncio.run(work())
