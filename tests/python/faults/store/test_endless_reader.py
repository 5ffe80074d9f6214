"""A reader that never ends keeps the log from starting again.

Meanwhile the log grows and everything goes on; when the reader has ended, the log starts again.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from cxrelay import _core

MEGABYTE = 1 << 20
BOUND = 64 * MEGABYTE

# Somebody looks into the file, in a process of its own, and leaves the transaction open until its input ends.
READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
count = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
print("reading", flush=True)
sys.stdin.read()
assert count == connection.execute("SELECT count(*) FROM journal").fetchone()[0]
"""


class Reader:
    """The reading process."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", READER, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "reading\n"

    def end(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


class LoggedQueue:
    """A queue, and how long its log is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.queue = _core.Queue(str(path))
        self.count = 0

    def put_bytes(self, size: int) -> None:
        """Events of 64 KiB each, a commit each."""
        for _ in range(size // 65_536):
            self.count += 1
            body = b'{"pad":"%s"}' % (b"x" * 65_000)
            self.queue.put(f"key{self.count}", f"i{self.count}", self.count, b"", body)

    @property
    def log_bytes(self) -> int:
        return self.path.with_name(self.path.name + "-wal").stat().st_size


@pytest.fixture
def logged(memory_folder: Path) -> LoggedQueue:
    return LoggedQueue(memory_folder / "queue.db")


def test_without_a_reader_the_log_stays_small(logged: LoggedQueue) -> None:
    logged.put_bytes(20 * MEGABYTE)
    assert logged.log_bytes < 6 * MEGABYTE  # 1,000 pages, and the commit that went beyond


def test_the_log_starts_again_when_the_reader_ends(logged: LoggedQueue) -> None:
    logged.put_bytes(MEGABYTE)
    reader = Reader(logged.path)
    logged.put_bytes(20 * MEGABYTE)
    under_reader = logged.log_bytes
    assert under_reader > 20 * MEGABYTE
    reader.end()
    logged.put_bytes(30 * MEGABYTE)
    # Written from its beginning again, at the latest when 1,000 pages more have come.
    assert logged.log_bytes < under_reader + 5 * MEGABYTE
    assert logged.queue.stats().accepted == logged.count
    assert logged.queue.check().ok


def test_the_log_is_cut_to_its_bound_when_the_reader_ends(logged: LoggedQueue) -> None:
    reader = Reader(logged.path)
    logged.put_bytes(BOUND + 8 * MEGABYTE)
    reader.end()
    logged.put_bytes(8 * MEGABYTE)
    assert logged.log_bytes <= BOUND


def test_a_reader_stops_nobody(logged: LoggedQueue) -> None:
    logged.put_bytes(MEGABYTE)
    reader = Reader(logged.path)
    logged.put_bytes(MEGABYTE)
    other = _core.Queue(str(logged.path))
    claim = other.claim(target="example")
    assert claim is not None
    other.settle(claim, [("completed", 200, "", 0)] * len(claim.updates))
    assert other.stats().completed == len(claim.updates)
    assert other.check().problems == []
    other.close()
    reader.end()
