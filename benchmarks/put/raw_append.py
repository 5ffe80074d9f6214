"""The limit: append a row's bytes to a file and sync it, and nothing else."""

import os
from collections.abc import Sequence
from pathlib import Path

from events import Update
from harness.contender import Contender


class RawAppend(Contender[Update]):
    """No key, no order, no way to find a row again."""

    name = "limit: append + fdatasync"

    def prepare(self, directory: Path) -> None:
        self.file = os.open(directory / "rows", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self.done = 0

    def inputs(self, items: Sequence[Update]) -> Sequence[bytes]:
        return [update.key.encode() + update.original + update.mapped for update in items]

    def run(self, items: Sequence[bytes]) -> None:
        for row in items:
            os.write(self.file, row)
            os.fdatasync(self.file)
            self.done += 1

    def count(self) -> int:
        return self.done

    def close(self) -> None:
        os.close(self.file)


class RawAppendMany(RawAppend):
    """One sync for a thousand rows."""

    name = "limit: append 1,000 + fdatasync"
    size = 100_000
    group = 1000

    def run(self, items: Sequence[bytes]) -> None:
        for i in range(0, len(items), self.group):
            part = items[i : i + self.group]
            os.write(self.file, b"".join(part))
            os.fdatasync(self.file)
            self.done += len(part)
