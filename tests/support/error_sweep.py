"""Lets system calls of `queue_story` on the queue's files fail, one at each run, and judges what comes of it."""

import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cxrelay import _core
from support import queue_oracle, queue_story
from support.kill_sweep import Sweep

# What each call can fail with.
ERRORS = {
    "openat": ("EIO", "ENOSPC", "EMFILE"),
    "pread64": ("EIO",),
    "pwrite64": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "ftruncate": ("EIO", "ENOSPC"),
    "mmap": ("ENOMEM",),
    "flock": ("EIO", "ENOLCK"),
    "unlink": ("EIO",),
}


class ErrorPoint(NamedTuple):
    """The n-th time that a call is made on the queue's files, and what it fails with."""

    call: str
    n: int
    file: str
    error: str

    def __str__(self) -> str:
        return f"{self.error} {self.call} {self.n} of {self.file}"


class ErrorSweep(Sweep):
    """All points at which one call of a story fails; the story tries the step again and goes on."""

    calls = tuple(ERRORS)

    def __init__(self, folder: Path, start: Path | None = None, accepted_before: int = 0) -> None:
        super().__init__(folder, start, accepted_before, arguments=["patient"])
        # What the caller was told: (call, file, error) -> kinds of StoreError.
        self.told: dict[tuple[str, str, str], set[str]] = defaultdict(set)

    def error_points(self, *, at_most: int | None = None) -> list[ErrorPoint]:
        """The points; of a call that comes more than `at_most` times on a file only so many, evenly spread."""
        numbers: dict[str, int] = defaultdict(int)
        by_file: dict[tuple[str, str], list[int]] = defaultdict(list)
        for call in self.record():
            numbers[call.name] += 1
            by_file[call.name, Path(call.path).name].append(numbers[call.name])
        return [
            ErrorPoint(call, n, file, error)
            for (call, file), ns in by_file.items()
            for n in ns[:: -(-len(ns) // (at_most or len(ns)))]
            for error in ERRORS[call]
        ]

    def run_errors(self, points: Sequence[ErrorPoint]) -> list[str]:
        return self._each(points, self.broken_with)

    def broken_with(self, point: ErrorPoint) -> list[str]:
        path = self._file(str(point).replace(" ", "-"))
        inject = f"{point.call}:error={point.error}:when={point.n}"
        try:
            code = self._run(path, [inject])
        except AssertionError as error:  # the story gave up
            return [str(error)[-300:]]
        said = queue_story.parse_lines(path.with_name("said").read_text())
        self.told[point.call, point.file, point.error].update(
            line["failed"] for line in said if "failed" in line
        )
        promises = queue_oracle.Promises(said, self.accepted_before)
        broken = queue_oracle.judge(_core.Queue(str(path)), promises)
        broken += [f"the story ended with {code}"] if code else []
        if not broken:
            shutil.rmtree(path.parent)
        return broken
