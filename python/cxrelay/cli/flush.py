"""``cxrelay flush``: deliver what waits."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from .command import Commands, add_command, seconds
from .exit_code import ExitCode
from .output import Output, table
from .settings import load_config

_CODES = {"idle": ExitCode.OK, "auth": ExitCode.TARGET}
_REASONS = {
    "idle": "nothing waits any more",
    "timeout": "the time is up; what waits stays in the queue",
    "stopped": "stopped",
    "auth": "the target refuses the client; every update is kept",
    "fenced": "another deliverer has taken over",
    "not_elected": "another deliverer sends for this queue file",
    "failed": "trouble that waiting does not cure; see the messages above",
}


def register(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "flush",
        run,
        "deliver until nothing waits; exit code 1 if updates died, were parked or still wait",
        """cxrelay flush
           cxrelay flush --timeout 60 --json""",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="give up after this time; nothing is lost",
    )


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """Delivers, exports the audit trail, and says what was done."""
    import logging

    from cxrelay.relay import Relay

    logging.basicConfig(format="cxrelay: %(message)s", level=logging.WARNING)
    with Relay.from_config(load_config(args)) as relay:
        result = relay.flush(args.timeout)
        if relay.config.audit.path:
            relay.export_audit()
    counts = {name: value for name, value in asdict(result).items() if name != "reason"}
    text = f"{_REASONS.get(result.reason, result.reason)}\n{table(list(counts.items()))}"
    output.result({"reason": result.reason, **counts}, text)
    if result.reason == "idle" and (result.dead or result.parked):
        return ExitCode.FAILED
    return _CODES.get(result.reason, ExitCode.FAILED)
