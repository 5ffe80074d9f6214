"""``cxrelay flush``: deliver what waits."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from cxrelay.errors import AuditError, StoreError

from .command import Commands, add_command, seconds
from .exit_code import ExitCode
from .output import Output, table
from .settings import load_config, require_own_stdout

if TYPE_CHECKING:
    from cxrelay.relay import Relay

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
        "deliver until nothing waits, and export the audit trail; exit code 1 if updates died, were "
        "parked or still wait, or the trail was not exported",
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

    config = load_config(args)
    require_own_stdout(config.audit)
    logging.basicConfig(format="cxrelay: %(message)s", level=logging.WARNING)
    with Relay.from_config(config) as relay:
        result = relay.flush(args.timeout)
        trouble = _export(relay)
        audit = asdict(relay.stats().audit)
    counts = {name: value for name, value in asdict(result).items() if name != "reason"}
    rows = [*counts.items(), *((f"audit.{name}", audit[name] or "-") for name in audit)]
    text = f"{_REASONS.get(result.reason, result.reason)}\n{table(rows)}"
    output.result({"reason": result.reason, **counts, "audit": audit}, text)
    code = _CODES.get(result.reason, ExitCode.FAILED)
    if trouble is not None:
        what = "the audit export" if audit["last_error"] else "retention in the queue file"
        output.error(f"cxrelay: {what} failed and can be repeated: {trouble}")
    if code is ExitCode.OK and (result.dead or result.parked or trouble is not None):
        return ExitCode.FAILED
    return code


def _export(relay: Relay) -> AuditError | StoreError | None:
    """What went wrong: that is no reason to keep quiet about what was delivered."""
    if not relay.config.audit.path:
        return None
    try:
        relay.export_audit()
    except (AuditError, StoreError) as error:
        return error
    return None
