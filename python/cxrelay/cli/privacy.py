"""``cxrelay privacy run``: try a privacy policy on real events."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from .command import Commands, add_command, add_group
from .exit_code import ExitCode
from .ingest import write_refused
from .json_lines import Line, open_input, read_lines
from .output import Output
from .settings import load_config

if TYPE_CHECKING:
    from cxrelay._core import PrivacyPolicy


def register(commands: Commands) -> None:
    """Adds the commands."""
    group = add_group(
        commands,
        "privacy",
        "try a privacy policy",
        """cxrelay privacy run events.jsonl
           tail -f events.jsonl | cxrelay privacy run - --json""",
    )
    parser = add_command(
        group,
        "run",
        run,
        "write what would be stored of events as their originals, one a line; nothing is stored",
        """cxrelay privacy run events.jsonl
           cxrelay privacy run events.jsonl --config relay.toml --json""",
    )
    parser.add_argument("file", metavar="FILE", help="JSON lines; - reads stdin")


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """Each event is written as soon as it is read."""
    policy = load_config(args).privacy.load()
    bad = False
    with open_input(args.file) as file:
        for line in read_lines(file):
            bad |= not _show(policy, line, args.file, output)
            if args.file == "-":
                sys.stdout.flush()
    return ExitCode.BAD_INPUT if bad else ExitCode.OK


def _show(policy: PrivacyPolicy, line: Line, name: str, output: Output) -> bool:
    from cxrelay.errors import ValidationError

    try:
        stored = policy.examine(line.body)
    except ValidationError as error:
        write_refused(name, line, error, output)
        return False
    text = stored.text
    if output.as_json:
        # Put together as text: the event's numbers may be longer than Python's json can keep.
        head = (
            f'{{"line":{line.number},"policy":"{policy.version}","dropped":{stored.dropped},'
            f'"masked":{stored.masked},"hashed":{stored.hashed},"original":'
        )
        text = head.encode() + text + b"}"
    output.raw_line(text)
    return True
