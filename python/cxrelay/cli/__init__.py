"""The command ``cxrelay``. Needs only the standard library."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import (
    audit,
    demo,
    doctor,
    explain,
    flush,
    ingest,
    map_events,
    privacy,
    queue,
    simulate,
    torture,
)
from .command import Commands
from .exit_code import ExitCode, code_of, exit_code_help
from .output import Output
from .settings import add_shared_options

__all__ = ["ExitCode", "main"]

_GROUPS = (
    *(demo, torture, simulate, ingest, flush, queue, explain),
    *(audit, map_events, privacy, doctor),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: the command line without the program's name; by default that of the process.

    Returns:
        The exit code, see ``ExitCode``.
    """
    try:
        args = _parser().parse_args(arguments)
    except SystemExit as done:  # --help, --version or a wrong command line
        return done.code if isinstance(done.code, int) else ExitCode.BAD_INPUT
    output = Output(as_json=getattr(args, "json", False))
    try:
        code: int = args.run(args, output)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        output.error("cxrelay: interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Who read our output has seen enough. Without this, Python complains when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:
        if not _is_expected(error):
            raise
        output.error(f"cxrelay: {error}")
        return code_of(error)


def _is_expected(error: Exception) -> bool:
    from cxrelay.errors import Error

    return isinstance(error, (Error, OSError))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cxrelay",
        description="Carries contact-centre events into NICE CXone, durably and provably.",
        epilog="examples:\n"
        "  cxrelay demo\n"
        "  cxrelay ingest events.jsonl && cxrelay flush\n"
        "  cxrelay queue list --state dead --json\n\n" + exit_code_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    add_shared_options(parser)
    commands: Commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, dest="command"
    )
    for group in _GROUPS:
        group.register(commands)
    return parser


def _version() -> str:
    from cxrelay import __version__

    return f"cxrelay {__version__}"
