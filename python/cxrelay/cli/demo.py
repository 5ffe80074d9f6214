"""``cxrelay demo``: the whole line at work against a stand-in for CXone."""

from __future__ import annotations

import argparse

from .command import Commands, add_command, positive
from .exit_code import ExitCode
from .output import Output


def register(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "demo",
        run,
        "carry generated events through every trouble to a CXone stand-in, and prove the result",
        """cxrelay demo
           cxrelay demo --events 100000 --seed 7
           cxrelay demo --keep demo-files --json""",
    )
    parser.add_argument(
        "--events", type=positive, default=10_000, metavar="N", help="how many (default: 10,000)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of events and troubles")
    parser.add_argument("--keep", metavar="DIR", help="leave queue file and audit log there")


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """Fails if anything does not hold together."""
    import logging

    from cxrelay.demo import run_demo
    from cxrelay.demo.report import as_text

    from .progress import Progress

    # The troubles are part of the show, and the report tells of them.
    logging.getLogger("cxrelay").addHandler(logging.NullHandler())
    with Progress("demo", None, "events") as progress:
        result = run_demo(args.events, args.seed, args.keep, progress.show)
    output.result(result.as_dict(), as_text(result))
    return ExitCode.OK if result.consistent else ExitCode.FAILED
