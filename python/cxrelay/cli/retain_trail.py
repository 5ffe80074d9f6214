"""``cxrelay audit retain``: remove old closed segments from the start of the exported trail."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from cxrelay.errors import ConfigError

from .command import Commands, add_command, age_us
from .exit_code import ExitCode
from .output import Output, one_line
from .settings import audit_log_path, load_config, open_queue
from .time_text import time_text

if TYPE_CHECKING:
    from cxrelay._core import Queue
    from cxrelay.results import RetainedTrail

_DAY_US = 86_400_000_000


def register(group: Commands) -> None:
    """Adds the command to the group ``audit``."""
    parser = add_command(
        group,
        "retain",
        run_retain,
        "remove closed segments that are old from the start of the log, with a signed tombstone",
        """cxrelay audit retain --older-than 400d --dry-run
           cxrelay audit retain --older-than 400d --operator alice
           cxrelay audit retain --yes --json                       # [audit] retention_days""",
    )
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="the open log (default: that of the settings)"
    )
    parser.add_argument(
        "--older-than",
        type=age_us,
        metavar="AGE",
        help="how old every record of a segment must be: 400d, 56w (default: that of the settings)",
    )
    parser.add_argument(
        "--key", metavar="FILE", help="the private key that signs (default: that of the settings)"
    )
    parser.add_argument(
        "--operator", metavar="NAME", help="for the audit trail (default: the user's name)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run_retain(args: argparse.Namespace, output: Output) -> ExitCode:
    """For good: there is no way back. What is asked about is what is removed."""
    audit = load_config(args).audit
    age = audit.retention_days * _DAY_US if args.older_than is None else args.older_than
    if not age:
        raise ConfigError("[audit] retention_days is 0: say how old with --older-than")
    limit_us = time.time_ns() // 1000 - age
    key = args.key or audit.checkpoint_key
    queue = open_queue(args)
    found = _retain(queue, args, key, limit_us, dry_run=args.dry_run or not args.yes)
    if found.removed and not args.dry_run and not args.yes:
        if not _confirmed(found, limit_us, output):
            output.error("cxrelay: nothing was removed: it is for good, confirm it with --yes")
            return ExitCode.BAD_INPUT
        found = _retain(queue, args, key, limit_us, dry_run=False)
    data = {**asdict(found), "older_than_us": limit_us, "dry_run": args.dry_run}
    output.result(data, "\n".join(_sentences(found, limit_us, dry_run=args.dry_run)))
    return ExitCode.OK


def _retain(
    queue: Queue, args: argparse.Namespace, key: str, limit_us: int, *, dry_run: bool
) -> RetainedTrail:
    from cxrelay import _core
    from cxrelay.results import RetainedTrail

    path = args.file or audit_log_path(args)
    name = args.operator or getpass.getuser()
    return RetainedTrail(**_core.retain_trail(queue, path, key, limit_us, dry_run, name))


def _confirmed(found: RetainedTrail, limit_us: int, output: Output) -> bool:
    if output.as_json or not sys.stdin.isatty():
        return False
    question = f"remove {_what(found, limit_us)} for good? [y/N] "
    return input(question).strip().lower() in ("y", "yes")


def _sentences(found: RetainedTrail, limit_us: int, *, dry_run: bool) -> list[str]:
    if not found.removed:
        return [f"no closed segment ends before {time_text(limit_us)}"]
    lines = [one_line(path) for path in found.removed]
    return [*lines, f"{'would remove' if dry_run else 'removed'} {_what(found, limit_us)}"]


def _what(found: RetainedTrail, limit_us: int) -> str:
    return (
        f"{len(found.removed):,} segments with {found.records:,} records, up to seq "
        f"{found.last_seq:,}, all older than {time_text(limit_us)}"
    )
