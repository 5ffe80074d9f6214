"""Retention is killed before and after every system call that it makes on a file.

However often it dies: the queue file holds together and its counts are what they were, the export goes on, and saying
it once more finishes the work: the same records are left, and nothing of the payloads that went.
"""

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
CANARY = "Canary-4711"
MANY = 1300  # records are deleted only 1,000 behind the last payload
ROWS = 700  # of a call: its boundaries are in the middle of things
COUNTS = ("accepted", "completed", "superseded", "dead", "requests", "attempts", "journal_records")

RETAINS = f"""
import sys
from cxrelay import _core

queue = _core.Queue(sys.argv[1] + "/queue.db")
while queue.retain(0, max_rows={ROWS}).end == "limit":
    pass
"""


class RetentionSweep(FolderSweep):
    """Retention in copies of one folder: a queue file with a long past, and its trail."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.start.mkdir()
        queue = _core.Queue(str(self.start / "queue.db"))
        queue_story.Story(queue, lambda said: None).live()  # some of everything
        self._put_and_settle(queue, 0, MANY)
        self._put_and_settle(queue, MANY, MANY + 1, "dead")
        self._put_and_settle(queue, MANY + 1, MANY + 100)
        _core.export_audit(queue, str(self.start / "audit.log"))
        self.counts = self._counts(queue)
        queue.close()
        self.end = (0, 0, 0)

    def points(self) -> list[Point]:
        """What nobody disturbs shows which files there are, and how often each call is made."""
        folder, calls = self.undisturbed()
        queue = _core.Queue(str(folder / "queue.db"))
        self.end = self._place(queue)
        assert self._trouble(queue, folder) == []
        queue.close()
        first, erased_until, held_up_by = self.end
        assert 100 < first < held_up_by - 900 < erased_until
        assert {"pwrite64", "fdatasync", "flock"} <= {call.name for call in calls}
        return kill_sweep.points_of(calls)

    def broken_at(self, point: Point) -> list[str]:
        folder = self.killed_at(point)
        if folder is None:
            return [f"{point}: it ran through"]
        broken = self.judge(folder)
        if not broken:
            shutil.rmtree(folder)
        return [f"{point}: {text}" for text in broken]

    def judge(self, folder: Path) -> list[str]:
        """What is wrong with what a kill has left, and with what becomes of it."""
        queue = _core.Queue(str(folder / "queue.db"))
        broken = self._trouble(queue, folder)
        while queue.retain(0).end == "limit":
            pass
        broken += [f"after the repetition: {text}" for text in self._trouble(queue, folder)]
        if self._place(queue) != self.end:
            broken.append(f"it ends at {self._place(queue)}, not at {self.end}")
        _core.forget_interaction(queue, "", "nobody", "")  # empties the log
        queue.close()
        found = subprocess.run(
            ["grep", "-lF", CANARY, *folder.glob("queue.db*")], capture_output=True
        )
        return [*broken, f"{found.stdout!r} still has a payload"] if found.stdout else broken

    def _trouble(self, queue: _core.Queue, folder: Path) -> list[str]:
        problems = queue.check().problems
        if self._counts(queue) != self.counts:
            problems.append(f"the counts are {self._counts(queue)}, not {self.counts}")
        log = str(folder / "audit.log")
        exported = _core.export_audit(queue, log).records
        verified = _core.verify_audit(log)
        if exported or not verified.ok or verified.last_seq != self.counts["journal_records"]:
            problems.append(f"the trail: {exported} records more, {verified.problem}")
        return problems

    def _counts(self, queue: _core.Queue) -> dict[str, int]:
        stats = queue.stats()
        return {name: getattr(stats, name) for name in COUNTS}

    def _place(self, queue: _core.Queue) -> tuple[int, int, int]:
        stats = queue.stats()
        return stats.first_seq, stats.erased_until_seq, stats.held_up_by_seq

    def _put_and_settle(
        self, queue: _core.Queue, first: int, last: int, word: str = "completed"
    ) -> None:
        # What stays has another text.
        text = f'{{"phone":"{CANARY if word == "completed" else "kept"}"}}'.encode()
        queue.put_many([(f"many{n}_t", f"many{n}", n, text, text) for n in range(first, last)])
        while claims := queue.claim_many(4, 100, "example"):
            for claim in claims:
                queue.settle(claim, [(word, 200, "", 0)] * len(claim.updates))

    def command(self, folder: Path) -> list[str | Path]:
        return [sys.executable, "-c", RETAINS, folder]


def test_every_kill_point(memory_folder: Path) -> None:
    sweep = RetentionSweep(memory_folder)
    kill_sweep.swept("retention", sweep.points(), sweep.broken_at)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE meta SET value = value + 1 WHERE name = 'first_seq'",
        "UPDATE meta SET value = value - 1 WHERE name = 'deleted_completed'",
        "DELETE FROM kept_events",
        "DELETE FROM journal WHERE seq < 400",
    ],
)
def test_half_a_step_is_noticed(memory_folder: Path, damage: str) -> None:
    """Teeth: what a transaction that is torn in two would leave."""
    sweep = RetentionSweep(memory_folder)
    sweep.points()
    folder = memory_folder / "record"
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
    )
    subprocess.run([sys.executable, "-c", script, folder / "queue.db", damage], check=True)
    assert sweep.judge(folder)
