"""A system call on the queue's files fails: the caller is told, nothing is stored by half, and the next try works."""

from pathlib import Path

import pytest

from cxrelay import _core
from support import kill_sweep, queue_oracle, queue_story, strace
from support.error_sweep import ErrorPoint, ErrorSweep

pytestmark = pytest.mark.usefixtures("traceable")
OPENINGS_OF_THE_WRITER = 2  # the file and its log


def swept(sweep: ErrorSweep, points: list[ErrorPoint], name: str) -> None:
    broken = sweep.run_errors(points)
    print(f"{name}: {len(points)} calls failed, {len(broken)} violations")
    assert not broken, "\n".join(broken[:20])


@pytest.fixture
def at_most(long_run: bool) -> int | None:
    return None if long_run else 16


def test_a_new_file(memory_folder: Path, at_most: int | None) -> None:
    sweep = ErrorSweep(memory_folder)
    swept(sweep, sweep.error_points(at_most=at_most), "new file")
    assert sweep.told["pwrite64", "queue.db-wal", "ENOSPC"] == {"full"}
    assert sweep.told["pwrite64", "queue.db-wal", "EIO"] == {"io"}
    assert sweep.told["fdatasync", "queue.db-wal", "EIO"] == {"io"}


def test_a_log_that_is_copied_back_and_starts_again(
    memory_folder: Path, at_most: int | None
) -> None:
    start = memory_folder / "start.db"
    sweep = ErrorSweep(memory_folder, start, kill_sweep.make_long_log(start))
    points = [
        point
        for point in sweep.error_points(at_most=at_most)
        if not (point.call == "openat" and point.n <= OPENINGS_OF_THE_WRITER)
    ]
    swept(sweep, points, "checkpoint and restart of the log")
    # Whoever opens the file copies the log of others back, and is told when he cannot.
    assert sweep.told["pwrite64", "queue.db", "EIO"] == {"io"}


@pytest.mark.parametrize("n", range(1, OPENINGS_OF_THE_WRITER + 1))
def test_a_file_that_cannot_be_opened_for_writing_once(memory_folder: Path, n: int) -> None:
    start = memory_folder / "start.db"
    sweep = ErrorSweep(memory_folder, start, kill_sweep.make_long_log(start))
    points = [point for point in sweep.error_points() if (point.call, point.n) == ("openat", n)]
    swept(sweep, points, "opening")


@pytest.mark.parametrize(("error", "kind"), [("ENOSPC", "full"), ("EIO", "io")])
def test_an_error_that_stays_for_a_while(memory_folder: Path, error: str, kind: str) -> None:
    """Told at each try; when it ends the same handle goes on by itself."""
    path = memory_folder / "queue.db"
    code = strace.run_traced(
        [*kill_sweep.STORY, path, "patient"],
        [path.with_name("queue.db-wal")],
        calls=["pwrite64"],
        inject=[f"pwrite64:error={error}:when=15..18"],
        stdout=memory_folder / "said",
    )
    said = queue_story.parse_lines((memory_folder / "said").read_text())
    assert code == 0
    assert [line["failed"] for line in said if "failed" in line] == [kind] * 4
    assert not queue_oracle.judge(_core.Queue(str(path)), queue_oracle.Promises(said))
