"""How a command is added to the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

from .exit_code import ExitCode, exit_code_help
from .output import Output
from .settings import add_shared_options

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run: TypeAlias = Callable[[argparse.Namespace, Output], ExitCode]


def add_command(
    commands: Commands, name: str, run: Run, summary: str, examples: str
) -> argparse.ArgumentParser:
    """Adds a command.

    Args:
        commands: where to.
        name: its name on the command line.
        run: carries it out.
        summary: one sentence.
        examples: command lines, one a line.

    Returns:
        Its parser, for options of its own.
    """
    parser = _add_parser(commands, name, summary, examples)
    parser.set_defaults(run=run)
    return parser


def add_group(commands: Commands, name: str, summary: str, examples: str) -> Commands:
    """Adds a command that only has commands below it; returns where to add these."""
    parser = _add_parser(commands, name, summary, examples)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def positive(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def http_status(text: str) -> int:
    """An argument that is an HTTP status."""
    number = int(text)
    if not 100 <= number <= 599:
        raise argparse.ArgumentTypeError("must be from 100 to 599")
    return number


def age_us(text: str) -> int:
    """An argument that is an age, such as 90s, 30m, 2h, 7d or 8w; in microseconds."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
    if len(text) > 9 or text[-1:] not in units or not text[:-1].isdecimal():
        raise argparse.ArgumentTypeError("must be a number and s, m, h, d or w, such as 2h")
    return int(text[:-1]) * units[text[-1]] * 1_000_000


def seconds(text: str) -> float:
    """An argument that is a time of at least 0 seconds."""
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or more seconds")
    return number


def _add_parser(
    commands: Commands, name: str, summary: str, examples: str
) -> argparse.ArgumentParser:
    lines = "\n".join(f"  {line.strip()}" for line in examples.strip().splitlines())
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:\n{lines}\n\n{exit_code_help()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_shared_options(parser)
    return parser
