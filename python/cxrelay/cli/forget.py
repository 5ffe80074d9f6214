"""``cxrelay audit forget``: erase the payloads of one interaction."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from .command import Commands, add_command
from .exit_code import ExitCode
from .output import Output, one_line
from .settings import load_config, open_queue

if TYPE_CHECKING:
    from cxrelay.results import Forgotten

_MOST_NAMED = 20


def register(group: Commands) -> None:
    """Adds the command to the group ``audit``."""
    parser = add_command(
        group,
        "forget",
        run_forget,
        "erase the payloads of one interaction from the queue file and the audit log",
        """cxrelay audit forget --interaction a1b2 --operator alice
           cxrelay audit forget --interaction a1b2 --yes --json""",
    )
    parser.add_argument("--interaction", metavar="ID", required=True, help="the interaction")
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="the open log (default: that of the settings)"
    )
    parser.add_argument(
        "--operator", metavar="NAME", help="for the audit trail (default: the user's name)"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run_forget(args: argparse.Namespace, output: Output) -> ExitCode:
    """For good: there is no way back."""
    from cxrelay import _core
    from cxrelay.results import Forgotten

    queue = open_queue(args)
    if not args.yes and not _confirmed(args.interaction, output):
        output.error("cxrelay: nothing was erased: it is for good, confirm it with --yes")
        return ExitCode.BAD_INPUT
    path = args.file or load_config(args).audit.path
    name = args.operator or getpass.getuser()
    done = _core.forget_interaction(queue, path, args.interaction, name)
    forgotten = Forgotten(interaction_id=args.interaction, **done)
    if not forgotten.known:
        output.error("cxrelay: nothing is stored of this interaction")
        return ExitCode.FAILED
    data = {**asdict(forgotten), "complete": forgotten.complete}
    output.result(data, "\n".join(_sentences(forgotten)))
    return ExitCode.OK if forgotten.complete else ExitCode.FAILED


def _confirmed(interaction_id: str, output: Output) -> bool:
    if output.as_json or not sys.stdin.isatty():
        return False
    question = f"erase all payloads of interaction {one_line(interaction_id)} for good? [y/N] "
    return input(question).strip().lower() in ("y", "yes")


def _sentences(forgotten: Forgotten) -> list[str]:
    events = f"{len(forgotten.events):,} events"
    lines = [
        f"{events}: payloads of {len(forgotten.erased):,} erased, {forgotten.ended:,} of them will "
        f"not be sent; {len(forgotten.rewritten):,} audit files rewritten"
    ]
    if not forgotten.log_emptied:
        lines.append(
            "remaining: somebody reads the queue file, so bytes may stay in its log until this "
            "command is repeated"
        )
    if forgotten.elsewhere:
        named = ", ".join(str(seq) for seq in forgotten.elsewhere[:_MOST_NAMED])
        more = ", ..." if len(forgotten.elsewhere) > _MOST_NAMED else ""
        lines.append(f"remaining: exported and not in the files here: seq {named}{more}")
    lines += [
        f"remaining: seq {first} to {last} are in no file here, and the queue file has deleted them"
        for first, last in forgotten.unseen
    ]
    lines.append("not looked at: backups of the queue file, and copies of the audit log")
    return lines
