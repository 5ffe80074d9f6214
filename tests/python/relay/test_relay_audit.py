"""A relay that delivers in the background exports the audit trail by itself."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from relay_events import body

from cxrelay import AuditStats, Relay, RelayConfig, verify_audit
from cxrelay.errors import ClosedError
from cxrelay.simulator import Simulator
from support.waiting import wait_until

Opener = Callable[[RelayConfig], Relay]


def with_audit(config: RelayConfig, **changed: object) -> RelayConfig:
    return dataclasses.replace(config, audit=dataclasses.replace(config.audit, **changed))


def exported(relay: Relay) -> bool:
    stats = relay.stats()
    return stats.completed > 0 and stats.audit.backlog_records == 0


def test_records_are_exported_while_it_delivers(config: RelayConfig, opened: Opener) -> None:
    relay = opened(with_audit(config, export_interval_ms=10))
    relay.ingest(body())
    assert relay.stats().audit == AuditStats(backlog_records=1)
    relay.start()
    wait_until(lambda: exported(relay))
    stats = relay.stats()
    assert stats.audit == AuditStats(exported_seq=stats.journal_records)
    assert verify_audit(config.audit.path).records == stats.journal_records


@pytest.mark.parametrize("end", [Relay.stop, Relay.close])
def test_the_last_records_are_exported_at_the_end(
    end: Callable[[Relay], None], config: RelayConfig, opened: Opener, cxone_simulator: Simulator
) -> None:
    relay = opened(with_audit(config, export_interval_ms=3_600_000))
    relay.start()
    relay.ingest(body())
    cxone_simulator.wait_for_requests(1, kind="batch", ending="answered")
    end(relay)
    found = verify_audit(config.audit.path)
    with opened(config) as again:
        assert (found.ok, found.records) == (True, again.stats().journal_records)


@pytest.mark.parametrize("changed", [{"export_interval_ms": 0}, {"path": ""}])
def test_it_can_be_switched_off(
    changed: dict[str, object], config: RelayConfig, opened: Opener, cxone_simulator: Simulator
) -> None:
    relay = opened(with_audit(config, **changed))
    relay.start()
    relay.ingest(body())
    cxone_simulator.wait_for_requests(1, kind="batch", ending="answered")
    relay.stop()
    stats = relay.stats()
    assert stats.audit == AuditStats(backlog_records=stats.journal_records)
    assert not Path(config.audit.path).exists()


def test_a_flush_alone_exports_nothing(relay: Relay, config: RelayConfig) -> None:
    relay.ingest(body())
    relay.flush()
    relay.close()
    assert not Path(config.audit.path).exists()


def test_who_asks_waits_for_the_export_of_the_same_relay(
    config: RelayConfig, opened: Opener
) -> None:
    relay = opened(with_audit(config, export_interval_ms=1))
    relay.start()
    for number in range(100):
        relay.ingest(body(f"i-{number}"))
        relay.export_audit()
    relay.stop()
    assert relay.stats().audit.failures == 0


def test_relays_that_export_one_trail_take_turns(
    config: RelayConfig, opened: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    config = with_audit(config, export_interval_ms=1, compress=True, max_segment_bytes=10_000)
    relays = [opened(config) for _ in range(3)]
    for relay in relays:
        relay.start()
    for number in range(150):
        relays[number % 3].ingest(body(f"i-{number}"))
    wait_until(lambda: relays[0].stats().completed == 150)
    for relay in relays:
        relay.stop()
    stats = relays[0].stats()
    assert [relay.stats().audit.failures for relay in relays] == [0, 0, 0]
    assert "audit export" not in caplog.text
    relays[0].export_audit()
    found = verify_audit(config.audit.path)
    assert (found.ok, found.records) == (True, relays[0].stats().journal_records)
    noted = relays[0].queue.query("SELECT count(*) FROM journal WHERE action = 'exported'")[0][0]
    packed = list(Path(config.audit.path).parent.glob("audit.*-*.log.gz"))
    assert noted == len(packed) > 3
    assert stats.audit.last_error == ""


def test_a_forked_child_is_told_and_disturbs_nobody(config: RelayConfig, opened: Opener) -> None:
    relay = opened(with_audit(config, export_interval_ms=1))
    relay.start()
    relay.ingest(body())
    child = os.fork()
    if child == 0:
        code = 1
        try:
            relay._native.export_audit()
        except ClosedError:
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    wait_until(lambda: exported(relay))
    assert relay.stats().audit.failures == 0
