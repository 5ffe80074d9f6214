"""The export of the audit trail is killed before and after every system call that it makes on a file.

However often it dies: the next export goes on, the trail has every record of the journal once and without a gap,
what was in a closed segment stays as it was, be it compressed meanwhile or not, every closed segment is on record once,
and every checkpoint that was signed on the way fits the trail.
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cxrelay import _core
from support import kill_sweep, queue_story
from support.audit_trail import both
from support.folder_sweep import FolderSweep
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
    compress=sys.argv[3] == "compress",
)
"""


def contents(folder: Path) -> dict[str, bytes]:
    """What is in each closed segment; a compressed copy beside the plain one must hold the same."""
    found: dict[str, bytes] = {}
    for file in sorted(folder.glob("audit.*-*.log*")):
        data = file.read_bytes()
        plain = gzip.decompress(data) if file.suffix == ".gz" else data
        assert found.setdefault(file.name.removesuffix(".gz"), plain) == plain, file
    return found


def note_problems(queue: _core.Queue, folder: Path) -> list[str]:
    """Each closed segment has exactly one record, and each record its segment."""
    noted = [
        json.loads(detail)
        for (detail,) in queue.query("SELECT detail FROM journal WHERE action = 'exported'")
    ]
    closed = []
    for name, data in contents(folder).items():
        first, last = (json.loads(data.splitlines()[end]) for end in (0, -1))
        closed.append(
            {
                "first_seq": first["seq"],
                "last_seq": last["seq"],
                "hash": last["hash"],
                "file": name,
            }
        )
    return [] if noted == closed else [f"closed are {closed}, on record are {noted}"]


class ExportSweep(FolderSweep):
    """Exports of copies of one queue file."""

    def __init__(self, folder: Path, compress: bool) -> None:
        super().__init__(folder)
        self.compress = compress
        self.start = folder / "start.db"
        queue = _core.Queue(str(self.start))
        queue_story.Story(queue, lambda said: None).live()
        queue.close()
        self.key = folder / "checkpoint.pem"
        _core.generate_checkpoint_key(str(self.key))

    def points(self) -> list[Point]:
        """An export that nobody disturbs shows which files there are, and how often each call is made."""
        _, calls = self.undisturbed()
        assert {"write", "fdatasync", "rename"} <= {call.name for call in calls}
        return kill_sweep.points_of(calls)

    def broken_at(self, point: Point) -> list[str]:
        folder = self.killed_at(point)
        if folder is None:
            return [f"{point}: the export ran through"]
        closed = contents(folder)
        queue = _core.Queue(str(folder / "queue.db"))
        log = folder / "audit.log"
        _core.export_audit(
            queue,
            str(log),
            SEGMENT_BYTES,
            str(self.key),
            checkpoint_records=CHECKPOINT_RECORDS,
            compress=self.compress,
        )
        broken = [*queue.check().problems, *note_problems(queue, folder)]
        records = queue.stats().journal_records
        queue.close()
        verified = both(log, Path(f"{log}.checkpoints"), [Path(f"{self.key}.pub")])
        if not verified["ok"] or verified["records"] != records:
            broken.append(f"{verified['records']} of {records} records, {verified['problem']}")
        after = contents(folder)
        broken += [f"{name} changed" for name, data in closed.items() if after.get(name) != data]
        kinds = {file.suffix for file in folder.glob("audit.0*")}
        if kinds != ({".gz"} if self.compress else {".log"}):
            broken.append(f"the closed segments are {kinds}")
        if list(folder.glob("*.compressing")):
            broken.append("a half-written segment is left")
        return [f"{point}: {text}" for text in broken]

    def copy(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        kill_sweep.copy_queue(self.start, folder / "queue.db")
        return folder

    def command(self, folder: Path) -> list[str | Path]:
        return [
            sys.executable,
            "-c",
            EXPORTS,
            folder,
            self.key,
            "compress" if self.compress else "plain",
        ]


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_every_kill_point(compress: bool, memory_folder: Path) -> None:
    sweep = ExportSweep(memory_folder, compress)
    points = sweep.points()
    assert compress is ("unlink" in {point.call for point in points})
    kill_sweep.swept("export", points, sweep.broken_at)


def exported(folder: Path) -> tuple[_core.Queue, Path]:
    """The same export with nobody to disturb it."""
    queue = _core.Queue(str(ExportSweep(folder, False).start))
    log = folder / "audit.log"
    _core.export_audit(queue, str(log), max_segment_bytes=SEGMENT_BYTES)
    assert both(log)["records"] == queue.stats().journal_records
    return queue, log


def test_a_missing_line_is_noticed(memory_folder: Path) -> None:
    """Teeth: the trail of the same export without one line does not verify."""
    _, log = exported(memory_folder)
    segment = min(memory_folder.glob("audit.*-*.log"))
    subprocess.run(["sed", "-i", "2d", segment], check=True)
    assert not both(log)["ok"]


def test_a_segment_without_its_record_is_noticed(memory_folder: Path) -> None:
    """Teeth: one more segment, or one less, than are on record."""
    queue, _ = exported(memory_folder)
    assert note_problems(queue, memory_folder) == []
    segment = min(memory_folder.glob("audit.*-*.log"))
    data = segment.read_bytes()
    segment.rename(memory_folder / "elsewhere")
    assert note_problems(queue, memory_folder)
    segment.write_bytes(data.splitlines(keepends=True)[0])
    assert note_problems(queue, memory_folder)
    segment.write_bytes(data)
    assert note_problems(queue, memory_folder) == []
