"""Runs the task: fresh interpreters in turn, with and without the import."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from harness.contender import TUTORIAL
from harness.options import Options
from harness.row import Row

PROGRAMS = {
    "interpreter": "pass",
    TUTORIAL: "import tutorial_pipeline",
    "native": "import cxrelay",
    "native, with Relay": "import cxrelay; cxrelay.Relay",
}
BENCHMARKS = Path(__file__).parents[1]


def _milliseconds(program: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, cwd=BENCHMARKS)
    return (time.perf_counter() - begin) * 1000


def measure(options: Options) -> list[Row]:
    """Rows of what each adds to the interpreter, by the differences within a round."""
    rounds = [
        {name: _milliseconds(program) for name, program in PROGRAMS.items()}
        for _ in range(options.pick(7, 21, 41) + 1)
    ][1:]  # the first fills the caches
    added = {
        name: sorted(found[name] - found["interpreter"] for found in rounds) for name in PROGRAMS
    }
    base = median(added[TUTORIAL])
    rows = []
    for name in list(PROGRAMS)[1:]:
        values = added[name]
        row = Row("import", "beyond the interpreter", name, median(values), "ms")
        row.low, row.high = values[len(values) // 4], values[len(values) * 3 // 4]
        if name != TUTORIAL:
            row.over_tutorial = base / row.value
        rows.append(row)
    return rows
