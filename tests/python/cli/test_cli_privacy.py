"""privacy run: what would be stored, and nothing is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from cli_events import event_line

from cxrelay import PrivacyPolicy
from cxrelay.cli.exit_code import ExitCode


def test_it_writes_what_would_be_stored(cxrelay_command: Callable) -> None:
    plain, secret = b'{"a" : 1.50}', b'{"a": 1, "Api-Key": "canary"}'
    done = cxrelay_command("privacy", "run", "-", stdin=b"\n".join([plain, b"[1]", secret]))
    assert done.code == ExitCode.BAD_INPUT
    assert done.out.splitlines() == [plain.decode(), '{"a": 1, "Api-Key": "***"}']
    assert done.err.startswith("-:2: ")
    assert not Path("cxrelay.db").exists()


def test_json_has_counts_and_the_version(cxrelay_command: Callable) -> None:
    lines = [b'{"pin": 1, "big": 123456789012345678901234567890.50}', b"["]
    done = cxrelay_command("privacy", "run", "-", "--json", stdin=b"\n".join(lines))
    assert '"big": 123456789012345678901234567890.50}' in done.out
    first, second = done.json_lines
    assert first.pop("original").keys() == {"pin", "big"}
    version = PrivacyPolicy.default().version
    assert first == {"line": 1, "policy": version, "dropped": 0, "masked": 1, "hashed": 0}
    assert second["errors"][0]["type"] == "json_invalid"


def test_the_settings_decide(cxrelay_command: Callable) -> None:
    Path("relay.toml").write_text('[privacy]\nfields = { "attributes.queueName" = "drop" }\n')
    Path("events.jsonl").write_bytes(event_line())
    done = cxrelay_command("privacy", "run", "events.jsonl")
    assert done.code == ExitCode.OK
    assert json.loads(done.out)["attributes"] == {}


def test_wrong_rules(cxrelay_command: Callable) -> None:
    Path("relay.toml").write_text('[privacy]\nfields = { "a" = "hide" }\n')
    assert cxrelay_command("privacy", "run", "-").code == ExitCode.CONFIG


def test_doctor_names_the_policy(cxrelay_command: Callable) -> None:
    done = cxrelay_command("doctor", "--offline")
    assert f"version {PrivacyPolicy.default().version}, no key" in done.out


def test_explain_tells_what_was_changed(cxrelay_command: Callable) -> None:
    Path("events.jsonl").write_bytes(event_line(attributes={"queueName": "a", "pin": 12345}))
    assert cxrelay_command("ingest", "events.jsonl").code == ExitCode.OK
    done = cxrelay_command("explain", "i-1")
    version = PrivacyPolicy.default().version
    assert f"redacted   by policy {version}: 0 dropped, 1 masked, 0 hashed" in done.out
    assert "the privacy policy changed the original" in done.out
    assert "12345" not in done.out
