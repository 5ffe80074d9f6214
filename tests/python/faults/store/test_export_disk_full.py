"""The disk of the audit trail is full: events are taken and delivered; the export catches up when there is space."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cxrelay import AuditConfig, AuthConfig, QueueConfig, Relay, RelayConfig, TargetConfig
from cxrelay.simulator import Simulator
from support.audit_trail import both
from support.full_disk import Filler
from support.waiting import wait_until

EVENTS = 200
SEGMENT_BYTES = 50_000


def bodies(first: int, count: int) -> list[bytes]:
    return [
        json.dumps(
            {
                "interactionId": f"i-{number}",
                "contactId": "c-1",
                "timestamp": "2024-05-15T10:30:00Z",
                "attributes": {"queueName": f"Queue {number}"},
            }
        ).encode()
        for number in range(first, first + count)
    ]


@pytest.fixture
def filler(small_disk: Path) -> Filler:
    return Filler(small_disk)


@pytest.fixture
def log(small_disk: Path) -> Path:
    """The trail is on the small disk, the queue file is not."""
    return small_disk / "audit.log"


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    return [line for line in lines if "audit export" in line[1]]


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_delivery_goes_on_and_the_export_catches_up(
    compress: bool,
    log: Path,
    filler: Filler,
    tmp_path: Path,
    cxone_simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "cxrelay")
    config = RelayConfig(
        queue=QueueConfig(path=str(tmp_path / "queue.db")),
        audit=AuditConfig(
            path=str(log),
            max_segment_bytes=SEGMENT_BYTES,
            compress=compress,
            export_interval_ms=10,
        ),
        target=TargetConfig(base_url=cxone_simulator.base_url),
        auth=AuthConfig(
            client_id=cxone_simulator.client_id,
            client_secret=cxone_simulator.client_secret,
            token_url=cxone_simulator.token_url,
        ),
    )
    with Relay(config) as relay:
        relay.start()
        relay.ingest_many(bodies(0, EVENTS))
        wait_until(lambda: relay.stats().completed == EVENTS)
        wait_until(lambda: relay.stats().audit.backlog_records == 0)
        assert relay.stats().audit.failures == 0

        filler.take_all_space()
        for number in range(EVENTS):
            relay.ingest(bodies(EVENTS + number, 1)[0])
        wait_until(lambda: relay.stats().completed == 2 * EVENTS)
        wait_until(lambda: relay.stats().audit.failures > 3)
        full = relay.stats()
        assert full.audit.last_error == "full"
        assert full.audit.backlog_records > 0
        assert full.audit.exported_seq + full.audit.backlog_records == full.journal_records
        assert [level for level, _ in told(caplog)] == ["ERROR"]
        assert "the audit export failed: " in told(caplog)[0][1]
        assert both(log)["ok"], "what is there holds together"

        filler.give_back()
        wait_until(lambda: relay.stats().audit.backlog_records == 0)
        wait_until(lambda: len(told(caplog)) == 2)
        assert told(caplog)[1] == ("INFO", "the audit export works again")
        relay.stop()
        stats = relay.stats()
        assert (stats.audit.last_error, stats.audit.backlog_records) == ("", 0)
        assert relay.queue.check().problems == []
        assert len(cxone_simulator.interactions()) == 2 * EVENTS
    found = both(log)
    assert (found["ok"], found["records"]) == (True, stats.journal_records)
    closed = list(log.parent.glob("audit.0*"))
    assert len(closed) > 3
    assert {path.suffix for path in closed} == {".gz" if compress else ".log"}
    assert len(told(caplog)) == 2


def test_flush_delivers_and_then_says_that_the_export_failed(
    log: Path, filler: Filler, tmp_path: Path, cxone_simulator: Simulator
) -> None:
    (tmp_path / "relay.toml").write_text(f'[audit]\npath = "{log}"\n')
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(bodies(0, 30)))
    environment = os.environ | {
        "CXONE_BASE_URL": cxone_simulator.base_url,
        "CXONE_CLIENT_ID": cxone_simulator.client_id,
        "CXONE_CLIENT_SECRET": cxone_simulator.client_secret,
        "CXONE_TOKEN_URL": cxone_simulator.token_url,
    }

    def cxrelay(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cxrelay", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert cxrelay("ingest", "events.jsonl").returncode == 0
    filler.take_all_space()
    done = cxrelay("flush", "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert (said["reason"], said["completed"], said["waiting"]) == ("idle", 30, 0)
    assert said["audit"]["last_error"] == "full"
    assert said["audit"]["failures"] == 1
    assert said["audit"]["backlog_records"] >= 30
    assert done.stderr.startswith("cxrelay: the audit export failed and can be repeated: ")
    assert done.stderr.count("\n") == 1
    assert len(cxone_simulator.interactions()) == 30

    filler.give_back()
    done = cxrelay("flush", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["audit"]["backlog_records"] == 0
    assert both(log)["ok"]
