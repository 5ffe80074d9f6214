"""Forgetting an interaction: nothing of it is left in any file, and everything still verifies."""

from __future__ import annotations

import gzip
import json
import subprocess
import threading
from pathlib import Path

import pytest

import cxrelay
from cxrelay import _core
from cxrelay.errors import StoreError
from support.audit_trail import ODD_ORIGINALS, both

PEOPLE = 40
PERSON = "person7"
SEGMENT_BYTES = 20_000


def canary(person: str) -> bytes:
    return f"Canary-{person}-phone.".encode()


def files_with(folder: Path, text: bytes) -> list[str]:
    """By another process: to close a file of a database here would drop the locks of this one."""
    found = subprocess.run(["grep", "-rlF", text.decode(), folder], capture_output=True, text=True)
    return found.stdout.split()


class Life:
    """A queue with events of many people in every state, exported, with a checkpoint of the time before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.queue = _core.Queue(str(folder / "queue.db"))
        self.log = folder / "audit.log"
        self.key = folder / "key.pem"
        self.checkpoints = folder / "checkpoints"
        for number in range(4 * PEOPLE):
            self.put(number)
            if number % 10 == 9:
                self.deliver(number)
        _core.export_audit(self.queue, str(self.log), SEGMENT_BYTES)
        _core.generate_checkpoint_key(str(self.key))
        made = _core.sign_checkpoint(str(self.log), str(self.key))
        _core.write_checkpoint(made, str(self.checkpoints))
        for number in range(4 * PEOPLE, 5 * PEOPLE):  # exported later, or never
            self.put(number)

    def put(self, number: int) -> None:
        person = f"person{number % PEOPLE}"
        mark = canary(person).decode()
        odd = ODD_ORIGINALS[number % 9] if number % 9 < len(ODD_ORIGINALS) else b"{}"
        size = (0, 300, 6000)[number % 3]  # the last needs pages of its own
        original = mark.encode() + odd + b" " * size
        if number % 2:
            original = json.dumps({"interactionId": person, "phone": mark + "x" * size}).encode()
        mapped = b"" if number % 17 == 7 else json.dumps({f"phone{number % 4}": mark}).encode()
        self.queue.put(f"{person}_{number}", person, 1_000_000 * (number % 70), original, mapped)

    def deliver(self, number: int) -> None:
        words = ["completed", "retry", "dead", "parked"]
        while claims := self.queue.claim_many(4, 3, "example"):
            for claim in claims:
                outcomes = [
                    (words[(number + i) % 4], 0, "", 2**61) for i in range(len(claim.updates))
                ]
                self.queue.settle(claim, outcomes, status=200)

    def forget(self, person: str = PERSON) -> cxrelay.Forgotten:
        done = _core.forget_interaction(self.queue, str(self.log), person, "alice")
        return cxrelay.Forgotten(interaction_id=person, **done)

    def assert_whole(self) -> None:
        result = self.queue.check()
        assert result.ok, result.problems
        verdict = both(self.log, self.checkpoints, [Path(f"{self.key}.pub")])
        assert verdict["ok"], verdict


@pytest.fixture
def life(memory_folder: Path) -> Life:
    return Life(memory_folder)


def test_nothing_of_the_person_is_left_and_everything_verifies(life: Life) -> None:
    mark = canary(PERSON)
    kinds = {Path(name).suffix for name in files_with(life.folder, mark)}
    assert {".db-wal", ".log"} <= kinds, "the canary was nowhere to begin with"
    states = {update.state for update in life.queue.list_updates(interaction_id=PERSON)}
    done = life.forget()
    assert done.complete
    assert len(done.erased) == len(done.events) == 5
    assert done.ended >= 1, states
    assert done.rewritten
    assert files_with(life.folder, mark) == []
    life.assert_whole()
    _core.export_audit(life.queue, str(life.log), SEGMENT_BYTES)
    assert files_with(life.folder, mark) == []
    life.assert_whole()
    assert files_with(life.folder, canary("person8"))


def test_person_after_person(life: Life) -> None:
    """What one erasure moves, the next one finds."""
    for number in range(PEOPLE):
        person = f"person{number * 7 % PEOPLE}"
        assert life.forget(person).complete
        assert files_with(life.folder, canary(person)) == []
    assert files_with(life.folder, b"Canary-") == []
    life.assert_whole()
    assert not life.queue.list_updates(erased=False)
    assert life.queue.claim() is None


def test_a_repetition_changes_nothing(life: Life) -> None:
    first = life.forget()
    before = {file: file.read_bytes() for file in life.folder.glob("audit*")}
    again = life.forget()
    assert (again.events, again.erased, again.ended) == (first.events, [], 0)
    assert (again.record_seq, again.rewritten) == (0, [])
    assert {file: file.read_bytes() for file in life.folder.glob("audit*")} == before
    assert not life.forget("nobody").known


def test_the_event_is_still_known(life: Life) -> None:
    body = canary(PERSON) + b"{}"
    first = life.queue.put("k", PERSON, 5_000_000_000, body, b'{"a":1}')
    life.forget()
    again = life.queue.put("k", PERSON, 5_000_000_000, body, b'{"a":1}')
    assert (again.status, again.seq) == ("duplicate", first.seq)
    assert files_with(life.folder, canary(PERSON)) == []


def test_in_flight_is_refused_and_nothing_changes(life: Life) -> None:
    life.queue.put("k", "traveller", 5, canary("traveller"), b'{"a":1}')
    open_claims = life.queue.claim_many(100, 100, "example")
    assert any(u.interaction_id == "traveller" for claim in open_claims for u in claim.updates)
    records = life.queue.stats().journal_records
    with pytest.raises(StoreError, match="in flight: try again") as caught:
        life.forget("traveller")
    assert caught.value.kind == "busy"
    assert life.queue.stats().journal_records == records
    assert files_with(life.folder, canary("traveller"))
    for claim in open_claims:
        life.queue.settle(claim, [("completed", 200, "", 0)] * len(claim.updates))
    assert life.forget("traveller").ended == 0
    assert files_with(life.folder, canary("traveller")) == []
    life.assert_whole()


def test_puts_and_exports_go_on_meanwhile(life: Life) -> None:
    failed: list[BaseException] = []
    ended = threading.Event()

    def put() -> None:
        number = 10_000
        while not ended.is_set():
            life.queue.put(f"other_{number}", f"other{number % 5}", number, b"{}", b'{"a":1}')
            number += 1

    def export() -> None:
        while not ended.is_set():
            try:
                _core.export_audit(life.queue, str(life.log), SEGMENT_BYTES)
            except cxrelay.AuditError as error:  # the erasure holds the lock
                if "another exporter is at work" not in str(error):
                    raise

    def guarded(work: object) -> None:
        try:
            assert callable(work)
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (put, export)]
    for thread in threads:
        thread.start()
    try:
        for number in range(0, PEOPLE, 4):
            life.forget(f"person{number}")
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert not failed
    for number in range(0, PEOPLE, 4):
        assert life.forget(f"person{number}").complete  # nobody reads any more
        assert files_with(life.folder, canary(f"person{number}")) == []
    _core.export_audit(life.queue, str(life.log), SEGMENT_BYTES)
    life.assert_whole()


def test_compressed_segments_are_forgotten_too(life: Life) -> None:
    _core.export_audit(life.queue, str(life.log), SEGMENT_BYTES, compress=True)
    packed = list(life.folder.glob("audit.*.log.gz"))
    assert packed
    assert not list(life.folder.glob("audit.*-*.log"))

    def holders() -> list[Path]:
        return [file for file in packed if canary(PERSON) in gzip.decompress(file.read_bytes())]

    held = holders()
    assert held
    done = life.forget()
    assert done.complete
    assert {str(file) for file in held} <= set(done.rewritten)
    assert holders() == []
    assert files_with(life.folder, canary(PERSON)) == []
    life.assert_whole()


def test_the_relay_forgets_too(tmp_path: Path) -> None:
    config = cxrelay.RelayConfig(
        queue=cxrelay.QueueConfig(path=str(tmp_path / "queue.db")),
        audit=cxrelay.AuditConfig(path=str(tmp_path / "audit.log")),
    )
    body = {
        "interactionId": "a1b2",
        "contactId": "c-1",
        "timestamp": "2024-05-15T10:30:00Z",
        "attributes": {"customerPhone": canary("a1b2").decode()},
    }
    with cxrelay.Relay(config) as relay:
        relay.ingest(json.dumps(body))
        relay.export_audit()
        done = relay.forget("a1b2", "alice")
        assert done.complete
        assert done.rewritten == [str(tmp_path / "audit.log")]
        assert relay.queue.check().ok
        relay.export_audit()
    assert files_with(tmp_path, canary("a1b2")) == []
    assert both(tmp_path / "audit.log")["ok"]
    assert '"by":"alice"' in (tmp_path / "audit.log").read_text()
