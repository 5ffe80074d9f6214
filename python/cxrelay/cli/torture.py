"""``cxrelay torture``: processes are killed on your disk, and nothing may be lost."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .command import Commands, add_command, positive, seconds
from .exit_code import ExitCode
from .output import Output

if TYPE_CHECKING:
    from cxrelay.torture.result import TortureResult

_SECONDS = 60.0


def register(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "torture",
        run,
        "kill processes that put and deliver, on this disk and against a CXone stand-in with every"
        " fault, then prove that nothing was lost, doubled or reordered",
        """cxrelay torture
           cxrelay torture --seconds 600 --directory /srv/data/torture
           cxrelay torture --rounds 1000 --seed 7 --json""",
    )
    parser.add_argument(
        "--seconds",
        type=seconds,
        metavar="N",
        help=f"begin no round after this time (default: {_SECONDS:.0f}, without --rounds)",
    )
    parser.add_argument("--rounds", type=positive, metavar="N", help="how many rounds at most")
    parser.add_argument(
        "--processes",
        type=positive,
        default=4,
        metavar="N",
        help="how many work on one queue file: all put, one delivers, the others stand by"
        " (default: 4)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="S",
        help="of kills, faults and events (default: random; it is printed). The same seed makes"
        " the same plan; at which instant a kill strikes is the machine's affair",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        help="new or empty, on the disk that is to be tried (default: a temporary one); files are"
        " left there only if something was violated",
    )


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """Fails if anything was violated."""
    import logging

    from cxrelay.torture import run_torture
    from cxrelay.torture.report import as_text

    from .progress import Progress

    # The troubles are the point, and the report tells of them.
    logging.getLogger("cxrelay").addHandler(logging.NullHandler())
    limit_s = _SECONDS if args.seconds is None and args.rounds is None else args.seconds
    with Progress("torture", args.rounds, "rounds") as progress:

        def show(result: TortureResult) -> None:
            progress.show(result.rounds_begun, f"seed {result.seed}")

        result = run_torture(
            seconds=limit_s,
            rounds=args.rounds,
            processes=args.processes,
            seed=args.seed,
            directory=args.directory,
            progress=show,
        )
    output.result(result.as_dict(), as_text(result))
    if result.violations:
        return ExitCode.FAILED
    return ExitCode.INTERRUPTED if result.interrupted else ExitCode.OK
