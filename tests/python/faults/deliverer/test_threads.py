"""Everybody uses one relay at once: every receipt is right, and everything is delivered once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from service_process import event

from cxrelay import (
    AuditConfig,
    AuthConfig,
    QueueConfig,
    Receipt,
    Relay,
    RelayConfig,
    RetryConfig,
    Simulator,
    TargetConfig,
    ValidationError,
    verify_audit,
)
from cxrelay.simulator import behaviours

THREADS = 32
EVENTS_A_THREAD = 40
INTERACTIONS = 50


def run_all(workers: list[Callable[[], None]]) -> list[BaseException]:
    """Runs them at once, each in a thread; returns what they raised."""
    raised: list[BaseException] = []
    gate = threading.Barrier(len(workers))

    def run(work: Callable[[], None]) -> None:
        try:
            gate.wait()
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def config(tmp_path: Path, simulator: Simulator) -> RelayConfig:
    return RelayConfig(
        queue=QueueConfig(path=str(tmp_path / "queue.db")),
        audit=AuditConfig(path=str(tmp_path / "audit.log")),
        target=TargetConfig(base_url=simulator.base_url, max_in_flight=4),
        auth=AuthConfig(
            client_id=simulator.client_id,
            client_secret=simulator.client_secret,
            token_url=simulator.token_url,
        ),
        retry=RetryConfig(base_ms=1, throttled_base_ms=1, max_delay_ms=10),
    )


def test_thirty_two_threads_share_a_relay(tmp_path: Path, cxone_simulator: Simulator) -> None:
    # No name begins with another one's, and each has a time of its own: no conflicts.
    bodies = [
        event(number, f"i-{number % INTERACTIONS:02}")
        for number in range(THREADS // 2 * EVENTS_A_THREAD)
    ]
    receipts: dict[str, list[Receipt | ValidationError]] = {body: [] for body in bodies}
    lock = threading.Lock()
    cxone_simulator.script([behaviours.status(503), behaviours.drop(after="apply")], times=3, p=0.5)

    def note(body: str, receipt: Receipt | ValidationError) -> None:
        with lock:
            receipts[body].append(receipt)

    with Relay(config(tmp_path, cxone_simulator)) as relay:

        def one_by_one(mine: list[str]) -> None:
            for body in mine:
                note(body, relay.ingest(body))

        def all_at_once(mine: list[str]) -> None:
            for body, receipt in zip(mine, relay.ingest_many(mine), strict=True):
                note(body, receipt)

        def look() -> None:
            for _ in range(EVENTS_A_THREAD):
                stats = relay.stats()
                parts = (stats.pending, stats.in_flight, stats.completed, stats.superseded)
                assert min(parts) >= 0
                assert sum(parts) == stats.accepted

        def flush() -> None:
            for _ in range(5):
                assert relay.flush(60).reason == "idle"

        # Each event is put by two threads: one of them learns that it is a duplicate.
        workers: list[Callable[[], None]] = []
        for start in range(0, len(bodies), 2 * EVENTS_A_THREAD):
            mine = bodies[start : start + 2 * EVENTS_A_THREAD]
            for put in (one_by_one, all_at_once):
                workers.append(lambda put=put, mine=mine: put(mine))
        workers += [look] * 8 + [flush] * 8
        assert len(workers) == THREADS
        assert run_all(workers) == []
        assert relay.flush(60).reason == "idle"

        stats = relay.stats()
        assert stats.accepted == len(bodies) == stats.completed + stats.superseded
        stored = dict(
            relay.queue.query("SELECT seq, original FROM journal WHERE action = 'accepted'")
        )
        for body, both in receipts.items():
            assert Counter(receipt.status for receipt in both) == {"accepted": 1, "duplicate": 1}
            assert len({(receipt.seq, receipt.idempotency_key) for receipt in both}) == 1
            assert stored[both[0].seq] == body
        assert stats.requests == len(cxone_simulator.requests("batch"))
        assert relay.queue.check().problems == []
        relay.export_audit()
        assert verify_audit(relay.config.audit.path).records == stats.journal_records

    newest = {f"i-{number % INTERACTIONS:02}": json.loads(body)["attributes"]["queueName"]
              for number, body in enumerate(bodies)}  # fmt: skip
    assert cxone_simulator.interactions() == {
        name: {"routingQueue": value} for name, value in newest.items()
    }
