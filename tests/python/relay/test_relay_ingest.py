"""Events in: receipts, refusals, records."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from relay_events import INVALID, body

from cxrelay import (
    ClosedError,
    ConfigError,
    Mapping,
    MappingConfig,
    Receipt,
    Relay,
    RelayConfig,
    ValidationError,
)

Opener = Callable[[RelayConfig], Relay]


def test_a_receipt_says_what_became_of_an_event(offline: RelayConfig, opened: Opener) -> None:
    relay = opened(offline)
    first = relay.ingest(body())
    assert (first.status, first.idempotency_key) == ("accepted", "i-1_2024-05-15T10:00:00+00:00")
    again = relay.ingest(body())
    assert (again.status, again.seq) == ("duplicate", first.seq)
    other = relay.ingest(body(queueName="Claims"))
    assert other.status == "conflict"
    assert other.idempotency_key.startswith(first.idempotency_key)
    stats = relay.stats()
    assert (stats.accepted, stats.pending, stats.rejected) == (2, 2, 0)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, bytes.decode])
def test_a_body_may_come_as(
    kind: Callable[[bytes], bytes], offline: RelayConfig, opened: Opener
) -> None:
    assert opened(offline).ingest(kind(body())).status == "accepted"


def test_an_event_with_nothing_to_write_is_on_record(offline: RelayConfig, opened: Opener) -> None:
    relay = opened(offline)
    event = json.loads(body(unknown="x"))
    del event["sourceChannel"]
    assert relay.ingest(json.dumps(event)).status == "empty"
    assert relay.stats().empty == 1


@pytest.mark.parametrize("what", INVALID)
def test_an_invalid_event_is_refused_and_on_record(
    what: str, offline: RelayConfig, opened: Opener
) -> None:
    relay = opened(offline)
    with pytest.raises(ValidationError) as caught:
        relay.ingest(INVALID[what])
    assert caught.value.errors()
    assert len(str(caught.value)) < 500
    stats = relay.stats()
    assert (stats.accepted, stats.rejected) == (0, 1)
    record = exported(relay)[-1]
    assert record["action"] == "rejected"
    assert record["detail"]["size"] == len(INVALID[what])


def test_invalid_events_do_not_keep_others_out(offline: RelayConfig, opened: Opener) -> None:
    relay = opened(offline)
    results = relay.ingest_many([body("i-1"), *INVALID.values(), body("i-2")])
    assert [type(result) for result in results] == [
        Receipt,
        *[ValidationError] * len(INVALID),
        Receipt,
    ]
    assert relay.stats().rejected == len(INVALID)
    assert relay.queue.check().ok


def test_events_are_there_after_opening_again(offline: RelayConfig) -> None:
    with Relay(offline) as relay:
        relay.ingest(body())
    with Relay(offline) as relay:
        assert relay.stats().pending == 1


def test_the_rules_of_the_configuration_are_used(offline: RelayConfig, tmp_path: Path) -> None:
    import dataclasses

    rules = {"queue_name": "attributes.somewhereElse"}
    config = dataclasses.replace(offline, mapping=MappingConfig(rules=rules))
    with Relay(config) as relay:
        relay.ingest(body(queueName="Billing"))
        (update,) = relay.queue.list_updates()
        assert json.loads(update.payload) == {"attributes": {"somewhereElse": "Billing"}}
        assert relay.mapping == Mapping.from_rules(rules)


def test_without_credentials_delivery_says_what_is_missing(
    offline: RelayConfig, opened: Opener
) -> None:
    relay = opened(offline)
    relay.ingest(body())
    for deliver in (relay.flush, relay.start, relay.check_scopes):
        with pytest.raises(
            ConfigError, match=r"CXONE_REGION.*CXONE_CLIENT_ID.*CXONE_CLIENT_SECRET"
        ):
            deliver()
    assert relay.stats().pending == 1


def test_from_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXRELAY_DB", str(tmp_path / "env.db"))
    with Relay.from_env() as relay:
        relay.ingest(body())
    assert (tmp_path / "env.db").stat().st_mode & 0o077 == 0


def test_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "relay.toml").write_text('[queue]\npath = "q.db"\n')
    with Relay.from_config(tmp_path / "relay.toml") as relay:
        relay.ingest(body())
    assert (tmp_path / "q.db").exists()


def test_a_closed_relay_says_so(offline: RelayConfig) -> None:
    relay = Relay(offline)
    relay.close()
    relay.close()
    for call in (lambda: relay.ingest(body()), relay.stats, relay.export_audit):
        with pytest.raises(ClosedError):
            call()


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_is_neither_copied_nor_pickled(
    copier: Callable[[object], object], offline: RelayConfig, opened: Opener
) -> None:
    with pytest.raises(TypeError, match="holds an open queue file"):
        copier(opened(offline))


def test_stats_are_a_value(offline: RelayConfig, opened: Opener) -> None:
    stats = opened(offline).stats()
    assert pickle.loads(pickle.dumps(stats)) == stats == copy.deepcopy(stats)


def exported(relay: Relay) -> list[dict[str, object]]:
    relay.export_audit()
    return [json.loads(line) for line in Path(relay.config.audit.path).read_text().splitlines()]
