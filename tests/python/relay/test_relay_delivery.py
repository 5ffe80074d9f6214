"""Updates out: flush, background delivery, scopes, secrets; against the simulator."""

from __future__ import annotations

import dataclasses
import json
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from relay_events import body

from cxrelay import AuthConfig, AuthError, ConfigError, Relay, RelayConfig, Simulator, verify_audit
from cxrelay.simulator import behaviours

Opener = Callable[[RelayConfig], Relay]


def test_an_event_reaches_the_target_once(relay: Relay, cxone_simulator: Simulator) -> None:
    relay.ingest(body(queueName="Billing"))
    result = relay.flush()
    assert (result.reason, result.requests, result.completed, result.waiting) == ("idle", 1, 1, 0)
    assert cxone_simulator.interaction("i-1") == {
        "originChannel": "VOICE",
        "routingQueue": "Billing",
    }
    assert relay.flush().requests == 0
    assert len(cxone_simulator.requests("batch")) == 1


def test_many_events_go_in_batches(relay: Relay, cxone_simulator: Simulator) -> None:
    relay.ingest_many([body(f"i-{n}") for n in range(60)])
    assert relay.flush().completed == 60
    assert [len(entry.interaction_ids) for entry in cxone_simulator.requests("batch")] == [
        25,
        25,
        10,
    ]


@pytest.mark.parametrize(
    "trouble",
    [
        behaviours.status(429, retry_after="0"),
        behaviours.status(503),
        behaviours.item_status(503),
        behaviours.item_status(429, index=0),
        behaviours.drop(after="body"),
        behaviours.drop(after="apply", reset=True),
        behaviours.short_results(),
        behaviours.expired_tokens(),
        behaviours.bad_body(),
    ],
    ids=lambda trouble: trouble.name,
)
def test_trouble_is_overcome_and_every_request_is_on_record(
    trouble: behaviours.Behaviour, relay: Relay, cxone_simulator: Simulator
) -> None:
    cxone_simulator.script(trouble, times=2)
    relay.ingest_many([body(f"i-{n}") for n in range(30)])
    assert relay.flush(60).reason == "idle"
    stats = relay.stats()
    assert (stats.completed, stats.dead, stats.parked) == (30, 0, 0)
    requests = cxone_simulator.requests("batch")
    assert stats.requests == len(requests)
    assert stats.attempts == sum(len(entry.interaction_ids) for entry in requests)
    assert len(cxone_simulator.interactions()) == 30
    assert relay.queue.check().ok


def test_a_refused_update_dies_with_its_reason(relay: Relay, cxone_simulator: Simulator) -> None:
    cxone_simulator.script(
        behaviours.item_status(404, match="i-3", message="no such interaction"), times=None
    )
    relay.ingest_many([body(f"i-{n}") for n in range(10)])
    result = relay.flush()
    assert (result.completed, result.dead) == (9, 1)
    (dead,) = relay.queue.list_updates(state="dead")
    assert dead.interaction_id == "i-3"
    assert "no such interaction" in dead.last_error


def test_a_poisoned_batch_is_halved(relay: Relay, cxone_simulator: Simulator) -> None:
    cxone_simulator.script(behaviours.status(400), times=None, match="i-3")
    relay.ingest_many([body(f"i-{n}") for n in range(10)])
    result = relay.flush()
    assert (result.completed, result.dead) == (9, 1)
    assert result.split > 0


def test_background_delivery(relay: Relay, cxone_simulator: Simulator) -> None:
    relay.start()
    relay.ingest(body("i-1"))
    cxone_simulator.wait_for_requests(1, kind="batch", ending="answered")
    relay.ingest(body("i-2"))
    cxone_simulator.wait_for_requests(2, kind="batch", ending="answered")
    assert relay.flush(30).reason in ("idle", "stopped")
    relay.stop()
    assert relay.stats().completed == 2


def test_a_flush_that_gives_up_does_not_end_background_delivery(
    relay: Relay, cxone_simulator: Simulator
) -> None:
    cxone_simulator.script(behaviours.slow(300))
    relay.start()
    relay.ingest(body("i-1"))
    cxone_simulator.wait_for_requests(1, kind="batch")
    assert relay.flush(0.01).reason == "timeout"
    relay.ingest(body("i-2"))
    cxone_simulator.wait_for_requests(2, kind="batch", ending="answered")
    relay.stop()


def test_one_relay_delivers_for_a_queue_file_and_any_may_put(
    config: RelayConfig, opened: Opener, cxone_simulator: Simulator
) -> None:
    first, second = opened(config), opened(config)
    first.start()
    second.ingest(body("i-1"))
    cxone_simulator.wait_for_requests(1, kind="batch", ending="answered")
    assert second.flush(5).reason == "not_elected"
    first.stop()
    second.ingest(body("i-2"))
    assert second.flush(30).reason == "idle"
    assert len(cxone_simulator.requests("batch")) == 2


def test_a_flush_that_gives_up_loses_nothing(relay: Relay, cxone_simulator: Simulator) -> None:
    cxone_simulator.script(behaviours.status(429, retry_after="60"))
    relay.ingest(body())
    result = relay.flush(0.3)
    assert (result.reason, result.waiting) == ("timeout", 1)
    assert relay.stats().pending == 1


def test_the_audit_log_verifies(relay: Relay) -> None:
    relay.ingest_many([body(f"i-{n}") for n in range(5)])
    relay.flush()
    exported = relay.export_audit()
    verified = verify_audit(relay.config.audit.path)
    assert verified.ok
    assert verified.records == exported.records == relay.stats().journal_records


class TestCredentials:
    def test_scopes_are_asked_for_once(self, relay: Relay, cxone_simulator: Simulator) -> None:
        relay.ingest(body())
        relay.flush()
        relay.flush()
        assert len(cxone_simulator.requests("userinfo")) == 1
        check = relay.check_scopes()
        assert check.reachable
        assert check.missing == ()
        assert check.scopes is not None
        assert "interaction:modify" in check.scopes

    def test_a_missing_scope_stops_before_anything_is_sent(
        self, config: RelayConfig, opened: Opener
    ) -> None:
        with Simulator(scopes=["interaction:read"]) as simulator:
            relay = opened(towards(config, simulator))
            relay.ingest(body())
            with pytest.raises(AuthError, match="interaction:modify"):
                relay.flush()
            assert simulator.requests("batch") == []
            assert relay.stats().pending == 1

    def test_scopes_that_are_not_told_are_no_denial(
        self, config: RelayConfig, opened: Opener
    ) -> None:
        with Simulator(userinfo_scope=False) as simulator:
            relay = opened(towards(config, simulator))
            relay.ingest(body())
            assert relay.flush().completed == 1

    def test_an_unreachable_userinfo_is_a_warning(
        self, relay: Relay, cxone_simulator: Simulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        cxone_simulator.script(behaviours.status(500), times=None, on="userinfo")
        relay.ingest(body())
        assert relay.flush().completed == 1
        assert "the scopes could not be checked: status 500" in caplog.text

    def test_refused_credentials_stop_and_say_so(
        self, config: RelayConfig, cxone_simulator: Simulator, opened: Opener
    ) -> None:
        secret = "wrong-and-not-to-be-shown"
        auth = dataclasses.replace(config.auth, client_secret=secret)
        relay = opened(dataclasses.replace(config, auth=auth))
        relay.ingest(body())
        with pytest.raises(AuthError) as caught:
            relay.flush()
        assert secret not in str(caught.value)
        assert cxone_simulator.requests("batch") == []
        assert relay.stats().pending == 1

    def test_an_unreadable_secret_file_stops_delivery_only(
        self, config: RelayConfig, tmp_path: Path, opened: Opener
    ) -> None:
        auth = AuthConfig(client_id="me", client_secret_file=str(tmp_path / "none"))
        relay = opened(dataclasses.replace(config, auth=auth))
        assert relay.ingest(body()).status == "accepted"
        with pytest.raises(ConfigError, match="client secret file"):
            relay.flush()

    def test_an_unreachable_token_endpoint_loses_nothing(
        self, config: RelayConfig, opened: Opener
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        auth = dataclasses.replace(config.auth, token_url=f"http://127.0.0.1:{port}/token")
        relay = opened(dataclasses.replace(config, auth=auth))
        relay.ingest(body())
        assert relay.flush(0.3).reason == "timeout"
        assert relay.stats().pending == 1

    def test_secret_and_token_are_nowhere_to_be_seen(
        self,
        config: RelayConfig,
        cxone_simulator: Simulator,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        cxone_simulator.script([behaviours.expired_tokens(), behaviours.status(503)])
        with Relay(config) as relay:
            relay.ingest(body())
            relay.flush(30)
            relay.export_audit()
            shown = [repr(relay), repr(relay.stats()), repr(relay.config), caplog.text]
            token = relay._native.token()
        files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        for hidden in (cxone_simulator.client_secret, token):
            assert not any(hidden in text for text in shown)
            assert not any(hidden.encode() in content for content in files)


def test_messages_reach_logging(
    relay: Relay, cxone_simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cxrelay")
    cxone_simulator.script(behaviours.item_status(404, message="gone"), times=None)
    relay.ingest(body())
    relay.flush()
    relay.close()
    assert any(record.name == "cxrelay" for record in caplog.records)


def test_threads_may_share_a_relay(relay: Relay, cxone_simulator: Simulator) -> None:
    relay.start()
    threads = [
        threading.Thread(target=lambda t=t: [relay.ingest(body(f"i-{t}-{n}")) for n in range(20)])
        for t in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relay.flush(60)
    relay.stop()
    assert relay.stats().completed == 160
    assert len(cxone_simulator.interactions()) == 160


def test_the_record_of_an_attempt_names_its_updates(relay: Relay) -> None:
    relay.ingest(body())
    relay.flush()
    relay.export_audit()
    lines = Path(relay.config.audit.path).read_text().splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["accepted", "started", "finished"]


def towards(config: RelayConfig, simulator: Simulator) -> RelayConfig:
    return dataclasses.replace(
        config,
        target=dataclasses.replace(config.target, base_url=simulator.base_url),
        auth=AuthConfig(
            client_id=simulator.client_id,
            client_secret=simulator.client_secret,
            token_url=simulator.token_url,
        ),
    )
