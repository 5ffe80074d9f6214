"""Kills `queue_story` at each system call on the queue's files, and judges what is left.

Two moments of a call: SIGKILL before it (the kernel drops the call) and a signal without a handler after it: the call
is done, but no instruction of the process runs any more.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from cxrelay import _core
from support import queue_oracle, queue_story, strace

STORY = [sys.executable, queue_story.__file__]
SIGNALS = {"before": "SIGKILL", "after": "SIGUSR2"}
# What changes the files or asks for their safety, and the locks between two such calls.
KILL_CALLS = (
    "openat", "write", "writev", "pwrite64", "pwritev", "ftruncate", "fallocate", "fsync",
    "fdatasync", "sync_file_range", "rename", "renameat", "renameat2", "unlink", "unlinkat", "flock",
)  # fmt: skip
WORKERS = 2
T = TypeVar("T")


class Point(NamedTuple):
    """The n-th time that a call is made on the queue's files."""

    call: str
    n: int
    moment: str

    def __str__(self) -> str:
        return f"{self.moment} {self.call} {self.n}"

    @property
    def inject(self) -> str:
        """What strace is told, to kill there."""
        return f"{self.call}:signal={SIGNALS[self.moment]}:when={self.n}"


def points_of(calls: Iterable[strace.Call]) -> list[Point]:
    """Before and after each of the calls that an undisturbed run made."""
    return [
        Point(call, n, moment)
        for call, count in Counter(call.name for call in calls).items()
        for n in range(1, count + 1)
        for moment in SIGNALS
    ]


def swept(name: str, points: Sequence[Point], broken_at: Callable[[Point], list[str]]) -> None:
    """Judges every point; fails with the first violations."""
    with ThreadPoolExecutor(WORKERS) as pool:
        broken = [text for texts in pool.map(broken_at, points) for text in texts]
    print(f"{name}: {len(points)} kill points, {len(broken)} violations")
    assert not broken, "\n".join(broken[:20])


def make_long_log(path: Path) -> int:
    """A queue file whose log is nearly long enough to be copied back: events of one commit each, all delivered.

    Returns how many.
    """
    queue = _core.Queue(str(path))
    count = queue_story.lengthen_log(queue, path)
    queue.close()
    return count


def make_tutorial_file(path: Path) -> int:
    """A file as the tutorial's code wrote it. By another process: a second SQLite must not touch it in this one."""
    rows = [(f"old{n}_t", f"old{n}", '{"a": 1}', n % 3, "pending") for n in range(40)]
    script = """if True:
        import sqlite3, sys, json
        connection = sqlite3.connect(sys.argv[1])
        connection.execute(
            "CREATE TABLE pending_updates (idempotency_key TEXT PRIMARY KEY, interaction_id TEXT NOT NULL,"
            " payload TEXT NOT NULL, attempts INTEGER DEFAULT 0, last_error TEXT,"
            " status TEXT DEFAULT 'pending', created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)")
        connection.executemany(
            "INSERT INTO pending_updates (idempotency_key, interaction_id, payload, attempts, status)"
            " VALUES (?, ?, ?, ?, ?)", json.loads(sys.argv[2]))
        connection.commit()"""
    subprocess.run([sys.executable, "-c", script, path, json.dumps(rows)], check=True)
    return len(rows)


def copy_queue(source: Path, target: Path) -> None:
    """Copies file and log as a kill leaves them, in another process: a plain close() here would drop our locks."""
    for suffix in ("", "-wal"):
        file = source.with_name(source.name + suffix)
        if file.exists():
            subprocess.run(["cp", file, target.with_name(target.name + suffix)], check=True)


class Sweep:
    """All kill points of one story, on a copy of `start` (with so many events in it) or on a new file.

    `stands_by`: this process has the file open too, with a long log, and goes on with the dead one's lock and index.
    """

    calls: Sequence[str] = KILL_CALLS

    def __init__(
        self,
        folder: Path,
        start: Path | None = None,
        accepted_before: int = 0,
        *,
        stands_by: bool = False,
        arguments: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.start = start
        self.accepted_before = accepted_before
        self.stands_by = stands_by
        self.arguments = arguments

    def record(self, name: str = "record") -> list[strace.Call]:
        """The calls of a story that nobody disturbs."""
        path = self._file(name)
        log = path.with_name("strace.log")
        stands_by = self._stand_by(path)
        code = self._run(path, [], log)
        assert code == 0, f"the story ended with {code}"
        if stands_by is not None:
            stands_by.close()
        return strace.read_log(log)

    def points(self, commits: int | None = None) -> list[Point]:
        """Every point of the story, or of its first `commits`; one run counts them."""
        calls = self.record()
        syncs = [n for n, c in enumerate(calls) if (c.name, c.path[-4:]) == ("fdatasync", "-wal")]
        points = points_of(calls[: syncs[commits] if commits else None])
        writes = [point for point in points if point.call == "pwrite64"]
        assert writes, "no write was seen: does the queue file lie behind a link?"
        return points

    def run(self, points: Sequence[Point]) -> list[str]:
        """Runs the points; returns what was broken, each sentence with its point."""
        return self._each(points, self.broken_at)

    def _each(self, points: Sequence[T], broken: Callable[[T], list[str]]) -> list[str]:
        with ThreadPoolExecutor(WORKERS) as pool:
            found = zip(points, pool.map(broken, points), strict=True)
            return [f"{point}: {text}" for point, texts in found for text in texts]

    def broken_at(self, point: Point) -> list[str]:
        """Kills at one point and judges a copy of the files, then what a stander-by makes of them."""
        path = self._file(str(point).replace(" ", "-"))
        stands_by = self._stand_by(path)
        code = self._run(path, [point.inject])
        if code == 0:
            return ["the story ran through: the point was not reached"]
        said = queue_story.parse_lines(path.with_name("said").read_text())
        promises = queue_oracle.Promises(said, self.accepted_before)

        copy = path.with_name("copy.db")
        copy_queue(path, copy)
        broken = queue_oracle.judge(_core.Queue(str(copy)), promises)
        if stands_by is not None:
            broken += [f"stander-by: {text}" for text in queue_oracle.judge(stands_by, promises)]
        if not broken:
            shutil.rmtree(path.parent)
        return broken

    def _stand_by(self, path: Path) -> _core.Queue | None:
        if not self.stands_by:
            return None
        queue = _core.Queue(str(path))
        self.accepted_before = queue_story.lengthen_log(queue, path)
        queue.resign()  # the story delivers
        return queue

    def _file(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        if self.start is not None:
            copy_queue(self.start, folder / "queue.db")
        return folder / "queue.db"

    def _run(self, path: Path, inject: Sequence[str], log: Path | str = "/dev/null") -> int:
        return strace.run_traced(
            [*STORY, path, *self.arguments],
            strace.queue_files(path),
            log=log,
            calls=self.calls,
            inject=inject,
            stdout=path.with_name("said"),
        )
