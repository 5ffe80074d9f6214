"""The process is killed before and after every system call that it makes on the queue's files.

Whenever it dies: each receipt is in the file, each settlement that was answered holds, a step is stored whole or not
at all, the journal tells the same as the state, its chain is whole, and the work goes on to its end, each update once.
That is asked of a copy, as after a restart, and of a process that has had the file open all the time.
"""

import signal
from pathlib import Path

import pytest

from support import kill_sweep, strace
from support.checkpoint_sweep import CheckpointSweep
from support.kill_sweep import Sweep

pytestmark = pytest.mark.usefixtures("traceable")


def swept(sweep: Sweep, name: str, commits: int | None = None) -> None:
    points = sweep.points(commits)
    broken = sweep.run(points)
    print(f"{name}: {len(points)} kill points, {len(broken)} violations")
    assert not broken, "\n".join(broken)


@pytest.fixture
def long_log(memory_folder: Path) -> tuple[Path, int]:
    path = memory_folder / "start.db"
    return path, kill_sweep.make_long_log(path)


def test_a_new_file(memory_folder: Path, long_run: bool) -> None:
    """Until some commits are in the log; from there on the points are those of the next test."""
    swept(Sweep(memory_folder), "new file", commits=None if long_run else 5)


def test_a_log_that_is_copied_back_and_starts_again(memory_folder: Path) -> None:
    """Whoever opens the file copies the log back that a stander-by has left."""
    sweep = Sweep(memory_folder, stands_by=True)
    names = [
        (call.path.rpartition("/")[2], call.name, call.numbers[-1:])
        for call in sweep.record("covers")
    ]
    copied_back = names.index(("queue.db", "fdatasync", []))
    assert ("queue.db-wal", "pwrite64", [0]) in names[copied_back:], "the log did not start again"
    swept(sweep, "checkpoint and restart of the log")


def test_a_checkpoint_within_a_commit(memory_folder: Path) -> None:
    """The log has become long enough: whoever commits copies it back, and the next commit starts it again."""
    swept(CheckpointSweep(memory_folder), "checkpoint within a commit")


def test_the_recovery_of_a_log(memory_folder: Path, long_log: tuple[Path, int]) -> None:
    """Whoever opens the file after a kill may be killed too."""
    swept(Sweep(memory_folder, *long_log, arguments=["only-open"]), "recovery")


def test_the_upgrade_of_a_tutorial_file(memory_folder: Path) -> None:
    path = memory_folder / "start.db"
    rows = kill_sweep.make_tutorial_file(path)
    swept(Sweep(memory_folder, path, rows, arguments=["only-open"]), "upgrade")


@pytest.mark.parametrize("moment", kill_sweep.SIGNALS)
def test_a_kill_is_before_or_after_its_call(memory_folder: Path, moment: str) -> None:
    path = memory_folder / "queue.db"
    code = strace.run_traced(
        [*kill_sweep.STORY, path],
        strace.queue_files(path),
        inject=[f"ftruncate:signal={kill_sweep.SIGNALS[moment]}:when=1"],
        stdout=memory_folder / "said",
    )
    assert code == -signal.Signals[kill_sweep.SIGNALS[moment]]
    # SQLite's first ftruncate gives the new -shm file three bytes.
    assert path.with_name("queue.db-shm").stat().st_size == {"before": 0, "after": 3}[moment]


def test_an_answer_before_the_commit_is_noticed(memory_folder: Path) -> None:
    """Teeth: a story that says its receipts too early breaks its promise at some of the points."""
    sweep = Sweep(memory_folder, arguments=["answers-early"])
    writes = [point for point in sweep.points() if point.call == "pwrite64"]
    broken = sweep.run(writes)
    assert any("is lost" in text for text in broken)
