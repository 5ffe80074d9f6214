"""Stories from a queue file and from its exported log: the same, whatever happened."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from story_records import assert_whole, shape

import cxrelay
from cxrelay import AuditError, Queue, explain
from cxrelay._core import export_audit, forget_interaction
from cxrelay.stories import Ended, LogJournal, QueueJournal, Received, Validated, tell

LOG = "audit_transformations.log"
FAR_US = 4_000_000_000_000_000


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    opened = Queue(str(tmp_path / "queue.db"))
    yield opened
    opened.close()


def put(
    queue: Queue, interaction: str, time_us: int, name: str = "x", original: bytes = b""
) -> str:
    mapped = json.dumps({"attributes": {name: time_us}}).encode()
    return queue.put(
        f"{interaction}_{time_us}", interaction, time_us, original or mapped, mapped, "v1"
    ).idempotency_key


def deliver(queue: Queue, outcome: tuple[str, int, str, int] = ("completed", 200, "", 0)) -> None:
    claim = queue.claim(target="t")
    assert claim is not None
    queue.settle(claim, [outcome for _ in claim.updates], outcome[1])


def exported(queue: Queue, folder: Path, segment_bytes: int = 1 << 20) -> Path:
    """The log, copied to a folder of its own."""
    export_audit(queue, str(folder / LOG), segment_bytes)
    copy = folder / "copy"
    copy.mkdir()
    for path in folder.glob("audit_transformations*.log"):
        shutil.copy(path, copy)
    return copy / LOG


def test_all_that_can_happen_to_items(queue: Queue, tmp_path: Path) -> None:
    a, b = put(queue, "i", 1), put(queue, "i", 2, "y")
    c = put(queue, "j", 1)
    deliver(queue, ("retry", 503, "HTTP 503: busy", 1))  # [a, b] as one, and c
    d = put(queue, "i", 3)  # waits behind [a, b]
    deliver(queue, ("dead", 404, "HTTP 404: gone", 0))  # parts [a, b], kills c
    deliver(queue, ("dead", 404, "HTTP 404: gone", 0))  # a
    assert queue.revive(interaction_id="i", operator_name="ada") == 1
    while queue.stats().pending:
        deliver(queue)
    late = put(queue, "i", 0)
    assert queue.claim() is None  # superseded: newer ones have set x
    stories = {story.idempotency_key: story for story in tell(QueueJournal(queue).records())}
    assert stories.keys() == {a, b, c, d, late}
    for story in stories.values():
        assert story.problems == ()
        assert_whole(story)
    assert [story.state for story in stories.values()] == [
        "completed", "completed", "dead", "completed", "superseded",
    ]  # fmt: skip
    assert stories[a].attempts[0].key == b
    assert "parted" in shape(stories[a])
    assert "dead" in shape(stories[a])
    assert "behind" in shape(stories[d])

    log = exported(queue, tmp_path, segment_bytes=1000)
    assert len(list(log.parent.iterdir())) > 2
    told = tell(LogJournal(log).records())
    assert list(told) == list(stories.values())
    assert explain("i", log) == explain("i", queue)
    assert explain("i", log) == [stories[key] for key in (a, b, d, late)]
    assert explain(b, log) == [stories[b]]
    assert explain("nothing", log) == explain("nothing", queue) == []


def test_compressed_segments(queue: Queue, tmp_path: Path) -> None:
    key = put(queue, "i", 1)
    for number in range(2, 40):
        put(queue, "i", number)
        deliver(queue)
    log = exported(queue, tmp_path, segment_bytes=4000)
    (before,) = explain(key, log)
    segments = sorted(log.parent.glob("*-*.log"))
    assert len(segments) > 3
    for segment in segments[::2]:
        segment.with_name(f"{segment.name}.gz").write_bytes(gzip.compress(segment.read_bytes()))
        segment.unlink()
    segments[1].with_name(f"{segments[1].name}.gz").write_bytes(b"the plain one counts")
    assert explain(key, log) == [before]
    damaged = segments[0].with_name(f"{segments[0].name}.gz")
    for data in (damaged.read_bytes()[:-30], b"text"):
        damaged.write_bytes(data)
        with pytest.raises(AuditError, match="is not a whole gzip file"):
            explain(key, log)


def test_a_segment_that_is_compressed_while_it_is_read(queue: Queue, tmp_path: Path) -> None:
    for number in range(1, 40):
        put(queue, f"i{number}", number)
    log = exported(queue, tmp_path, segment_bytes=4000)
    records = LogJournal(log).records()
    first = next(records)
    for segment in log.parent.glob("*-*.log"):
        segment.with_name(f"{segment.name}.gz").write_bytes(gzip.compress(segment.read_bytes()))
        segment.unlink()
    assert [first.seq, *(record.seq for record in records)] == list(
        range(1, queue.stats().journal_records + 1)
    )


def test_a_deliverer_that_ended(tmp_path: Path) -> None:
    path = str(tmp_path / "queue.db")
    first = Queue(path)
    key = put(first, "i", 1)
    assert first.claim() is not None
    first.close()
    second = Queue(path)
    deliver(second)
    (story,) = explain(key, second)
    second.close()
    assert shape(story)[:2] == ["first_send", "=retry"]
    assert shape(story)[-1] == "=completed"
    assert story.attempts[0].recovered
    assert {wait.cause for wait in story.waits[1:]} <= {"deliverer_ended"}
    assert_whole(story)


def test_waiting_and_under_way(queue: Queue) -> None:
    key = put(queue, "i", 1)
    assert explain(key, queue)[0].state == "pending"
    claim = queue.claim()
    assert claim is not None
    assert explain(key, queue)[0].state == "in_flight"
    queue.settle(claim, [("retry", 503, "busy", FAR_US)], 503)
    (story,) = explain(key, queue)
    assert story.state == "pending"
    assert (story.waits[-1].cause, story.waits[-1].not_before_us) == ("retry", FAR_US)


@pytest.mark.parametrize(
    "original",
    [
        b'{"n":12345678901234567890123,"big":' + b"9" * 5000 + b"}",
        b'{\r\n "a": 1 }\n',
        b'"\\",\\"originalPayload\\":7"',
        '{"a":"ü\u2028"}'.encode(),
        b"\xff\xfe",
        b"no json",
        b"null",
    ],
    ids=range(7),
)
def test_the_exact_original(queue: Queue, tmp_path: Path, original: bytes) -> None:
    key = put(queue, "i", 1, original=original)
    by_queue, by_log = explain(key, queue), explain(key, exported(queue, tmp_path))
    assert by_queue == by_log
    received = by_queue[0].steps[0]
    assert isinstance(received, Received)
    assert (received.original, received.size) == ("kept", len(original))


def test_rows_of_a_tutorial_file(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE pending_updates (idempotency_key TEXT PRIMARY KEY, interaction_id TEXT,"
        " payload TEXT, attempts INTEGER, last_error TEXT, status TEXT, created_at TEXT)"
    )
    rows = [("a_1", "a", "pending"), ("b_1", "b", "completed"), ("c_1", "c", "stuck")]
    database.executemany(
        "INSERT INTO pending_updates VALUES (?, ?, '{\"x\":1}', 2, '', ?, '2024-05-15 10:30:00')",
        rows,
    )
    database.commit()
    database.close()
    queue = Queue(str(path))
    stories = [explain(key, queue)[0] for key, _, _ in rows]
    queue.close()
    assert [story.state for story in stories] == ["pending", "completed", "parked"]
    assert isinstance(stories[0].steps[0], Received)
    assert stories[0].steps[0].original == "none"
    assert stories[2].steps[1] == Validated("upgraded", "stuck", 2)


def test_an_erased_original(queue: Queue, tmp_path: Path) -> None:
    key = put(queue, "i", 1, original=b'{"secret":1}')
    log = exported(queue, tmp_path)
    line = log.read_text()
    erased = line.replace('"originalPayload":{"secret":1}', '"originalPayload":null')
    log.write_text(erased.replace(',"salt":', f',"originalDigest":"{"0" * 64}","salt":'))
    received = explain(key, log)[0].steps[0]
    assert isinstance(received, Received)
    assert (received.original, received.size, received.sha256) == ("erased", None, None)


def test_what_is_erased_while_it_waits_ends_there(queue: Queue, tmp_path: Path) -> None:
    done = put(queue, "i", 1, original=b'{"secret":1}')
    deliver(queue)
    waiting = put(queue, "i", 2)
    other = put(queue, "j", 1)
    forget_interaction(queue, str(tmp_path / LOG), "i", "me")
    told = {story.idempotency_key: story for story in tell(QueueJournal(queue).records())}
    assert [told[key].state for key in (done, waiting, other)] == ["completed", "dead", "pending"]
    last = told[waiting].steps[-1]
    assert isinstance(last, Ended)
    assert last.reason == "erased by an operator"
    assert_whole(told[waiting])
    assert [story.state for story in explain("i", queue)] == ["completed", "dead"]


class TestBrokenLogs:
    @pytest.fixture
    def log(self, queue: Queue, tmp_path: Path) -> Path:
        put(queue, "i", 1)
        deliver(queue)
        return exported(queue, tmp_path)

    def test_a_record_is_missing(self, log: Path) -> None:
        lines = log.read_text().splitlines(keepends=True)
        log.write_text(lines[0] + lines[2])
        with pytest.raises(AuditError, match="records 2 to 2 are missing"):
            explain("i", log)

    def test_a_line_that_is_still_written(self, log: Path) -> None:
        log.write_text(log.read_text()[:-1])
        assert explain("i", log)[0].state == "in_flight"

    @pytest.mark.parametrize("line", ["{}\n", "nothing\n", "[]\n", "\udcff\n"])
    def test_another_file(self, log: Path, line: str) -> None:
        log.write_text(line, errors="surrogateescape")
        with pytest.raises(AuditError, match=r"log:1 is not a line of an audit log"):
            explain("i", log)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(AuditError, match="there is no audit log"):
            explain("i", tmp_path / "none.log")

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(AuditError, match="cannot be read"):
            explain("i", tmp_path)


def test_a_copied_queue_file(queue: Queue, tmp_path: Path) -> None:
    key = put(queue, "i", 1)
    deliver(queue)
    expected = explain(key, queue)
    queue.close()
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("queue.db", "queue.db-wal"):
        shutil.copy(tmp_path / name, copy)
    opened = Queue(str(copy / "queue.db"))
    assert explain(key, opened) == expected
    opened.close()


def test_a_relay_explains(tmp_path: Path) -> None:
    config = cxrelay.RelayConfig(queue=cxrelay.QueueConfig(path=str(tmp_path / "q.db")))
    body = b'{"interactionId":"i","contactId":"c","timestamp":0,"attributes":{"queueName":"Sales"}}'
    with cxrelay.Relay(config) as relay:
        receipt = relay.ingest(body)
        (story,) = relay.explain(receipt.idempotency_key)
    mapped = story.as_dict()["steps"][2]
    assert [rule["to"] for rule in mapped["rules"] if rule["outcome"] == "written"] == [
        "attributes.routingQueue"
    ]
