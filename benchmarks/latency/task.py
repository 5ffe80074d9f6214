"""Runs the task: the engine at rising rates, the tutorial at 200 a second, the disk alone."""

import sys
from statistics import median

from harness.native import run_program
from harness.options import Options
from harness.row import Row, plain_row
from harness.workspace import empty_directory
from latency.tutorial import latencies_ms

RATES = (1000, 10_000, 50_000)
TUTORIAL_RATE = 200
LIMIT_RATE = 500


def measure(options: Options) -> list[Row]:
    """Rows of p50 and p99 by rate; nothing is compared but the disk in the same minute."""
    rounds, seconds = options.pick(1, 3, 5), options.pick(2, 4)
    native: dict[int, list[dict[str, float]]] = {rate: [] for rate in RATES}
    disk: list[dict[str, float]] = []
    tutorial: list[list[float]] = []
    for _ in range(rounds):
        for rate in RATES:
            with empty_directory(options.directory) as directory:
                found = run_program("put_latency", directory=directory, rate=rate, seconds=seconds)
            native[rate].append(found)
        with empty_directory(options.directory) as directory:
            disk.append(
                run_program("disk_limit", directory=directory, rate=LIMIT_RATE, seconds=seconds)
            )
        tutorial.append(latencies_ms(options, TUTORIAL_RATE, seconds))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)

    rows = [_tutorial_row(share, tutorial) for share in (50, 99)]
    for rate, runs in native.items():
        case = f"{rate:,}/s"
        group = median(run["puts"] / run["calls"] for run in runs)
        rows += [
            plain_row("latency", case, "native p50", (run["p50_ms"] for run in runs), "ms"),
            plain_row(
                "latency",
                case,
                "native p99",
                (run["p99_ms"] for run in runs),
                "ms",
                f"{group:.0f} events a call",
            ),
        ]
    return rows + [
        plain_row("latency", f"{LIMIT_RATE}/s", f"limit: disk {p}", values, "ms")
        for p, values in (
            ("p50", [run["p50_ms"] for run in disk]),
            ("p99", [run["p99_ms"] for run in disk]),
        )
    ]


def _tutorial_row(percent: int, rounds: list[list[float]]) -> Row:
    values = [found[(len(found) - 1) * percent // 100] for found in rounds]
    return plain_row("latency", f"{TUTORIAL_RATE}/s", f"tutorial p{percent}", values, "ms")
