"""``cxrelay queue retain``: let the queue file forget what is old."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .command import Commands, add_command, age_us
from .exit_code import ExitCode
from .output import Output
from .settings import load_config, open_queue

if TYPE_CHECKING:
    from cxrelay._core import Queue, Retained

_DAY_US = 86_400_000_000
_STEP_MS = 200  # a call of the engine; Ctrl-C is seen in between
_ENDS = {
    "age": "what comes next is younger",
    "export_mark": "what comes next is not exported yet",
    "log": "somebody reads the queue file and keeps its log long: repeat it later",
}


def register(group: Commands) -> None:
    """Adds the command to the group ``queue``."""
    parser = add_command(
        group,
        "retain",
        run_retain,
        "erase payloads of old events that are done, and delete old records; only what is exported",
        """cxrelay queue retain --dry-run
           cxrelay queue retain --older-than 30d --yes --json""",
    )
    parser.add_argument(
        "--older-than",
        type=age_us,
        metavar="AGE",
        help="90s, 30m, 2h, 7d (default: [queue] retention_days)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only count what would go")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run_retain(args: argparse.Namespace, output: Output) -> ExitCode:
    """For good: what is deleted is in the exported trail only."""
    queue = open_queue(args)
    older_than_us = args.older_than
    if older_than_us is None:
        older_than_us = load_config(args).queue.retention_days * _DAY_US
        if older_than_us == 0:
            output.error("cxrelay: [queue] retention_days is 0, records stay: name --older-than")
            return ExitCode.BAD_INPUT
    if args.dry_run:
        told = queue.retain(older_than_us, dry_run=True)
        output.result(
            _data(told, told.erased, told.deleted),
            _sentences(told, told.erased, told.deleted, "would be "),
        )
        return ExitCode.OK
    if not args.yes and not _confirmed(queue, older_than_us, output):
        output.error("cxrelay: nothing was erased: it is for good, confirm it with --yes")
        return ExitCode.BAD_INPUT
    erased = deleted = 0
    while True:
        done = queue.retain(older_than_us, max_ms=_STEP_MS)
        erased += done.erased
        deleted += done.deleted
        if done.end != "limit":
            break
    output.result(_data(done, erased, deleted), _sentences(done, erased, deleted, ""))
    return ExitCode.FAILED if done.end == "log" else ExitCode.OK


def _confirmed(queue: Queue, older_than_us: int, output: Output) -> bool:
    if output.as_json or not sys.stdin.isatty():
        return False
    told = queue.retain(older_than_us, dry_run=True)
    question = (
        f"erase payloads of {told.erased:,} events and delete {told.deleted:,} records? [y/N] "
    )
    return input(question).strip().lower() in ("y", "yes")


def _data(done: Retained, erased: int, deleted: int) -> dict[str, Any]:
    return {
        "erased": erased,
        "deleted": deleted,
        "first_seq": done.first_seq,
        "erased_until_seq": done.erased_until_seq,
        "held_up_by_seq": done.held_up_by_seq,
        "end": done.end,
    }


def _sentences(done: Retained, erased: int, deleted: int, would: str) -> str:
    lines = [
        f"payloads of {erased:,} events {would}erased, {deleted:,} records {would}deleted",
        f"the queue file has the records from seq {done.first_seq:,} on; {_ENDS[done.end]}",
    ]
    if done.held_up_by_seq:
        lines.append(
            f"held up by seq {done.held_up_by_seq:,}: an update of its interaction is not done, so "
            "no record from shortly before it on is deleted (cxrelay queue list --state dead)"
        )
    return "\n".join(lines)
