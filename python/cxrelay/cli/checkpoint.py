"""``cxrelay audit keygen`` and ``cxrelay audit checkpoint``: where the trail ends, signed."""

from __future__ import annotations

import argparse
from pathlib import Path

from cxrelay.errors import ConfigError

from .command import Commands, add_command
from .exit_code import ExitCode
from .output import Output
from .settings import audit_log_path, load_config


def register(group: Commands) -> None:
    """Adds the commands to the group ``audit``."""
    keygen = add_command(
        group,
        "keygen",
        run_keygen,
        "make a key for checkpoints: the private one in FILE, the public one in FILE.pub",
        """cxrelay audit keygen --key /safe/checkpoint.pem""",
    )
    keygen.add_argument(
        "--key", metavar="FILE", required=True, help="the private key; an existing one is kept"
    )
    sign = add_command(
        group,
        "checkpoint",
        run_checkpoint,
        "verify the trail and sign where it ends",
        """cxrelay audit checkpoint --key /safe/checkpoint.pem
           cxrelay audit checkpoint --key /safe/checkpoint.pem --output checkpoints.jsonl
           cxrelay audit checkpoint audit_transformations.log --output syslog""",
    )
    sign.add_argument(
        "file", nargs="?", metavar="FILE", help="the open log (default: that of the settings)"
    )
    sign.add_argument(
        "--key", metavar="FILE", help="the private key (default: that of the settings)"
    )
    sign.add_argument(
        "--output",
        metavar="FILE|-|syslog",
        default="-",
        help="a file to append a line to, - for standard output (the default), or syslog",
    )


def run_keygen(args: argparse.Namespace, output: Output) -> ExitCode:
    """Says where the key is, and nothing of the private one."""
    from cxrelay import _core

    key_id = _core.generate_checkpoint_key(args.key)
    public = f"{args.key}.pub"
    data = {
        "key_id": key_id,
        "key": str(Path(args.key).absolute()),
        "public_key": str(Path(public).absolute()),
    }
    output.result(data, f"key {key_id}: private {args.key}, public {public}")
    return ExitCode.OK


def run_checkpoint(args: argparse.Namespace, output: Output) -> ExitCode:
    """Needs no queue file; no settings either if log and key are named."""
    from cxrelay import _core

    path = args.file or audit_log_path(args)
    key = args.key or load_config(args).audit.checkpoint_key
    if not key:
        raise ConfigError("[audit] checkpoint_key is empty: name the private key with --key")
    made = _core.sign_checkpoint(path, key)
    if args.output == "-":
        output.raw_line(made.line.encode())
        return ExitCode.OK
    _core.write_checkpoint(made, args.output)
    data = {"seq": made.seq, "time_us": made.time_us, "key_id": made.key_id, "output": args.output}
    output.result(data, f"checkpoint for seq {made.seq:,} written to {args.output}")
    return ExitCode.OK
