"""Forgetting an interaction is killed before and after every system call that it makes on a file.

However often it dies: the queue file and the trail hold together, with the checkpoint that was signed before, and
saying it once more leaves nothing of the interaction in any file.
"""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cxrelay import _core
from support import kill_sweep, queue_story
from support.folder_sweep import FolderSweep
from support.kill_sweep import Point

pytestmark = pytest.mark.usefixtures("traceable")
SEGMENT_BYTES = 3000
PERSON = "i2"
CANARY = "Canary-4711"

FORGETS = """
import sys
from cxrelay import _core

folder = sys.argv[1]
_core.forget_interaction(_core.Queue(folder + "/queue.db"), folder + "/audit.log", "i2", "alice")
"""


class ForgetSweep(FolderSweep):
    """Erasures in copies of one folder: a queue file, and its trail in several segments."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.start.mkdir()
        self.key = folder / "key.pem"
        queue = _core.Queue(str(self.start / "queue.db"))
        log = str(self.start / "audit.log")
        self._put(queue, 1)
        queue_story.Story(queue, lambda said: None).live()
        _core.export_audit(queue, log, max_segment_bytes=SEGMENT_BYTES)
        # The first segment, which has the person's first event, is there compressed.
        first = min(self.start.glob("audit.0*"))
        subprocess.run(["gzip", first], check=True)
        assert CANARY.encode() in gzip.decompress(first.with_name(f"{first.name}.gz").read_bytes())
        self._put(queue, 2)  # in the open segment
        self._put(queue, 3, 30_000)  # and one that needs pages of its own
        _core.export_audit(queue, log, max_segment_bytes=1_000_000)
        _core.generate_checkpoint_key(str(self.key))
        made = _core.sign_checkpoint(log, str(self.key))
        _core.write_checkpoint(made, str(folder / "checkpoints"))
        self._put(queue, 4)  # not exported
        queue.close()

    def points(self) -> list[Point]:
        """An erasure that nobody disturbs shows which files there are, and how often each call is made."""
        folder, calls = self.undisturbed()
        assert self._holders(folder) == []
        assert {"write", "pwrite64", "fdatasync", "rename", "ftruncate", "fsync"} <= {
            call.name for call in calls
        }
        return kill_sweep.points_of(calls)

    def broken_at(self, point: Point) -> list[str]:
        folder = self.killed_at(point)
        if folder is None:
            return [f"{point}: the erasure ran through"]
        queue = _core.Queue(str(folder / "queue.db"))
        log = str(folder / "audit.log")
        broken = self._trouble(queue, log)
        done = _core.forget_interaction(queue, log, PERSON, "alice")
        if not done["log_emptied"] or done["elsewhere"]:
            broken.append(f"the repetition is not complete: {done}")
        broken += [f"after the repetition: {text}" for text in self._trouble(queue, log)]
        records = queue.query("SELECT count(*) FROM journal WHERE action = 'erased'")[0][0]
        queue.close()
        if records != 1:
            broken.append(f"{records} records of it")
        broken += [f"{file} still has it" for file in self._holders(folder)]
        if list(folder.glob("*.erasing")):
            broken.append("a half-written segment is left")
        if not broken:
            shutil.rmtree(folder)
        return [f"{point}: {text}" for text in broken]

    def _trouble(self, queue: _core.Queue, log: str) -> list[str]:
        checkpoints = str(self.folder / "checkpoints")
        verified = _core.verify_audit(log, checkpoints, [f"{self.key}.pub"])
        problems = queue.check().problems
        return problems if verified.ok else [*problems, verified.problem]

    def _put(self, queue: _core.Queue, number: int, size: int = 0) -> None:
        text = CANARY + "x" * size
        original = f'{{"interactionId":"{PERSON}","phone":"{text}"}}'.encode()
        queue.put(f"{PERSON}-{number}", PERSON, number, original, f'"{text}"'.encode())

    def _holders(self, folder: Path) -> list[str]:
        found = subprocess.run(["grep", "-rlF", CANARY, folder], capture_output=True, text=True)
        packed = [
            str(file)
            for file in folder.glob("*.gz")
            if CANARY.encode() in gzip.decompress(file.read_bytes())
        ]
        return [*found.stdout.split(), *packed]

    def command(self, folder: Path) -> list[str | Path]:
        return [sys.executable, "-c", FORGETS, folder]


def test_every_kill_point(memory_folder: Path) -> None:
    sweep = ForgetSweep(memory_folder)
    kill_sweep.swept("forget", sweep.points(), sweep.broken_at)


def test_what_is_left_out_is_noticed(memory_folder: Path) -> None:
    """Teeth: an erasure that leaves out the exported trail leaves something that the search finds."""
    sweep = ForgetSweep(memory_folder)
    queue = _core.Queue(str(sweep.start / "queue.db"))
    _core.forget_interaction(queue, "", PERSON, "alice")
    found = {Path(name).name for name in sweep._holders(sweep.start)}
    assert "audit.log" in found
    assert not found & {"queue.db", "queue.db-wal"}
