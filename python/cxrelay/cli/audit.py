"""``cxrelay audit``: export the trail, sign checkpoints of it, verify it; remove what is old, forget a person."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import checkpoint, extract, forget, retain_trail
from .command import Commands, add_command, add_group, positive
from .exit_code import ExitCode
from .output import Output
from .settings import audit_log_path, load_config, open_queue, require_own_stdout
from .time_text import time_text

if TYPE_CHECKING:
    from cxrelay._core import VerifyResult

_VERDICT = (
    *("ok", "records", "first_seq", "last_seq", "first_hash", "last_hash", "trail"),
    *("problem", "file", "line", "checkpoints", "checkpoint_seq", "checkpoint_time_us"),
    *("tombstones", "removed_seq", "tombstone_time_us", "tombstones_checked"),
)


def register(commands: Commands) -> None:
    """Adds the commands."""
    group = add_group(
        commands,
        "audit",
        "export the audit trail, sign checkpoints of it, verify it, remove what is old, erase payloads",
        """cxrelay audit export
           cxrelay audit verify audit_transformations.log
           cxrelay audit checkpoint --key /safe/checkpoint.pem --output syslog""",
    )
    verify = add_command(
        group,
        "verify",
        run_verify,
        "verify the hash chain of an audit log and of the closed segments beside it",
        """cxrelay audit verify
           cxrelay audit verify /archive/audit_transformations.log --json
           cxrelay audit verify --checkpoint checkpoints.jsonl --public-key checkpoint.pem.pub
           cxrelay audit verify --public-key checkpoint.pem.pub     # after a retention""",
    )
    verify.add_argument(
        "file", nargs="?", metavar="FILE", help="the open log (default: that of the settings)"
    )
    verify.add_argument(
        "--checkpoint", metavar="FILE", help="signed checkpoints that the trail must fit"
    )
    verify.add_argument(
        "--public-key",
        metavar="FILE",
        action="append",
        default=[],
        help="a key that checkpoints and tombstones may be signed with; more than once after a change",
    )
    verify.add_argument(
        "--tombstones",
        metavar="FILE",
        help="what retention says that it removed (default: FILE.tombstones, beside the log)",
    )
    export = add_command(
        group,
        "export",
        run_export,
        "append what is new to the audit log; with a format or filters, extract records from it",
        """cxrelay audit export
           cxrelay audit export --output /archive/audit_transformations.log
           cxrelay audit export --format ocsf --since 1d --output audit.ocsf.jsonl
           cxrelay audit export --format csv --interaction a1b2 --log /archive/audit_transformations.log""",
    )
    export.add_argument(
        "--output",
        metavar="FILE",
        help="the log (default: that of the settings); of an extract: a new file, or - for stdout",
    )
    export.add_argument(
        "--segment-bytes", type=positive, metavar="N", help="close a segment at this size"
    )
    extract.add_options(export)
    checkpoint.register(group)
    forget.register(group)
    retain_trail.register(group)


def run_verify(args: argparse.Namespace, output: Output) -> ExitCode:
    """Needs no queue file and no settings if the log is named."""
    from cxrelay import _core

    if args.checkpoint is not None and not args.public_key:
        output.error("cxrelay: --checkpoint needs --public-key")
        return ExitCode.BAD_INPUT
    path = args.file or audit_log_path(args)
    found = _core.verify_audit(path, args.checkpoint, args.public_key, args.tombstones)
    data = {name: getattr(found, name) for name in _VERDICT}
    if found.ok:
        text = f"verifies: {found.records:,} records, the last has hash {found.last_hash}"
        if found.tombstones:
            text += f"\n{_tombstone_text(found)}"
        if found.checkpoints:
            text += f"\n{_checkpoint_text(found)}"
        elif args.public_key and not found.tombstones:
            text += "\nnothing in it is signed: --public-key checked nothing"
    else:
        text = f"does not verify: {found.problem} ({found.file}:{found.line})"
    output.result(data, text)
    return ExitCode.OK if found.ok else ExitCode.FAILED


def run_export(args: argparse.Namespace, output: Output) -> ExitCode:
    """From the queue file to the log."""
    if extract.is_extract(args):
        return extract.run_extract(args, output)
    from cxrelay import _core

    path = args.output or audit_log_path(args)
    config = load_config(args).audit
    require_own_stdout(config)
    done = _core.export_audit(
        open_queue(args),
        path,
        args.segment_bytes or config.max_segment_bytes,
        config.checkpoint_key,
        config.checkpoint_output,
        config.checkpoint_records,
        config.checkpoint_minutes,
        config.compress,
    )
    data = {
        "path": str(Path(path).absolute()),
        "records": done.records,
        "last_seq": done.last_seq,
        "closed_segments": done.closed_segments,
    }
    output.result(data, f"{done.records:,} records appended to {path}")
    return ExitCode.OK


def _tombstone_text(found: VerifyResult) -> str:
    """Says plainly what the beginning rests on."""
    signed = (
        "signatures checked"
        if found.tombstones_checked
        else "SIGNATURES NOT CHECKED: give --public-key, or anybody may have removed them"
    )
    return (
        f"begins with seq {found.first_seq:,}: retention removed what came before "
        f"{found.removed_seq + 1:,}, says the last of {found.tombstones:,} tombstones, of "
        f"{time_text(found.tombstone_time_us)}; {signed}"
    )


def _checkpoint_text(found: VerifyResult) -> str:
    from datetime import UTC, datetime

    signed = datetime.fromtimestamp(found.checkpoint_time_us // 1_000_000, UTC)
    return (
        f"fits {found.checkpoints:,} checkpoints, the last of {signed:%Y-%m-%d %H:%M:%S} UTC for "
        f"seq {found.checkpoint_seq:,}; nothing vouches for the end of what came after"
    )
