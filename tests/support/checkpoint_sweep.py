"""Kills `queue_story` while one of its commits copies the log back, and while the log starts again."""

from collections import Counter
from pathlib import Path

from cxrelay import _core
from support import strace
from support.kill_sweep import SIGNALS, Point, Sweep

SYNCS_AFTER = 3  # of the new head of the log, and of two commits
SYNCED_LOG = ("fdatasync", "queue.db-wal")


def window_of(calls: list[strace.Call]) -> slice:
    """The calls from the last page that was written to a full log, to the first commits after it was copied back."""
    names = [(call.name, Path(call.path).name) for call in calls]
    copied = max(n for n, name in enumerate(names) if name == ("pwrite64", "queue.db"))
    begin = max(n for n in range(copied) if names[n] == ("pwrite64", "queue.db-wal"))
    syncs = [n for n in range(copied, len(calls)) if names[n] == SYNCED_LOG]
    window = slice(begin, syncs[SYNCS_AFTER - 1] + 1)
    assert SYNCED_LOG in names[begin:copied], "it was not a commit that copied the log back"
    again = [call.numbers[-1] for call in calls[copied : window.stop] if call.name == "pwrite64"]
    assert 0 in again, "the log did not start again"
    return window


class CheckpointSweep(Sweep):
    """The points of that window. This process has the file open all the time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, stands_by=True, arguments=["long-log"])

    def points(self, commits: int | None = None) -> list[Point]:
        assert commits is None
        calls = self.record()
        window = window_of(calls)
        before = Counter(call.name for call in calls[: window.start])
        inside = Counter(call.name for call in calls[window])
        return [
            Point(call, before[call] + n, moment)
            for call, count in inside.items()
            for n in range(1, count + 1)
            for moment in SIGNALS
        ]

    def _stand_by(self, path: Path) -> _core.Queue:
        return _core.Queue(str(path))
