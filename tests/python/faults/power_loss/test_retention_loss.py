"""The power fails while retention removes segments: whatever is on the disk verifies, and a repetition finishes.

Names count as much as contents here: a segment's name may be gone only when the tombstone is on the disk, and no name
before that of an older segment.
"""

import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cxrelay import _core
from support import power_loss, queue_story, strace
from support.audit_trail import newest_us

pytestmark = pytest.mark.usefixtures("traceable")
SEGMENT_BYTES = 1500
SEED = 20

RETAINS = """
import sys
from cxrelay import _core

folder, other, key, limit = sys.argv[1:]
_core.retain_trail(_core.Queue(other + "/queue.db"), folder + "/audit.log", key, int(limit))
"""


class RetentionLoss:
    """Retentions of one trail, recorded call by call."""

    def __init__(self, folder: Path) -> None:
        self.other = folder  # the queue file is somewhere else: its files have tests of their own
        self.folder = folder / "trail"
        self.folder.mkdir()
        self.key = folder / "key.pem"
        queue = _core.Queue(str(folder / "queue.db"))
        queue_story.Story(queue, lambda said: None).live()
        _core.export_audit(queue, str(self.folder / "audit.log"), SEGMENT_BYTES)
        queue.close()
        _core.generate_checkpoint_key(str(self.key))
        (self.folder / "audit.log.lock").unlink()
        self.segments = sorted(self.folder.glob("audit.*-*.log"))
        self.limit = newest_us(self.segments[3]) + 1
        self.left = [path.name for path in self.segments[4:]]
        self.files = {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def record(self, inject: str = "") -> list[strace.Call]:
        """What one retention does, until a kill if ``inject`` says so."""
        log = self.other / "strace.log"
        tombstones = self.folder / "audit.log.tombstones"
        watched = [tombstones] if inject else [self.folder, f"{self.folder}/", tombstones]
        code = strace.run_traced(
            [sys.executable, "-c", RETAINS, self.folder, self.other, self.key, str(self.limit)],
            [*watched, *(self.folder / name for name in self.files)],
            log=log,
            inject=[inject] if inject else [],
            stdout=Path("/dev/null"),
            whole_data=True,
        )
        assert (code < 0) is bool(inject)
        return strace.read_log(log)

    def broken(
        self, calls: list[strace.Call], left_out: Callable[[strace.Call], bool] | None = None
    ) -> tuple[int, list[str]]:
        """How many images were looked at, and what is wrong with them."""
        kept = [call for call in calls if left_out is None or not left_out(call)]
        rng, images = random.Random(SEED), set()
        for disk, _ in power_loss.crash_points(kept, self.folder, self.files):
            for _, choice in disk.choices(rng):
                images.add(tuple(sorted(disk.image(choice).items())))
        texts = [text for image in images for text in self._judge(dict(image))]
        return len(images), texts

    def _judge(self, image: power_loss.Image) -> list[str]:
        folder = self.other / "image"
        folder.mkdir()
        for name, data in image.items():
            (folder / name).write_bytes(data)
        keys = [f"{self.key}.pub"]
        log = str(folder / "audit.log")
        found = _core.verify_audit(log, None, keys)
        broken = [] if found.ok else [found.problem]
        if found.ok:
            queue = _core.Queue(str(self.other / "queue.db"))
            _core.retain_trail(queue, log, str(self.key), self.limit)
            queue.close()
            found = _core.verify_audit(log, None, keys)
            left = sorted(path.name for path in folder.glob("audit.*-*.log"))
            if not found.ok or found.tombstones != 1 or left != self.left:
                broken.append(f"repeated: {found.problem}, {found.tombstones} tombstones, {left}")
        shutil.rmtree(folder)
        return broken


def test_every_image(memory_folder: Path) -> None:
    loss = RetentionLoss(memory_folder)
    images, broken = loss.broken(loss.record())
    print(f"{images} images")
    assert not broken, broken[:5]
    assert images > 5


def test_a_kill_before_the_power_loss(memory_folder: Path) -> None:
    """The tombstone of a call that did not live to sync it is on the disk before the next call acts on it."""
    loss = RetentionLoss(memory_folder)
    first = loss.record("fdatasync:signal=SIGKILL:when=1")
    assert (loss.folder / "audit.log.tombstones").stat().st_size > 0
    calls = first + loss.record()
    images, broken = loss.broken(calls)
    print(f"{images} images")
    assert not broken, broken[:5]
    assert loss.broken(calls, is_sync_of_tombstones)[1], "teeth: it is that sync which does it"


def is_sync_of_folder(call: strace.Call) -> bool:
    return call.name == "fsync"


def is_sync_of_tombstones(call: strace.Call) -> bool:
    return call.name == "fdatasync"


@pytest.mark.parametrize("left_out", [is_sync_of_folder, is_sync_of_tombstones])
def test_a_sync_that_is_left_out_is_noticed(
    left_out: Callable[[strace.Call], bool], memory_folder: Path
) -> None:
    """Teeth."""
    loss = RetentionLoss(memory_folder)
    assert loss.broken(loss.record(), left_out)[1]
