"""``cxrelay audit``: export the audit trail and verify it."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxrelay.errors import ConfigError

from .command import Commands, add_command, add_group, positive
from .exit_code import ExitCode
from .output import Output
from .settings import load_config, open_queue


def register(commands: Commands) -> None:
    """Adds the commands."""
    group = add_group(
        commands,
        "audit",
        "export the audit trail and verify it",
        """cxrelay audit export
           cxrelay audit verify audit_transformations.log""",
    )
    verify = add_command(
        group,
        "verify",
        run_verify,
        "verify the hash chain of an audit log and of the closed segments beside it",
        """cxrelay audit verify
           cxrelay audit verify /archive/audit_transformations.log --json""",
    )
    verify.add_argument(
        "file", nargs="?", metavar="FILE", help="the open log (default: that of the settings)"
    )
    export = add_command(
        group,
        "export",
        run_export,
        "append what is new to the audit log",
        """cxrelay audit export
           cxrelay audit export --output /archive/audit_transformations.log""",
    )
    export.add_argument("--output", metavar="FILE", help="the log (default: that of the settings)")
    export.add_argument(
        "--segment-bytes", type=positive, metavar="N", help="close a segment at this size"
    )


def run_verify(args: argparse.Namespace, output: Output) -> ExitCode:
    """Needs no queue file and no settings if the log is named."""
    from cxrelay import _core

    path = args.file or _log_path(args)
    found = _core.verify_audit(path)
    data = {
        "ok": found.ok,
        "records": found.records,
        "first_seq": found.first_seq,
        "last_seq": found.last_seq,
        "last_hash": found.last_hash,
        "problem": found.problem,
        "file": found.file,
        "line": found.line,
    }
    if found.ok:
        text = f"verifies: {found.records:,} records, the last has hash {found.last_hash}"
    else:
        text = f"does not verify: {found.problem} ({found.file}:{found.line})"
    output.result(data, text)
    return ExitCode.OK if found.ok else ExitCode.FAILED


def run_export(args: argparse.Namespace, output: Output) -> ExitCode:
    """From the queue file to the log."""
    from cxrelay import _core

    path = args.output or _log_path(args)
    size = args.segment_bytes or load_config(args).audit.max_segment_bytes
    done = _core.export_audit(open_queue(args), path, size)
    data = {
        "path": str(Path(path).absolute()),
        "records": done.records,
        "last_seq": done.last_seq,
        "closed_segments": done.closed_segments,
    }
    output.result(data, f"{done.records:,} records appended to {path}")
    return ExitCode.OK


def _log_path(args: argparse.Namespace) -> str:
    path = load_config(args).audit.path
    if not path:
        raise ConfigError("[audit] path is empty: name the audit log")
    return path
