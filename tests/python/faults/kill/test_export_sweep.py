"""The export of the audit trail is killed before and after every system call that it makes on a file.

However often it dies: the next export goes on, the trail has every record of the journal once and without a gap,
what was in a closed segment stays as it was, and every checkpoint that was signed on the way fits the trail.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cxrelay import _core
from support import kill_sweep, queue_story, strace
from support.kill_sweep import Point

pytestmark = pytest.mark.usefixtures("traceable")
SEGMENT_BYTES = 3000  # a few records each: the trail has several closed segments
CHECKPOINT_RECORDS = 5

EXPORTS = f"""
import sys
from cxrelay import _core

queue = _core.Queue(sys.argv[1] + "/queue.db")
_core.export_audit(
    queue,
    sys.argv[1] + "/audit.log",
    max_segment_bytes={SEGMENT_BYTES},
    checkpoint_key=sys.argv[2],
    checkpoint_records={CHECKPOINT_RECORDS},
)
"""


class ExportSweep:
    """Exports of copies of one queue file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start = folder / "start.db"
        queue = _core.Queue(str(self.start))
        queue_story.Story(queue, lambda said: None).live()
        self.records = queue.stats().journal_records
        queue.close()
        self.key = folder / "checkpoint.pem"
        _core.generate_checkpoint_key(str(self.key))
        self.files: list[Path] = []

    def points(self) -> list[Point]:
        """An export that nobody disturbs shows which files there are, and how often each call is made."""
        folder = self._copy("record")
        log = self.folder / "strace.log"
        assert self._export(folder, [], [], log) == 0
        calls = [call for call in strace.read_log(log) if call.name in kill_sweep.KILL_CALLS]
        calls = [call for call in calls if Path(call.path).is_relative_to(folder)]
        assert {"write", "fdatasync", "rename"} <= {call.name for call in calls}
        self.files = [
            Path(name) for name in {Path(call.path).relative_to(folder) for call in calls}
        ]
        return kill_sweep.points_of(calls)

    def broken_at(self, point: Point) -> list[str]:
        folder = self._copy(str(point).replace(" ", "-"))
        # strace compares paths as they are written, and the folder is opened with a slash at its end.
        files = [f"{folder}/", *(folder / file for file in self.files)]
        if self._export(folder, files, [point.inject]) == 0:
            return [f"{point}: the export ran through"]
        closed = {file: file.read_bytes() for file in folder.glob("audit.*-*.log")}
        queue = _core.Queue(str(folder / "queue.db"))
        log = str(folder / "audit.log")
        _core.export_audit(
            queue, log, SEGMENT_BYTES, str(self.key), checkpoint_records=CHECKPOINT_RECORDS
        )
        queue.close()
        verified = _core.verify_audit(log, f"{log}.checkpoints", [f"{self.key}.pub"])
        broken = []
        if not verified.ok or verified.records != self.records:
            broken.append(f"{verified.records} of {self.records} records, {verified.problem}")
        broken += [f"{file} changed" for file, data in closed.items() if file.read_bytes() != data]
        return [f"{point}: {text}" for text in broken]

    def _copy(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        kill_sweep.copy_queue(self.start, folder / "queue.db")
        return folder

    def _export(
        self,
        folder: Path,
        files: Sequence[Path | str],
        inject: list[str],
        log: Path | str = "/dev/null",
    ) -> int:
        return strace.run_traced(
            [sys.executable, "-c", EXPORTS, folder, self.key],
            files,
            log=log,
            calls=kill_sweep.KILL_CALLS,
            inject=inject,
            stdout=Path("/dev/null"),
        )


def test_every_kill_point(memory_folder: Path) -> None:
    sweep = ExportSweep(memory_folder)
    kill_sweep.swept("export", sweep.points(), sweep.broken_at)


def test_a_missing_line_is_noticed(memory_folder: Path) -> None:
    """Teeth: the trail of the same export without one line does not verify."""
    sweep = ExportSweep(memory_folder)
    queue = _core.Queue(str(sweep.start))
    path = memory_folder / "audit.log"
    _core.export_audit(queue, str(path), max_segment_bytes=SEGMENT_BYTES)
    assert _core.verify_audit(str(path)).records == sweep.records
    segment = min(memory_folder.glob("audit.*-*.log"))
    subprocess.run(["sed", "-i", "2d", segment], check=True)
    assert not _core.verify_audit(str(path)).ok
