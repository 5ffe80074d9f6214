"""``cxrelay map run``: try a mapping on real events."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from .command import Commands, add_command, add_group
from .exit_code import ExitCode
from .ingest import write_refused
from .json_lines import Line, open_input, read_lines
from .output import Output
from .settings import load_config

if TYPE_CHECKING:
    from cxrelay.mapping import Mapping


def register(commands: Commands) -> None:
    """Adds the commands."""
    group = add_group(
        commands,
        "map",
        "try a mapping",
        """cxrelay map run events.jsonl --rules mapping.toml
           tail -f events.jsonl | cxrelay map run - --json""",
    )
    parser = add_command(
        group,
        "run",
        run,
        "map events and write what would be sent, one JSON object a line; nothing is stored",
        """cxrelay map run events.jsonl
           cxrelay map run events.jsonl --rules mapping.toml --json""",
    )
    parser.add_argument("file", metavar="FILE", help="JSON lines; - reads stdin")
    parser.add_argument(
        "--rules", metavar="FILE", help="rules as JSON or TOML (default: those of the settings)"
    )


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """Each event is written as soon as it is mapped."""
    from cxrelay.config import MappingConfig

    mapping = (MappingConfig(file=args.rules) if args.rules else load_config(args).mapping).load()
    bad = False
    with open_input(args.file) as file:
        for line in read_lines(file):
            bad |= not _map(mapping, line, args.file, output)
            if args.file == "-":
                sys.stdout.flush()
    return ExitCode.BAD_INPUT if bad else ExitCode.OK


def _map(mapping: Mapping, line: Line, name: str, output: Output) -> bool:
    from cxrelay.errors import ValidationError

    try:
        mapped = mapping.apply_json(line.body)
    except ValidationError as error:
        write_refused(name, line, error, output)
        return False
    key, payload = mapped if mapped is not None else (None, b"{}")
    if output.as_json:
        # Put together as text: the payload's numbers may be longer than Python's json can keep.
        head = f'{{"line":{line.number},"idempotencyKey":{json.dumps(key)},"payload":'
        payload = head.encode() + payload + b"}"
    output.raw_line(payload)
    return True
