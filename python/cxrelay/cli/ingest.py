"""``cxrelay ingest``: store events from a file of JSON lines."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from .command import Commands, add_command
from .exit_code import ExitCode
from .json_lines import Line, open_input, read_lines
from .output import Output, one_line, table, to_json
from .progress import Progress
from .settings import load_config

if TYPE_CHECKING:
    from cxrelay.errors import ValidationError
    from cxrelay.relay import Relay

BATCH_LINES = 1000
BATCH_BYTES = 4 * 1024 * 1024
_NAMES = {
    "accepted": "accepted",
    "conflict": "conflicts",
    "duplicate": "duplicates",
    "empty": "empty",
    "rejected": "rejected",
}


def register(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "ingest",
        run,
        "store the events of a file, one JSON object a line; they are delivered by flush",
        """cxrelay ingest events.jsonl
           zcat events.jsonl.gz | cxrelay ingest - --json
           cxrelay ingest events.jsonl --db /var/lib/cxrelay/queue.db""",
    )
    parser.add_argument("file", metavar="FILE", help="JSON lines; - reads stdin")


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """Stores what is valid, names on stderr what is not, and goes on."""
    from cxrelay.relay import Relay

    config = load_config(args)
    counts: Counter[str] = Counter()
    with (
        open_input(args.file) as file,
        Relay.from_config(config) as relay,
        Progress("ingesting", _size_of(file), "bytes") as progress,
    ):
        done = 0
        for batch in _batches(read_lines(file)):
            _ingest(relay, batch, counts, args.file, output, progress)
            done += sum(line.size + 1 for line in batch)
            progress.show(done, f"{counts.total():,} events")
    _report(counts, output)
    return ExitCode.BAD_INPUT if counts["rejected"] else ExitCode.OK


def describe(error: ValidationError) -> str:
    """Every reason with its place, on one line, without a value of the input."""
    return "; ".join(
        f"{'.'.join(detail['loc']) or '(body)'}: {detail['msg']} [{detail['type']}]"
        for detail in error.errors()
    )


def tell_refused(name: str, line: Line, error: ValidationError, output: Output) -> None:
    """Says on stderr which line of the file ``name`` is refused, and why."""
    output.error(f"{name}:{line.number}: {describe(error)} ({line.size:,} bytes)")


def write_refused(name: str, line: Line, error: ValidationError, output: Output) -> None:
    """As ``tell_refused``; for a program also in the place of what the line would have become."""
    tell_refused(name, line, error, output)
    if output.as_json:
        output.raw_line(to_json({"line": line.number, "errors": error.errors()}).encode())


def _ingest(
    relay: Relay,
    batch: list[Line],
    counts: Counter[str],
    name: str,
    output: Output,
    progress: Progress,
) -> None:
    from cxrelay.errors import ValidationError

    for line, result in zip(batch, relay.ingest_many([line.body for line in batch]), strict=True):
        if isinstance(result, ValidationError):
            counts["rejected"] += 1
            progress.clear()
            tell_refused(name, line, result, output)
        else:
            counts[result.status] += 1


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Many lines for one commit, but never much memory."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.body)
        if len(batch) == BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size_of(file: BinaryIO) -> int | None:
    try:
        return os.fstat(file.fileno()).st_size or None
    except (OSError, ValueError):
        return None


def _report(counts: Counter[str], output: Output) -> None:
    data = {plural: counts[status] for status, plural in _NAMES.items()}
    rows = [(one_line(name), count) for name, count in data.items()]
    output.result({"lines": counts.total(), **data}, table(rows))
