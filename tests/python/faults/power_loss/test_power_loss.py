"""After a power loss only what was synced is certain; everything written since may have arrived, in any part.

The system calls of a run are recorded with their data, and the files are built anew as they may be on the disk before
each sync and after each answer. Opened afresh, each image must hold every answer given by then, and go on working.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from support import checkpoint_sweep, kill_sweep, loss_replay
from support.loss_replay import Recording
from support.queue_story import EVENTS

pytestmark = pytest.mark.usefixtures("traceable")
SEED = 20240515


def survives(recording: Recording, name: str, *, seeds: int) -> None:
    for seed in range(SEED, SEED + seeds):
        replay = recording.replay(seed)
        print(
            f"{name}: {replay.points} points, {replay.images} images, {len(replay.broken)} "
            f"violations, seed {seed}"
        )
        assert replay.images > 60
        assert not replay.broken, f"seed {seed}\n" + "\n".join(replay.broken[:20])


@pytest.fixture
def seeds(long_run: bool) -> int:
    return 10 if long_run else 1


def test_a_new_file(memory_folder: Path, seeds: int) -> None:
    survives(loss_replay.record(memory_folder / "new"), "new file", seeds=seeds)


def test_a_log_that_is_copied_back_and_starts_again(memory_folder: Path, seeds: int) -> None:
    start = memory_folder / "start.db"
    count = kill_sweep.make_long_log(start)
    recording = loss_replay.record(memory_folder / "long", start, count)
    survives(recording, "checkpoint and restart of the log", seeds=seeds)


@pytest.fixture
def long_log(memory_folder: Path) -> Recording:
    """A story in which a commit copies the log back; the power fails about then."""
    recording = loss_replay.record(memory_folder / "within", kind="long-log")
    return replace(recording, window=checkpoint_sweep.window_of(recording.calls))


def test_a_checkpoint_within_a_commit(long_log: Recording, seeds: int) -> None:
    survives(long_log, "checkpoint within a commit", seeds=seeds)


def test_a_checkpoint_within_a_commit_without_its_sync_loses_receipts(long_log: Recording) -> None:
    """Teeth, as below: only the copying back within the commit is not synced."""
    (sync,) = [
        c for c in long_log.calls[long_log.window] if (c.name, c.path[-3:]) == ("fdatasync", ".db")
    ]
    unsynced = long_log.without(lambda call: call is sync)
    assert any("is lost" in text for text in unsynced.replay(SEED, only_certain=True).broken)


def test_the_upgrade_of_a_tutorial_file(memory_folder: Path, seeds: int) -> None:
    start = memory_folder / "start.db"
    count = kill_sweep.make_tutorial_file(start)
    recording = loss_replay.record(memory_folder / "old", start, count, kind="only-open")
    survives(recording, "upgrade", seeds=seeds)


def test_without_syncs_receipts_are_lost(memory_folder: Path) -> None:
    """Teeth: ``synchronous=OFF`` leaves every sync out and takes it for done.

    The engine refuses to open a file in that mode, and shall have no switch for it. strace does the same from
    outside: it answers fsync and fdatasync with 0 and never makes the call.
    """
    inject = ["fsync,fdatasync:retval=0"]
    recording = loss_replay.record(memory_folder / "off", inject=inject)
    replay = recording.replay(SEED, only_certain=True)
    lost = set(re.findall(r"receipt of event \d+", "\n".join(replay.broken)))
    print(f"synchronous=OFF: {len(lost)} of {len(EVENTS)} receipts lost")
    assert len(lost) == len(EVENTS)


def test_with_syncs_of_checkpoints_only_receipts_are_lost(memory_folder: Path) -> None:
    """Teeth: ``synchronous=NORMAL`` syncs the log only before it is copied back."""
    recording = loss_replay.record(memory_folder / "normal")
    normal = recording.without(lambda call: call.name == "fdatasync" and call.path.endswith("-wal"))
    assert any("is lost" in text for text in normal.replay(SEED, only_certain=True).broken)


def test_without_the_sync_of_the_file_a_checkpoint_loses_receipts(memory_folder: Path) -> None:
    """Teeth: the log starts again over commits that are nowhere else for certain."""
    start = memory_folder / "start.db"
    count = kill_sweep.make_long_log(start)
    unsynced = loss_replay.record(memory_folder / "long", start, count).without(
        lambda call: call.name == "fdatasync" and call.path.endswith(".db")
    )
    assert unsynced.replay(SEED, only_certain=True).broken
