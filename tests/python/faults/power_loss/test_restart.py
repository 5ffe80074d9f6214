"""A process ends, another goes on with the same files, and then the power fails.

The second process reads what the first one wrote from the kernel's memory. That it can be read does not mean that it
is on the disk: an answer that builds on it needs a sync of its own.
"""

import os
from pathlib import Path

import pytest

from support import loss_replay
from support.loss_replay import Recording

pytestmark = pytest.mark.usefixtures("traceable")
SEED = 20240515
LONG = os.environ.get("CXRELAY_LONG_FAULTS") == "1"


@pytest.fixture
def third_commit(memory_folder: Path) -> int:
    """The number of the sync that makes the third put durable."""
    calls = loss_replay.record(memory_folder / "all").calls
    said = [n for n, call in enumerate(calls) if call.name == "write"]
    third_receipt = said[2 * 3 - 1]  # each step says a line before and one after
    return sum(call.name == "fdatasync" for call in calls[:third_receipt])


def broken(recording: Recording) -> str:
    replay = recording.replay(SEED, only_certain=not LONG)
    print(f"{replay.points} points, {replay.images} images, {len(replay.broken)} violations")
    return "\n".join(replay.broken[:20])


def test_what_was_synced_before_a_kill_is_kept(memory_folder: Path, third_commit: int) -> None:
    kill = f"fdatasync:signal=SIGUSR2:when={third_commit}"  # after the sync
    killed = loss_replay.record(memory_folder / "killed", inject=[kill])
    assert not broken(loss_replay.go_on(killed))


def test_a_duplicate_of_what_nobody_synced_is_answered_when_it_is(
    memory_folder: Path, third_commit: int
) -> None:
    """Killed between write and sync, restarted, and the event is delivered again."""
    kill = f"fdatasync:signal=SIGKILL:when={third_commit}"
    killed = loss_replay.record(memory_folder / "killed", inject=[kill])
    assert not broken(loss_replay.go_on(killed))


def test_a_commit_whose_sync_failed_is_not_trusted(memory_folder: Path, third_commit: int) -> None:
    """The service ends with the error of a failed sync and is started again."""
    fails = f"fdatasync:error=EIO:when={third_commit}"
    assert not broken(loss_replay.record(memory_folder / "failed", kind="restarts", inject=[fails]))
