"""``cxrelay audit export`` with a format or filters: an extract of the trail for another program."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cxrelay.errors import AuditError

from .command import age_us
from .exit_code import ExitCode
from .output import Output
from .progress import Progress
from .settings import load_config, open_queue

if TYPE_CHECKING:
    from cxrelay.config import RelayConfig
    from cxrelay.extracts import Format

_FORMATS = ("jsonl", "csv", "ocsf")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add_options(export: argparse.ArgumentParser) -> None:
    """Adds to ``audit export`` what makes it an extract."""
    options = export.add_argument_group(
        "extracts",
        "With any of these, chosen records go to a new file, and the trail is not touched.",
    )
    options.add_argument("--format", choices=_FORMATS, help="of the records (default: jsonl)")
    options.add_argument(
        "--interaction",
        metavar="ID",
        action="append",
        default=[],
        help="only records about this interaction, and requests that carry it; may be repeated",
    )
    options.add_argument(
        "--since",
        metavar="TIME",
        type=moment_us,
        help="only records made since: 2024-05-15T10:30:00Z, or an age such as 7d",
    )
    options.add_argument(
        "--until", metavar="TIME", type=moment_us, help="only records made before: the same"
    )
    options.add_argument(
        "--log", metavar="FILE", help="from an exported audit log, or a copy, not the queue file"
    )
    options.add_argument(
        "--payloads", action="store_true", help="csv and ocsf: with events and mapped attributes"
    )
    options.add_argument("--force", action="store_true", help="replace an existing FILE")


def moment_us(text: str) -> int:
    """An argument that is a time, or an age before now; in microseconds since 1970."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None:
        try:
            return time.time_ns() // 1000 - age_us(text)
        except argparse.ArgumentTypeError:
            pass
    if moment is None or moment.tzinfo is None or len(text) < len("2024-05-15T10:30Z"):
        raise argparse.ArgumentTypeError(
            "must be a time with its offset, such as 2024-05-15T10:30:00Z, or an age, such as 7d"
        )
    return (moment - _EPOCH) // timedelta(microseconds=1)


def is_extract(args: argparse.Namespace) -> bool:
    """Whether it is not the export that advances the trail."""
    names = ("format", "interaction", "since", "until", "log", "payloads", "force")
    return any(getattr(args, name) not in (None, False, []) for name in names)


def run_extract(args: argparse.Namespace, output: Output) -> ExitCode:
    """To a file, or to stdout."""
    chosen = args.format or "jsonl"
    if args.segment_bytes is not None or (args.payloads and chosen == "jsonl"):
        what = "--segment-bytes" if args.segment_bytes is not None else "--payloads"
        output.error(f"cxrelay: {what} does not go with an extract as {chosen}")
        return ExitCode.BAD_INPUT
    config = load_config(args)
    path = None if args.output in (None, "-") else Path(args.output)
    if path is not None:
        _refuse_own_files(path, args.log, config)
    written = 0
    with ExitStack() as stack:
        pieces = _pieces(args, chosen, stack, output)
        if path is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece.encode(errors="backslashreplace"))
            sys.stdout.buffer.flush()
            return ExitCode.OK
        from cxrelay.extracts import NewFile

        with NewFile(path, args.force) as file:
            for piece in pieces:
                file.write(piece)
                written += 1
    records = written - (chosen == "csv")
    data = {"path": str(path.absolute()), "format": chosen, "records": records}
    output.result(data, f"{records:,} records written to {path}")
    return ExitCode.OK


def _pieces(
    args: argparse.Namespace, chosen: str, stack: ExitStack, output: Output
) -> Iterator[str]:
    from cxrelay.extracts import Selection, Source, extract
    from cxrelay.stories import LogJournal, QueueJournal

    total = None
    source: Source
    if args.log is not None:
        source = LogJournal(args.log)
    else:
        queue = open_queue(args)
        stats = queue.stats()
        total = stats.journal_records
        if stats.first_seq > 1:  # the line of the first one needs the hash before it
            total -= stats.first_seq
            output.error(
                f"cxrelay: records up to seq {stats.first_seq:,} are not taken: retention has been "
                "in the queue file; --log reads exported files"
            )
        if stats.erased_until_seq > 0:
            output.error(
                f"cxrelay: up to seq {stats.erased_until_seq:,} payloads may be missing: retention "
                "has been in the queue file; --log reads exported files"
            )
        source = QueueJournal(queue)
    progress = stack.enter_context(Progress("extracting", total, "records"))
    selection = Selection(args.interaction, args.since, args.until)
    return extract(source, _format(chosen, args.payloads), selection, progress.show)


def _format(chosen: str, payloads: bool) -> Format:
    from cxrelay.extracts import CsvFormat, JsonlFormat, OcsfFormat

    if chosen == "csv":
        return CsvFormat(payloads)
    return OcsfFormat(payloads) if chosen == "ocsf" else JsonlFormat()


def _refuse_own_files(path: Path, log: str | None, config: RelayConfig) -> None:
    """An extract is no part of the trail, and takes no place of ours, not even with --force."""
    from cxrelay.extracts import is_part_of

    trails = [name for name in (log, config.audit.path) if name]
    if any(is_part_of(path, trail) for trail in trails):
        raise AuditError(f"{path} is part of the audit trail: name another file for the extract")
    queue = Path(config.queue.path)
    is_beside = path.absolute().parent.resolve() == queue.absolute().parent.resolve()
    if is_beside and path.name.startswith(queue.name):
        raise AuditError(f"{path} belongs to the queue file: name another file for the extract")
