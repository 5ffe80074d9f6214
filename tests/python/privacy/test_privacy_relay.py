"""A relay with a policy: what is changed is in no file, and nothing else is different."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cxrelay import (
    AuditConfig,
    AuthConfig,
    ConfigError,
    Mapping,
    PrivacyConfig,
    QueueConfig,
    Relay,
    RelayConfig,
    Simulator,
    TargetConfig,
    ValidationError,
    verify_audit,
)
from cxrelay.stories import Mapped, Received, Redacted

CANARY = "Canary-5f1d"
KEY = "3c6e0b8a9c15224a8228b9a98ca1531d"
MAPPING = Mapping.from_rules([{"from": "attributes.queueName", "to": "attributes.queue"}])


def event(number: int = 0, **members: Any) -> bytes:
    content = {
        "interactionId": f"i-{number}",
        "contactId": f"c-{number}",
        "timestamp": f"2024-05-15T10:30:{number:02}Z",
        "attributes": {"queueName": "Billing"},
    }
    return json.dumps(content | members).encode()


def secrets(number: int = 0, **members: Any) -> bytes:
    """An event with the canary at every place that POLICY and the defaults mean."""
    hidden = {
        "customer": {"phone": CANARY, "notes": [CANARY, {"deep": CANARY}]},
        "emails": [f"{CANARY}@example.org", f"2{CANARY}@example.org"],
        "history": {CANARY: CANARY},
        "login": {"API-Key": CANARY, "password": f"{CANARY}\u00fc\n"},
    }
    return event(number, **hidden, **members)


POLICY = {"customer.phone": "mask", "customer.notes": "drop", "emails.*": "hash", "history": "mask"}


def files_with(folder: Path, text: str) -> list[str]:
    """By another process: to close a file of a database here would drop the locks of this one."""
    done = subprocess.run(["grep", "-rlaF", text, folder], capture_output=True, text=True)
    assert done.returncode in (0, 1)
    return done.stdout.split()


@pytest.fixture
def key_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("keys") / "privacy.key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def config(tmp_path: Path, cxone_simulator: Simulator, key_file: str) -> RelayConfig:
    return RelayConfig(
        queue=QueueConfig(path=str(tmp_path / "queue.db")),
        audit=AuditConfig(path=str(tmp_path / "audit.log")),
        target=TargetConfig(base_url=cxone_simulator.base_url),
        auth=AuthConfig(
            client_id=cxone_simulator.client_id,
            client_secret=cxone_simulator.client_secret,
            token_url=cxone_simulator.token_url,
        ),
        privacy=PrivacyConfig(fields=POLICY, key_file=key_file),
    )


@pytest.fixture
def opened() -> Iterator[Callable[..., Relay]]:
    relays: list[Relay] = []

    def open_relay(config: RelayConfig, mapping: Mapping = MAPPING, **privacy: Any) -> Relay:
        changed = dataclasses.replace(config.privacy, **privacy)
        relays.append(Relay(dataclasses.replace(config, privacy=changed), mapping=mapping))
        return relays[-1]

    yield open_relay
    for relay in relays:
        relay.close()


@pytest.fixture
def relay(config: RelayConfig, opened: Callable[..., Relay]) -> Relay:
    return opened(config)


def originals(relay: Relay) -> list[bytes]:
    rows = relay.queue.query("SELECT original FROM journal WHERE original IS NOT NULL ORDER BY seq")
    return [row[0].encode() for row in rows]


def test_a_canary_is_in_no_file(relay: Relay, tmp_path: Path, cxone_simulator: Simulator) -> None:
    assert [receipt.status for receipt in relay.ingest_many([secrets(n) for n in range(40)])] == [
        "accepted"
    ] * 40
    assert relay.ingest(secrets(0)).status == "duplicate"
    assert relay.ingest(secrets(0, more=1)).status == "conflict"
    with pytest.raises(ValidationError) as refused:
        relay.ingest(secrets(0, timestamp=CANARY))
    assert relay.flush().reason == "idle"
    relay.export_audit()
    stories = relay.explain("i-0")
    assert cxone_simulator.interaction("i-39") == {"queue": "Billing"}
    assert files_with(tmp_path, "example.org") == []
    assert files_with(tmp_path, CANARY) == []
    assert CANARY not in repr(stories) + str(refused.value) + repr(refused.value)
    assert files_with(tmp_path, "Billing") != []
    assert verify_audit(str(tmp_path / "audit.log")).ok
    assert relay.queue.check().ok


def test_without_a_policy_the_canary_would_be_found(
    config: RelayConfig, opened: Callable[..., Relay], tmp_path: Path
) -> None:
    opened(config, fields={}, defaults=False).ingest(secrets())
    assert files_with(tmp_path, CANARY) != []


def test_an_event_that_no_rule_means_is_stored_as_it_came(relay: Relay) -> None:
    body = b' {"interactionId" :"i", "contactId":"c","timestamp":\n0, "n":1.50, "\\u0061":[ ]}\r\n'
    relay.ingest(body)
    assert originals(relay) == [body]
    assert relay.queue.query("SELECT detail FROM journal") == [(None,)]


def test_the_record_says_what_was_done(relay: Relay, config: RelayConfig) -> None:
    relay.ingest(secrets())
    relay.ingest(secrets(more=1))
    note = {"policy": config.privacy.load().version, "dropped": 1, "masked": 4, "hashed": 2}
    details = relay.queue.query("SELECT detail FROM journal ORDER BY seq")
    assert [json.loads(detail) for (detail,) in details] == [
        {"privacy": note},
        {"conflict_with": 1, "privacy": note},
    ]


@pytest.mark.parametrize("name", ["fingerprint_key_file", None])
def test_the_same_event_is_a_duplicate_whatever_the_policy(
    config: RelayConfig, opened: Callable[..., Relay], key_file: str, name: str | None
) -> None:
    """With and without a key for fingerprints."""
    keyed = {name: key_file} if name else {}
    first = opened(config, **keyed).ingest(secrets())
    for policy in [{"fields": {}, "defaults": False}, {"default_action": "drop"}, {"fields": {}}]:
        receipt = opened(config, **policy, **keyed).ingest(secrets())
        assert (receipt.status, receipt.seq) == ("duplicate", first.seq)
    assert opened(config, **keyed).ingest(secrets(more=1)).status == "conflict"


def test_events_that_differ_in_a_dropped_value_are_two(relay: Relay) -> None:
    assert relay.ingest(event(customer={"notes": "one"})).status == "accepted"
    assert relay.ingest(event(customer={"notes": "two"})).status == "conflict"
    assert len(set(originals(relay))) == 1


def test_a_fingerprint_key_makes_other_fingerprints(
    config: RelayConfig, opened: Callable[..., Relay], key_file: str
) -> None:
    plain = opened(config)
    plain.ingest(event())
    opened(config, fingerprint_key_file=key_file).ingest(event())
    found = plain.queue.query("SELECT fingerprint FROM journal ORDER BY seq")
    assert len({row[0] for row in found}) == 2


def test_the_mapping_sees_the_whole_event(
    config: RelayConfig, opened: Callable[..., Relay], cxone_simulator: Simulator
) -> None:
    mapping = Mapping.from_rules([{"from": "/customer/phone", "to": "attributes.phone"}])
    relay = opened(config, mapping, default_action="drop", fields={})
    relay.ingest(event(customer={"phone": "+4915112345"}))
    assert originals(relay) == [b"{}"]
    relay.flush()
    assert cxone_simulator.interaction("i-0") == {"phone": "+4915112345"}


def test_ids_may_be_hidden_in_the_original(
    config: RelayConfig, opened: Callable[..., Relay]
) -> None:
    relay = opened(config, fields={"contactId": "drop", "interaction_id": "mask"})
    receipt = relay.ingest(event())
    assert receipt.idempotency_key == "i-0_2024-05-15T10:30:00+00:00"
    assert json.loads(originals(relay)[0])["interactionId"] == "***"
    assert b"contactId" not in originals(relay)[0]


def test_explain_tells_it(relay: Relay) -> None:
    relay.ingest(secrets())
    (story,) = relay.explain("i-0")
    received, redacted, _, mapped = story.steps[:4]
    assert isinstance(received, Received)
    assert isinstance(redacted, Redacted)
    assert (redacted.dropped, redacted.masked, redacted.hashed) == (1, 4, 2)
    assert isinstance(mapped, Mapped)
    assert (mapped.rules, mapped.unknown) == ((), "the privacy policy changed the original")


def test_a_forgotten_event_keeps_the_note(relay: Relay, tmp_path: Path) -> None:
    relay.ingest(secrets())
    assert relay.forget("i-0", "alice").complete
    (story,) = relay.explain("i-0")
    assert isinstance(story.steps[1], Redacted)
    assert files_with(tmp_path, "Billing") == []


class TestKey:
    def test_is_refused_if_others_may_read_it(self, config: RelayConfig, key_file: str) -> None:
        Path(key_file).chmod(0o640)
        with pytest.raises(ConfigError, match="chmod 600"):
            Relay(config)

    def test_is_needed_for_hashes(self, config: RelayConfig) -> None:
        privacy = PrivacyConfig(fields={"a": "hash"})
        with pytest.raises(ConfigError, match="needs a key"):
            Relay(dataclasses.replace(config, privacy=privacy))

    def test_is_in_no_output(self, config: RelayConfig, relay: Relay, tmp_path: Path) -> None:
        relay.ingest(secrets())
        relay.export_audit()
        assert files_with(tmp_path, KEY) == []
        assert KEY not in repr(config) + repr(relay) + repr(config.privacy.load())

    def test_of_fingerprints_is_refused_likewise(self, config: RelayConfig, tmp_path: Path) -> None:
        short = tmp_path / "short.key"
        short.write_text("canary-15-bytes")
        short.chmod(0o600)
        privacy = PrivacyConfig(fingerprint_key_file=str(short))
        with pytest.raises(ConfigError, match="16 to 4096") as refused:
            Relay(dataclasses.replace(config, privacy=privacy))
        assert "canary" not in str(refused.value)


class TestSettings:
    def read(self, tmp_path: Path, text: str) -> PrivacyConfig:
        file = tmp_path / "relay.toml"
        file.write_text(text)
        return RelayConfig.from_file(file, {}).privacy

    def test_are_read(self, tmp_path: Path) -> None:
        text = """
        [privacy]
        defaults = false
        default_action = "mask"
        key_file = "privacy.key"
        fields = { "customer.phone" = "drop", card = { action = "mask", keep_last = 4 } }
        """
        privacy = self.read(tmp_path, text)
        assert privacy.key_file == str(tmp_path / "privacy.key")
        assert (privacy.defaults, privacy.default_action) == (False, "mask")
        assert privacy.fields["card"] == {"action": "mask", "keep_last": 4}

    def test_have_defaults_that_keep_secrets_out(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "").load() == PrivacyConfig().load()
        assert PrivacyConfig().load().apply(b'{"password":"x"}') == b'{"password":"***"}'

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('default_action = "hide"', "default_action must be"),
            ('fields = ["a"]', "a table from path to action"),
            ("defaults = 1", "true or false"),
            ('field = { a = "drop" }', "did you mean 'fields'"),
        ],
    )
    def test_are_refused_by_name(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            self.read(tmp_path, f"[privacy]\n{text}\n")
