"""Lets system calls of `queue_story` on the queue's files fail, one at each run, and judges what comes of it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cxrelay import _core
from support import queue_oracle, queue_story
from support.kill_sweep import Sweep

FAILING_CALLS = ("pwrite64", "fdatasync", "ftruncate", "openat", "flock", "unlink")
ERRORS = ("EIO", "ENOSPC")


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

    def __init__(self, folder: Path, start: Path | None = None, accepted_before: int = 0) -> None:
        super().__init__(folder, start, accepted_before, arguments=["patient"])
        # What the caller was told: (call, file, error) -> kinds of StoreError.
        self.told: dict[tuple[str, str, str], set[str]] = defaultdict(set)

    def error_points(self, *, every: int = 1) -> list[ErrorPoint]:
        """The points; of the many writes to the log and of the lock calls only some if `every` is above 1."""
        points = []
        counts: dict[str, int] = defaultdict(int)
        for call in self.record():
            if call.name not in FAILING_CALLS:
                continue
            counts[call.name] += 1
            n, file = counts[call.name], Path(call.path).name
            if n % every == 0 or not (file.endswith("-wal") or call.name == "flock"):
                points += [ErrorPoint(call.name, n, file, error) for error in ERRORS]
        return points

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
        return broken + ([f"the story ended with {code}"] if code else [])
