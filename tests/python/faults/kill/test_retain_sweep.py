"""Retention of the exported trail is killed before and after every system call that it makes on a file.

However often it dies: what is left verifies with the checkpoint of before, the journal holds together, and saying it
once more finishes it, with one tombstone and one record.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from cxrelay import _core
from support import kill_sweep, queue_story
from support.audit_trail import newest_us
from support.folder_sweep import FolderSweep
from support.kill_sweep import Point

pytestmark = pytest.mark.usefixtures("traceable")
SEGMENT_BYTES = 1500

RETAINS = """
import sys
from cxrelay import _core

folder, key, limit = sys.argv[1:]
queue = _core.Queue(folder + "/queue.db")
_core.retain_trail(queue, folder + "/audit.log", key, int(limit), operator_name="alice")
"""


class RetainSweep(FolderSweep):
    """Retentions in copies of one folder: a queue file, and its trail, of which one retention has taken some."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.start.mkdir()
        self.key = folder / "key.pem"
        queue = _core.Queue(str(self.start / "queue.db"))
        log = str(self.start / "audit.log")
        queue_story.Story(queue, lambda said: None).live()
        _core.export_audit(queue, log, max_segment_bytes=SEGMENT_BYTES)
        _core.generate_checkpoint_key(str(self.key))
        _core.write_checkpoint(
            _core.sign_checkpoint(log, str(self.key)), str(folder / "checkpoints")
        )
        segments = self._segments(self.start)
        assert len(segments) > 5
        _core.retain_trail(queue, log, str(self.key), newest_us(segments[0]) + 1)
        self.limit = newest_us(segments[3]) + 1
        self.first_left = segments[4].name
        queue.close()

    def points(self) -> list[Point]:
        """A retention that nobody disturbs shows which files there are, and how often each call is made."""
        folder, calls = self.undisturbed()
        assert self._broken_afterwards(folder) == []
        names = {call.name for call in calls}
        assert {"write", "pwrite64", "fdatasync", "unlink", "fsync"} <= names
        order = [(call.name, Path(call.path).suffix) for call in calls]
        signed = order.index(("fdatasync", ".tombstones"))
        removed = order.index(("unlink", ".log"))
        assert ("fdatasync", ".db-wal") in order[signed:removed], "signed, on record, then removed"
        return kill_sweep.points_of(calls)

    def broken_at(self, point: Point) -> list[str]:
        folder = self.killed_at(point)
        if folder is None:
            return [f"{point}: the retention ran through"]
        broken = self._trouble(folder)
        queue = _core.Queue(str(folder / "queue.db"))
        log = str(folder / "audit.log")
        _core.retain_trail(queue, log, str(self.key), self.limit, operator_name="alice")
        queue.close()
        broken += [f"after the repetition: {text}" for text in self._broken_afterwards(folder)]
        if not broken:
            shutil.rmtree(folder)
        return [f"{point}: {text}" for text in broken]

    def _broken_afterwards(self, folder: Path) -> list[str]:
        broken = self._trouble(folder)
        if self._segments(folder)[0].name != self.first_left:
            broken.append("it is not what was to be removed that is gone")
        lines = (folder / "audit.log.tombstones").read_text().splitlines()
        tombstones = [json.loads(line)["seq"] for line in lines]
        queue = _core.Queue(str(folder / "queue.db"))
        rows = queue.query("SELECT detail FROM journal WHERE action = 'retained' ORDER BY seq")
        queue.close()
        records = [json.loads(row[0])["last_seq"] for row in rows]
        if len(tombstones) != 2 or records != tombstones:
            broken.append(f"tombstones {tombstones}, records {records}")
        return broken

    def _trouble(self, folder: Path) -> list[str]:
        queue = _core.Queue(str(folder / "queue.db"))
        problems = queue.check().problems
        queue.close()
        checkpoints = str(self.folder / "checkpoints")
        keys = [f"{self.key}.pub"]
        verified = _core.verify_audit(str(folder / "audit.log"), checkpoints, keys)
        return problems if verified.ok else [*problems, verified.problem]

    @staticmethod
    def _segments(folder: Path) -> list[Path]:
        return sorted(folder.glob("audit.*-*.log"))

    def command(self, folder: Path) -> list[str | Path]:
        return [sys.executable, "-c", RETAINS, folder, self.key, str(self.limit)]


def test_every_kill_point(memory_folder: Path) -> None:
    sweep = RetainSweep(memory_folder)
    kill_sweep.swept("retain", sweep.points(), sweep.broken_at)


def test_a_removal_without_a_tombstone_is_noticed(memory_folder: Path) -> None:
    """Teeth: the same files removed, and nothing signed for it."""
    sweep = RetainSweep(memory_folder)
    for segment in sweep._segments(sweep.start)[:2]:
        segment.unlink()
    assert "segment missing before seq" in sweep._trouble(sweep.start)[0]
