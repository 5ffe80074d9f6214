"""Each name of ``cxrelay.tutorial`` by itself."""

from __future__ import annotations

import json
import logging
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxrelay import Mapping, StoreError, tutorial
from cxrelay.simulator import Simulator

PAYLOAD = {"attributes": {"routingQueue": "Support"}}
TIME = "2024-05-15T10:30:00+00:00"


@pytest.fixture
def queue(tmp_path: Path) -> tutorial.IdempotentRetryQueue:
    return tutorial.IdempotentRetryQueue(str(tmp_path / "queue.db"))


@pytest.fixture(autouse=True)
def _no_audit_handlers() -> Iterator[None]:
    yield
    logger = logging.getLogger("cxone_audit")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


def test_enqueue_gives_the_tutorials_key(queue: tutorial.IdempotentRetryQueue) -> None:
    assert queue.enqueue("tenant_42", PAYLOAD, TIME) == f"tenant_42_{TIME}"
    assert queue.enqueue("tenant_42", PAYLOAD, TIME) == f"tenant_42_{TIME}"
    assert len(queue.dequeue_batch()) == 1


def test_another_payload_under_the_same_key_is_kept(queue: tutorial.IdempotentRetryQueue) -> None:
    queue.enqueue("i", PAYLOAD, TIME)
    other = queue.enqueue("i", {"attributes": {"routingQueue": "Sales"}}, TIME)
    assert other.startswith(f"i_{TIME}#")


def test_dequeue_gives_rows_once_until_they_are_marked(
    queue: tutorial.IdempotentRetryQueue,
) -> None:
    key = queue.enqueue("i", PAYLOAD, TIME)
    ((taken, interaction, payload),) = queue.dequeue_batch()
    assert (taken, interaction, json.loads(payload)) == (key, "i", PAYLOAD)
    assert queue.dequeue_batch() == []
    queue.mark_retry(key, "HTTP 503")
    assert [row[0] for row in queue.dequeue_batch()] == [key]
    queue.mark_success(key)
    assert queue.dequeue_batch() == []


def test_marking_works_without_taking_first(queue: tutorial.IdempotentRetryQueue) -> None:
    first = queue.enqueue("i", PAYLOAD, TIME)
    second = queue.enqueue("j", PAYLOAD, TIME)
    queue.mark_success(second)
    queue.mark_success("unknown")
    queue.mark_retry(first, "again")
    assert [row[0] for row in queue.dequeue_batch()] == [first]


def test_a_file_of_the_tutorial_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "retry_queue.db"
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "db.execute('CREATE TABLE pending_updates (idempotency_key TEXT PRIMARY KEY, interaction_id TEXT"
        " NOT NULL, payload TEXT NOT NULL, attempts INTEGER DEFAULT 0, last_error TEXT, status TEXT"
        ' DEFAULT "pending", created_at TEXT DEFAULT CURRENT_TIMESTAMP)\')\n'
        "rows = [(f'i{n}_2024-05-15T10:30:0{n}+00:00', f'i{n}', '{\"attributes\": {\"a\": 1}}',"
        " ['pending', 'completed'][n % 2]) for n in range(10)]\n"
        "db.executemany('INSERT INTO pending_updates (idempotency_key, interaction_id, payload, status)"
        " VALUES (?, ?, ?, ?)', rows)\n"
        "db.commit()\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    queue = tutorial.IdempotentRetryQueue(str(path))
    assert len(queue.dequeue_batch(25)) == 5
    count = (
        "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT status, count(*)"
        " FROM pending_updates GROUP BY 1 ORDER BY 1').fetchall())"
    )
    seen = subprocess.run(
        [sys.executable, "-c", count, str(path)], check=True, capture_output=True, text=True
    )
    assert seen.stdout.strip() == "('completed', 5) ('in_flight', 5)"


def test_conn_reads_by_sql(queue: tutorial.IdempotentRetryQueue) -> None:
    key = queue.enqueue("i", PAYLOAD, TIME)
    rows = queue.conn.execute(
        "SELECT idempotency_key, status, attempts FROM pending_updates WHERE interaction_id = ?",
        ("i",),
    )
    assert rows.fetchall() == [(key, "pending", 0)]
    assert queue.conn.execute("SELECT NULL, 1.5, x'00'").fetchone() == (None, 1.5, b"\0")
    for sql in ("DELETE FROM journal", "SELECT nonsense", "SELECT ?"):
        with pytest.raises(StoreError):
            queue.conn.execute(sql)


def test_transform_is_the_tutorials() -> None:
    event = tutorial.parse_webhook_payload(
        json.dumps(
            {
                "interactionId": "i",
                "contactId": "c",
                "timestamp": TIME,
                "attributes": {"queueName": "Q", "agentName": "", "wrapUpCode": None},
                "legacyCrmId": "CRM",
                "sourceChannel": "voice",
            }
        )
    )
    expected = {
        "attributes": {"crmReferenceId": "CRM", "originChannel": "VOICE", "routingQueue": "Q"}
    }
    assert tutorial.transform_to_cxone_schema(event) == expected
    assert Mapping.from_rules(tutorial.FIELD_MAPPING).apply(event) == expected


def test_an_invalid_payload_is_a_value_error_without_the_input() -> None:
    with pytest.raises(ValueError, match="contactId") as caught:
        tutorial.parse_webhook_payload('{"interactionId": "i", "timestamp": "hush-hush"}')
    assert "hush-hush" not in str(caught.value)


def test_headers_carry_the_token(
    cxone_simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXONE_BASE_URL", cxone_simulator.base_url)
    auth = tutorial.CXoneAuthManager(cxone_simulator.client_id, cxone_simulator.client_secret)
    headers = auth.get_headers()
    assert headers["Authorization"] == f"Bearer {auth.access_token}"
    assert auth.get_token() == auth.access_token
    assert len(cxone_simulator.requests(kind="token")) == 1
    assert cxone_simulator.client_secret not in repr(auth)


def test_the_region_cannot_name_another_host() -> None:
    with pytest.raises(ValueError, match="region"):
        tutorial.CXoneAuthManager("id", "secret", "evil.example/x?")


def test_the_audit_logger_is_private_and_set_up_once(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    tutorial.setup_audit_logger(str(path))
    logger = tutorial.setup_audit_logger(str(path))
    tutorial.write_audit_record(logger, "i", {"a": 1}, PAYLOAD, "success")
    (line,) = path.read_text().splitlines()
    assert list(json.loads(line)) == [
        "timestamp",
        "interactionId",
        "originalPayload",
        "transformedPayload",
        "processingStatus",
        "errorMessage",
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(TypeError, match="no JSON form"):
        tutorial.write_audit_record(logger, "i", {"a": object()}, PAYLOAD, "success")


def test_the_python_sqlite_module_is_the_same_library() -> None:
    from cxrelay import _core

    if _core.second_sqlite() == "":
        assert sqlite3.sqlite_version == _core.library_versions()["sqlite"]
