"""Measures cxrelay beside the tutorial's pipeline, its peers and the limits of the machine.

Each task first lets its contenders do the same work and compares what they produced; then they are
timed in turn. Numbers from one machine on one day: the ratios are what counts.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import cast

from harness.goals import mark_goals
from harness.machine import describe, noise
from harness.options import Options, Scale
from harness.rounds import DisagreementError
from harness.row import Row
from harness.table import as_markdown, as_text
from harness.workspace import is_in_memory

TASKS = {
    "parse": "parse.task",
    "put": "put.task",
    "chain": "chain.task",
    "claim": "claim.task",
    "drain": "drain.task",
    "latency": "latency.task",
    "memory": "memory.task",
    "audit": "audit.task",
    "import": "imports.task",
}
DEFAULT_DIRECTORY = Path(__file__).parents[1] / "build" / "benchmark-files"


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    scale = parser.add_mutually_exclusive_group()
    scale.add_argument(
        "--quick",
        dest="scale",
        action="store_const",
        const="quick",
        help="a minute or two; fewer rounds, smaller queues",
    )
    scale.add_argument(
        "--full",
        dest="scale",
        action="store_const",
        const="full",
        help="queues of 1e6 and 3e6 updates too; half an hour, 10 GB of disk",
    )
    parser.set_defaults(scale="normal")
    parser.add_argument(
        "--only", metavar="TASK,...", default=",".join(TASKS), help=f"of {', '.join(TASKS)}"
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=DEFAULT_DIRECTORY,
        help="where queue files are written: the disk that is measured",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rows there too")
    parser.add_argument("--markdown", action="store_true", help="print the README's table")
    parser.add_argument(
        "--gate", action="store_true", help="exit 1 if a gated ratio is not reached"
    )
    found = parser.parse_args(arguments)
    found.tasks = found.only.split(",")
    unknown = [task for task in found.tasks if task not in TASKS]
    if unknown:
        parser.error(f"unknown task {', '.join(unknown)}")
    return found


def measure(tasks: Sequence[str], options: Options) -> list[Row]:
    """Runs the tasks one after the other."""
    rows: list[Row] = []
    for task in tasks:
        begin = time.monotonic()
        print(f"{task}: ", end="", file=sys.stderr, flush=True)
        run = cast("Callable[[Options], list[Row]]", import_module(TASKS[task]).measure)
        rows += run(options)
        print(f"{task}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    mark_goals(rows)
    return rows


def show(rows: Sequence[Row], facts: dict[str, str], *, markdown: bool) -> None:
    """Prints the machine, the table and what is missed."""
    bullet = "- " if markdown else ""
    for name, value in facts.items():
        print(f"{bullet}{name}: {value}")
    print()
    print(as_markdown(rows) if markdown else as_text(rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    found = parse_arguments(arguments)
    options = Options(cast(Scale, found.scale), found.directory)
    facts = describe()
    trouble = noise()
    if is_in_memory(options.directory):
        trouble = f"{options.directory} is in memory: nothing here was durable. {trouble}"
    if trouble:
        facts["caution"] = trouble
    try:
        rows = measure(found.tasks, options)
    except DisagreementError as error:
        print(f"\nbench: the contenders disagree. {error}", file=sys.stderr)
        return 1
    show(rows, facts, markdown=found.markdown)
    if found.json:
        report = {"machine": facts, "scale": options.scale, "rows": [asdict(row) for row in rows]}
        found.json.write_text(json.dumps(report, indent=1) + "\n")
    missed = [row.name for row in rows if row.gated and row.reached is False]
    if found.gate and missed:
        print(f"bench: below the gate: {', '.join(missed)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
