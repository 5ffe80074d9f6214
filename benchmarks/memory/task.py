"""Runs the task: the same process with few and with many updates waiting."""

import json
import subprocess
import sys
from pathlib import Path

import events
from claim.native import fill
from cxrelay import Queue
from harness.options import Options
from harness.rounds import DisagreementError
from harness.row import Row, plain_row
from harness.workspace import empty_directory

SIZES = {"1e4": 10_000, "1e5": 100_000, "1e6": 1_000_000}
PROBE = Path(__file__).with_name("probe.py")


def _probe(path: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, PROBE, path], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(options: Options) -> list[Row]:
    """Rows by size; 1e6 in a full run."""
    rows = []
    for word in list(SIZES)[: options.pick(1, 2, 3)]:
        size = SIZES[word]
        with empty_directory(options.directory) as directory:
            path = str(directory / "queue.db")
            queue = Queue(path)
            source = events.small_events()
            for begin in range(0, size, 100_000):
                part = events.take(source, min(100_000, size - begin))
                fill(queue, events.updates(part))
            queue.close()
            probes = [_probe(path) for _ in range(3)]
        if any(found["pending"] + 25 != size for found in probes):
            raise DisagreementError(f"memory: the queue of {size} holds {probes}")
        used = [found["claimed"] - found["interpreter"] for found in probes]
        imported = probes[0]["imported"] - probes[0]["interpreter"]
        note = f"of that {imported:.1f} by the import"
        rows.append(plain_row("memory", f"{word} queued", "native", used, "MiB", note))
    return rows
