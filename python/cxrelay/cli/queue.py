"""``cxrelay queue``: look into a queue file, bring updates back, copy it."""

from __future__ import annotations

import argparse
import getpass
import time
from typing import TYPE_CHECKING, Any

from . import retain
from .command import Commands, add_command, add_group, age_us, http_status, positive
from .exit_code import ExitCode
from .output import Output, table
from .settings import open_queue
from .time_text import time_text

if TYPE_CHECKING:
    from cxrelay._core import Update

_WAITING = ("pending", "dead", "parked")
_DEAD = ("dead", "parked")
_STATS = (
    "accepted", "empty", "rejected", "pending", "delayed", "in_flight", "completed", "superseded",
    "dead", "parked", "requests", "attempts", "journal_records", "exported_seq", "first_seq",
    "erased_until_seq", "held_up_by_seq",
)  # fmt: skip


def register(commands: Commands) -> None:
    """Adds the commands."""
    group = add_group(
        commands,
        "queue",
        "look into the queue file, and bring dead updates back",
        """cxrelay queue stats --json
           cxrelay queue list --state dead
           cxrelay queue show 'a1b2_2024-05-15T10:30:00+00:00'
           cxrelay queue retry --state dead --status 404 --newer-than 2h --dry-run""",
    )
    add_command(group, "stats", stats, "count the updates by state", "cxrelay queue stats --json")
    listing = add_command(
        group,
        "list",
        list_updates,
        "list waiting, dead and parked updates, the oldest first",
        """cxrelay queue list --state dead --json
           cxrelay queue list --interaction a1b2""",
    )
    _add_filter(listing, _WAITING, "at most so many")
    show = add_command(
        group,
        "show",
        show_update,
        "show one update with what it writes",
        "cxrelay queue show 'a1b2_2024-05-15T10:30:00+00:00'",
    )
    show.add_argument("key", metavar="KEY", help="its idempotency key")
    retry = add_command(
        group,
        "retry",
        retry_updates,
        "bring dead and parked updates back; this is audited with the name of the operator",
        """cxrelay queue retry --state parked --limit 500 --operator alice
           cxrelay queue retry --status 503 --newer-than 2h --dry-run""",
    )
    _add_filter(retry, _DEAD, "at most so many; what was sent as one counts as one")
    retry.add_argument("--dry-run", action="store_true", help="only list what would come back")
    retry.add_argument(
        "--operator", metavar="NAME", help="for the audit trail (default: the user's name)"
    )
    add_command(
        group,
        "check",
        check,
        "replay the journal and compare it with the stored state",
        "cxrelay queue check",
    )
    backup = add_command(
        group,
        "backup",
        back_up,
        "copy the queue file, while others put and deliver; an existing FILE is refused",
        "cxrelay queue backup /backup/queue-2024-05-15.db --json",
    )
    backup.add_argument("file", metavar="FILE", help="the copy; it is there when it is whole")
    retain.register(group)


def stats(args: argparse.Namespace, output: Output) -> ExitCode:
    """The counts of the file."""
    counts = open_queue(args).stats()
    data: dict[str, Any] = {name: getattr(counts, name) for name in _STATS}
    oldest = counts.oldest_pending_us
    rows = [*data.items(), ("oldest waiting since", "-" if oldest is None else time_text(oldest))]
    output.result({**data, "oldest_pending_us": oldest}, table(rows))
    return ExitCode.OK


def list_updates(args: argparse.Namespace, output: Output) -> ExitCode:
    """One line for each update."""
    return _print(open_queue(args).list_updates(state=args.state, **_filter(args)), output)


def _print(found: list[Update], output: Output) -> ExitCode:
    if output.as_json:
        for update in found:
            output.result(_data(update), "")
        return ExitCode.OK
    head = ("state", "attempts", "due", "interaction", "key", "last error")
    rows = [
        (
            update.state,
            update.attempts,
            time_text(update.not_before_us) if update.not_before_us else "now",
            update.interaction_id,
            update.idempotency_key,
            update.last_error or "-",
        )
        for update in found
    ]
    output.result({}, table(rows, head) if rows else "nothing")
    return ExitCode.OK


def show_update(args: argparse.Namespace, output: Output) -> ExitCode:
    """Everything about one update."""
    update = open_queue(args).find(args.key)
    if update is None:
        output.error("cxrelay: no update has this key")
        return ExitCode.FAILED
    data = _data(update)
    rows = [(name, time_text(data[name]) if name.endswith("_us") else data[name]) for name in data]
    # Retention erases what is done only.
    erased = "erased by an operator" if update.state == "dead" else "erased"
    payload = erased if update.erased else update.payload
    text = f"{table([(name, str(value)) for name, value in rows])}\npayload  {payload}"
    output.result({**data, "payload": update.payload, "erased": update.erased}, text)
    return ExitCode.OK


def retry_updates(args: argparse.Namespace, output: Output) -> ExitCode:
    """Back to pending."""
    queue = open_queue(args)
    if args.dry_run:
        return _print(queue.revivable(state=args.state, **_filter(args)), output)
    revived = queue.revive(
        state=args.state, **_filter(args), operator_name=args.operator or getpass.getuser()
    )
    output.result({"revived": revived}, f"{revived:,} updates wait again")
    return ExitCode.OK


def check(args: argparse.Namespace, output: Output) -> ExitCode:
    """Whether the file holds together."""
    result = open_queue(args).check()
    verdict = "holds" if result.ok else "does not hold"
    text = "\n".join([f"{verdict}; {result.records:,} records replayed", *result.problems])
    output.result({"ok": result.ok, "records": result.records, "problems": result.problems}, text)
    return ExitCode.OK if result.ok else ExitCode.FAILED


def back_up(args: argparse.Namespace, output: Output) -> ExitCode:
    """A copy of the file, of one moment."""
    result = open_queue(args).backup(args.file)
    text = f"{args.file}: {result.records:,} records, {result.bytes:,} bytes"
    output.result({"path": args.file, "records": result.records, "bytes": result.bytes}, text)
    return ExitCode.OK


def _add_filter(parser: argparse.ArgumentParser, states: tuple[str, ...], limit_help: str) -> None:
    parser.add_argument("--state", choices=states, help="only this state")
    parser.add_argument("--interaction", metavar="ID", help="only this interaction")
    parser.add_argument("--reason", default="", metavar="TEXT", help="part of the last error")
    parser.add_argument(
        "--status",
        type=http_status,
        default=0,
        metavar="CODE",
        help="HTTP status of the last error",
    )
    parser.add_argument(
        "--older-than", type=age_us, metavar="AGE", help="accepted before: 90s, 30m, 2h, 7d"
    )
    parser.add_argument("--newer-than", type=age_us, metavar="AGE", help="accepted since then")
    parser.add_argument(
        "--limit", type=positive, default=100, metavar="N", help=f"{limit_help} (default: 100)"
    )


def _filter(args: argparse.Namespace) -> dict[str, Any]:
    """All but the state."""
    now_us = time.time_ns() // 1000
    return {
        "interaction_id": args.interaction,
        "limit": args.limit,
        "reason": args.reason,
        "status": args.status,
        "accepted_from_us": None if args.newer_than is None else now_us - args.newer_than,
        "accepted_until_us": None if args.older_than is None else now_us - args.older_than,
    }


def _data(update: Update) -> dict[str, Any]:
    names = (
        "seq", "idempotency_key", "interaction_id", "event_time_us", "accepted_us", "state",
        "attempts", "not_before_us", "last_error",
    )  # fmt: skip
    return {name: getattr(update, name) for name in names}
