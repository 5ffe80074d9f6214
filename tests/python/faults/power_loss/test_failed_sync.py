"""A sync that failed once makes its writes uncertain for ever: the kernel takes those pages for clean afterwards.

So whoever goes on must write again what it wants to have.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from support import kill_sweep, loss_replay
from support.power_loss import SAID

pytestmark = pytest.mark.usefixtures("traceable")
SEED = 20240515


class Syncs:
    """The syncs of an undisturbed story: what for, and how many came before the queue was open."""

    def __init__(self, folder: Path, start: Path | None = None, accepted_before: int = 0) -> None:
        self.folder = folder
        self.start = start
        self.accepted_before = accepted_before
        recording = loss_replay.record(folder / "all", start, accepted_before, kind="patient")
        names = [(Path(call.path).name, call.name) for call in recording.calls]
        opened = names.index((SAID, "write"))
        self.all = [name for name, call in names if call == "fdatasync"]
        self.of_opening = sum(call == "fdatasync" for _, call in names[:opened])

    def broken_if_failed(self, syncs: Sequence[int], *, only_certain: bool = True) -> list[str]:
        """Lets one of `syncs` fail after the other (counted from 0); what an image then does not hold."""
        broken, images = [], 0
        for n in syncs:
            recording = loss_replay.record(
                self.folder / f"sync-{n}",
                self.start,
                self.accepted_before,
                kind="patient",
                inject=[f"fdatasync:error=EIO:when={n + 1}"],
            )
            replay = recording.replay(SEED, only_certain=only_certain, after_failure=True)
            images += replay.images
            broken += [f"sync {n} of {self.all[n]} failed, {text}" for text in replay.broken]
        print(f"{len(syncs)} failed syncs, {images} images, {len(broken)} violations")
        assert images
        return broken


def test_a_commit_whose_sync_failed_is_written_again(memory_folder: Path, long_run: bool) -> None:
    syncs = Syncs(memory_folder)
    after_opening = range(syncs.of_opening, len(syncs.all))
    assert len(after_opening) > 15
    broken = syncs.broken_if_failed(after_opening, only_certain=not long_run)
    assert not broken, "\n".join(broken[:20])


def test_a_log_is_copied_back_again_if_a_sync_failed(memory_folder: Path, long_run: bool) -> None:
    """From the commit before the copying on, to the second one in the log that starts again."""
    start = memory_folder / "start.db"
    syncs = Syncs(memory_folder, start, kill_sweep.make_long_log(start))
    copied_back = syncs.all.index("queue.db")
    around = range(copied_back - 2, copied_back + 4)
    broken = syncs.broken_if_failed(around, only_certain=not long_run)
    assert not broken, "\n".join(broken[:20])


def test_a_folder_whose_sync_failed_is_synced_again(memory_folder: Path) -> None:
    syncs = Syncs(memory_folder)
    of_folder = [n for n, name in enumerate(syncs.all) if name == "all"]
    broken = syncs.broken_if_failed(of_folder[-1:])
    assert not broken, "\n".join(broken[:20])
