"""A queue file is copied while others put and deliver: of one moment, whole or not there, and a queue of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxrelay import _core
from cxrelay.errors import AuditError, StoreError
from support import kill_sweep, queue_oracle, queue_story, strace
from support.kill_sweep import Point

MEGABYTE = 1 << 20

# Both until their input ends. A line that is there was written after the receipt.
PUTTER = """
import os, sys, threading
from cxrelay import _core

ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
queue = _core.Queue(sys.argv[1])
number = 0
while not ended.is_set():
    number += 1
    key = f"{sys.argv[2]}-{number}"
    receipt = queue.put(key, key, number, b"x" * 2000, b'{"a":1}')
    os.write(1, f"{receipt.seq} {key}\\n".encode())
"""
DELIVERER = """
import os, sys, threading
from cxrelay import _core

ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
queue = _core.Queue(sys.argv[1])
while not ended.is_set():
    for claim in queue.claim_many(4, 25, "example"):
        queue.settle(claim, [("completed", 200, "", 0)] * len(claim.updates))
        os.write(1, b"settled\\n")
"""
BACKUP = """
import sys
from cxrelay import _core
_core.Queue(sys.argv[1]).backup(sys.argv[2])
"""


class Worker:
    """A process that works on the queue and says what it has done."""

    def __init__(self, script: str, path: Path, said: Path, *arguments: str) -> None:
        self.said = said
        with said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", script, path, *arguments],
                stdin=subprocess.PIPE,
                stdout=out,
            )

    @property
    def lines(self) -> list[str]:
        """Whole lines."""
        text, _, _ = self.said.read_text().rpartition("\n")
        return text.splitlines()

    def wait_for_more(self, count: int) -> None:
        before = len(self.lines)
        while len(self.lines) < before + count:
            assert self.process.poll() is None

    def end(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[list[Worker]]:
    path = tmp_path / "queue.db"
    started = [
        Worker(PUTTER, path, tmp_path / "a", "a"),
        Worker(PUTTER, path, tmp_path / "b", "b"),
        Worker(DELIVERER, path, tmp_path / "delivered"),
    ]
    yield started
    for worker in started:
        worker.process.kill()
        worker.process.wait()


def log_bytes(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


def test_a_copy_while_others_put_and_deliver(tmp_path: Path, workers: list[Worker]) -> None:
    path = tmp_path / "queue.db"
    queue = _core.Queue(str(path))
    queue.put_many([(f"{n}", f"{n}", n, b"y" * 8000, b'{"a":1}') for n in range(1000)])
    for worker in workers:
        worker.wait_for_more(20)
    for number in range(3):
        receipts = dict(line.split() for worker in workers[:2] for line in worker.lines)
        copied = tmp_path / f"copy-{number}.db"
        result = queue.backup(str(copied))
        for worker in workers:
            worker.wait_for_more(1)
        copy = _core.Queue(str(copied))
        assert copy.check().problems == []
        assert copy.stats().journal_records == result.records
        stored = dict(
            copy.query("SELECT seq, idempotency_key FROM journal WHERE action='accepted'")
        )
        assert receipts.items() <= {str(seq): key for seq, key in stored.items()}.items()
        exported = tmp_path / f"trail-{number}.log"
        _core.export_audit(copy, str(exported))
        verified = _core.verify_audit(str(exported))
        assert (verified.ok, verified.records) == (True, copy.stats().journal_records)
        copy.close()
    for worker in workers:
        worker.end()
    assert queue.check().ok
    assert log_bytes(path) < 32 * MEGABYTE  # it started again after each copy
    queue.close()


def test_a_full_disk_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    queue = _core.Queue(str(tmp_path / "queue.db"))
    queue.put_many([(f"{n}", f"{n}", n, b"y" * 60_000, b'{"a":1}') for n in range(64)])
    with pytest.raises(StoreError) as caught:
        queue.backup(str(small_disk / "copy.db"))
    assert caught.value.kind == "full"
    assert list(small_disk.iterdir()) == []
    assert queue.put("next", "next", 10**6, b"", b'{"a":1}').status == "accepted"
    queue.backup(str(tmp_path / "copy.db"))
    queue.close()


class BackupSweep:
    """Backups of one queue file, each to a folder of its own."""

    calls = (*kill_sweep.KILL_CALLS, "truncate")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "queue.db"
        self.said: list[queue_story.Said] = []
        self.queue = _core.Queue(str(self.path))
        queue_story.Story(self.queue, self.said.append).live()

    def record(self) -> list[strace.Call]:
        copied = self._copied("record")
        log = self.folder / "strace.log"
        assert self._back_up(copied, [], log) == 0
        return strace.read_log(log)

    def points(self) -> list[Point]:
        points = kill_sweep.points_of(self.record())
        calls = {point.call for point in points}
        assert {"openat", "pwrite64", "fdatasync", "renameat2"} <= calls
        return points

    def broken_at(self, point: Point) -> list[str]:
        copied = self._copied(str(point).replace(" ", "-"))
        if self._back_up(copied, [point.inject]) == 0:
            return [f"{point}: the backup ran through"]
        if not copied.exists():
            subprocess.run([sys.executable, "-c", BACKUP, self.path, copied], check=True)
        left = {file.name for file in copied.parent.iterdir()}
        broken = [f"there is {left}"] if left != {"copy.db"} else []
        promises = queue_oracle.Promises(self.said)
        broken += queue_oracle.judge(_core.Queue(str(copied)), promises)
        return [f"{point}: {text}" for text in broken]

    def _copied(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder / "copy.db"

    def _back_up(self, copied: Path, inject: list[str], log: Path | str = "/dev/null") -> int:
        partial = copied.with_name("copy.db.partial")
        return strace.run_traced(
            [sys.executable, "-c", BACKUP, self.path, copied],
            [copied, partial, copied.parent],
            log=log,
            calls=self.calls,
            inject=inject,
            stdout=Path("/dev/null"),
        )


@pytest.mark.usefixtures("traceable")
def test_a_killed_backup_leaves_the_whole_file_or_none(memory_folder: Path) -> None:
    """Before and after each call on the copy; the next backup to the same place works."""
    sweep = BackupSweep(memory_folder)
    kill_sweep.swept("backup", sweep.points(), sweep.broken_at)
    assert sweep.queue.check().ok
    sweep.queue.close()


@pytest.mark.usefixtures("traceable")
def test_a_copy_has_its_name_when_it_is_on_disk(memory_folder: Path) -> None:
    calls = BackupSweep(memory_folder).record()
    names = [call.name for call in calls]
    renamed = names.index("renameat2")
    written = max(n for n, name in enumerate(names) if name == "pwrite64")
    synced = [n for n, call in enumerate(calls) if call.name in ("fdatasync", "fsync")]
    assert any(written < n < renamed and calls[n].path.endswith(".partial") for n in synced)
    assert any(n > renamed and Path(calls[n].path).name == "record" for n in synced)


def test_the_command(tmp_path: Path) -> None:
    path, copied = tmp_path / "queue.db", tmp_path / "copy.db"
    queue = _core.Queue(str(path))
    queue.put("key", "i", 1, b"", b'{"a":1}')
    command = [sys.executable, "-m", "cxrelay", "--db", path, "queue", "backup", copied, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    size = copied.stat().st_size
    assert json.loads(done.stdout) == {"path": str(copied), "records": 1, "bytes": size}
    assert copied.stat().st_mode & 0o777 == 0o600
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    os.unlink(copied)
    copied.symlink_to(tmp_path / "elsewhere.db")
    linked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert linked.returncode == 1
    assert "symbolic link" in linked.stderr
    assert not (tmp_path / "elsewhere.db").exists()
    queue.close()


def test_a_plain_copy_of_the_file_loses_receipts(tmp_path: Path) -> None:
    """Teeth: what was put last stands in the log alone."""
    path, copied = tmp_path / "queue.db", tmp_path / "copy.db"
    queue = _core.Queue(str(path))
    queue.put("key", "i", 1, b"", b'{"a":1}')
    subprocess.run(["cp", path, copied], check=True)
    assert _core.Queue(str(copied)).find("key") is None
    queue.close()


def test_a_trail_that_went_on_after_the_backup_is_left_alone(tmp_path: Path) -> None:
    """A restored queue has another history from there on; both must be told apart."""
    trail = str(tmp_path / "audit.log")
    queue = _core.Queue(str(tmp_path / "queue.db"))
    queue.put("before", "i", 1, b"", b'{"a":1}')
    queue.backup(str(tmp_path / "restored.db"))
    queue.put("after", "i", 2, b"", b'{"a":2}')
    _core.export_audit(queue, trail)
    queue.close()

    restored = _core.Queue(str(tmp_path / "restored.db"))
    with pytest.raises(AuditError):
        _core.export_audit(restored, trail)
    restored.put("another", "i", 3, b"", b'{"a":3}')
    with pytest.raises(AuditError):
        _core.export_audit(restored, trail)
    assert _core.verify_audit(trail).records == 2
    assert _core.export_audit(restored, str(tmp_path / "new.log")).records == 2
    restored.close()
