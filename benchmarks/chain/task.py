"""Runs the task: the same build and the same puts, with its digests and without."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.native import program
from harness.options import Options
from harness.rounds import DisagreementError, Timing
from harness.row import Row, rate_rows
from harness.workspace import empty_directory

PROBE = Path(__file__).with_name("probe.py")
CASES = ("one call", "put_many of 1,000")
CHAINED = "native, records chained"
BARE = "limit: the same without hashing"


def _probe(options: Options, single: int, together: int, *, hashing: bool) -> dict[str, Any]:
    environment = dict(os.environ)
    if not hashing:
        environment["LD_PRELOAD"] = program("libwithout_hashing.so")
    with empty_directory(options.directory) as directory:
        done = subprocess.run(
            [sys.executable, PROBE, directory, str(single), str(together)],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        )
    found: dict[str, Any] = json.loads(done.stdout)
    if found["hashed"] != hashing:
        raise DisagreementError(f"chain: hashing is not {'on' if hashing else 'off'}")
    return found


def measure(options: Options) -> list[Row]:
    """Rows by case: puts a second with the chain, as a share of those without."""
    single, together = options.pick(1000, 2000), 50_000
    timings = {case: {CHAINED: Timing(), BARE: Timing()} for case in CASES}
    for _ in range(options.pick(5, 9)):
        for name, hashing in ((CHAINED, True), (BARE, False)):
            found = _probe(options, single, together, hashing=hashing)
            for case in CASES:
                timings[case][name].add(*found[case])
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [row for case in CASES for row in rate_rows("chain", case, timings[case], BARE)]
