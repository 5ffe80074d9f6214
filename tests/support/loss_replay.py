"""Runs `queue_story`, and opens every image that a power loss could have left of its files."""

import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from cxrelay import _core
from cxrelay.errors import StoreError
from support import power_loss, queue_story, strace
from support.power_loss import Image
from support.queue_oracle import Promises, judge

STORY = [sys.executable, queue_story.__file__]


@dataclass
class Replay:
    """What was looked at and found."""

    points: int = 0
    images: int = 0
    broken: list[str] = field(default_factory=list)


@dataclass
class Recording:
    """The calls of one story, and the files that it began with."""

    folder: Path
    files: Image
    accepted_before: int
    calls: list[strace.Call]
    window: slice = field(default_factory=lambda: slice(None))  # the calls at which the power fails

    def replay(
        self,
        seed: int,
        *,
        only_certain: bool = False,
        after_failure: bool = False,
        workers: int = 2,
    ) -> Replay:
        """Judges the images. `only_certain`: those without anything unsynced. `after_failure`: of a sync."""
        replay = Replay()
        cases = self._cases(random.Random(seed), replay, only_certain, after_failure)
        with ThreadPoolExecutor(workers) as pool:
            # A few at a time: an image can be some megabytes.
            while batch := list(islice(cases, 8 * workers)):
                for texts in pool.map(self._judge, batch):
                    replay.broken += texts
                replay.images += len(batch)
        return replay

    def _cases(
        self, rng: random.Random, replay: Replay, only_certain: bool, after_failure: bool
    ) -> Iterator[tuple[str, Image, Promises]]:
        """Every different image with the promises that it has to keep."""
        seen: set[int] = set()
        for disk, said in self._crash_points():
            if after_failure and not disk.failed_syncs:
                continue
            replay.points += 1
            choices = [("nothing", {})] if only_certain else disk.choices(rng)
            for name, choice in choices:
                image = disk.image(choice)
                key = hash((len(said), *sorted((name, hash(data)) for name, data in image.items())))
                if key not in seen:
                    seen.add(key)
                    promises = Promises(said, self.accepted_before)
                    yield f"point {replay.points}, {name}", image, promises

    def _crash_points(self) -> Iterator[tuple[power_loss.Disk, list[queue_story.Said]]]:
        return power_loss.crash_points(self.calls, self.folder, self.files, self.window)

    def _judge(self, case: tuple[str, Image, Promises]) -> list[str]:
        place, image, promises = case
        folder = self.folder / place.replace(", ", "-").replace(" ", "-")
        folder.mkdir()
        for name, data in image.items():
            (folder / name).write_bytes(data)
        try:
            broken = judge(_core.Queue(str(folder / "queue.db")), promises)
        except StoreError as error:
            broken = [f"cannot be used: {error}"]
        shutil.rmtree(folder)
        return [f"{place}: {text}" for text in broken]

    def without(self, left_out: Callable[[strace.Call], bool]) -> "Recording":
        """The same story as if some calls had never been made."""
        calls = [call for call in self.calls if not left_out(call)]
        return replace(self, calls=calls)


def record(
    folder: Path,
    start: Path | None = None,
    accepted_before: int = 0,
    *,
    kind: str = "",
    inject: Sequence[str] = (),
) -> Recording:
    """Lives a story in `folder`, on a copy of `start` or on a new file."""
    folder.mkdir()
    files = {}
    if start is not None:
        for suffix in ("", "-wal"):
            source = start.with_name(start.name + suffix)
            if source.exists():
                files["queue.db" + suffix] = source.read_bytes()
                (folder / ("queue.db" + suffix)).write_bytes(files["queue.db" + suffix])
    return Recording(folder, files, accepted_before, _calls_of_story(folder, kind, inject))


def go_on(recording: Recording) -> Recording:
    """Another process lives the story on the same files, as a redelivery after a restart: the machine stayed up."""
    calls = recording.calls + _calls_of_story(recording.folder, "", ())
    return replace(recording, calls=calls)


def _calls_of_story(folder: Path, kind: str, inject: Sequence[str]) -> list[strace.Call]:
    path = folder / "queue.db"
    log = folder / "strace.log"
    said = folder / power_loss.SAID
    code = strace.run_traced(
        [*STORY, path, *([kind] if kind else [])],
        [*strace.queue_files(path), said],
        log=log,
        inject=inject,
        stdout=said,
        whole_data=True,
    )
    kills = any("signal=" in expression for expression in inject)
    assert (code < 0) == kills, f"the story ended with {code}"
    calls = strace.read_log(log)
    log.unlink()
    return calls
