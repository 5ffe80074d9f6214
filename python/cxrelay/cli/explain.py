"""``cxrelay explain``: what happened to an event."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .command import Commands, add_command
from .exit_code import ExitCode
from .output import Output
from .settings import load_config, open_queue

if TYPE_CHECKING:
    from cxrelay.mapping import Mapping


def register(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "explain",
        run,
        "tell what happened to an event, or to every event of an interaction",
        """cxrelay explain 'a1b2_2024-05-15T10:30:00+00:00'
           cxrelay explain a1b2 --json
           cxrelay explain a1b2 --log /archive/audit_transformations.log""",
    )
    parser.add_argument("name", metavar="KEY|INTERACTION", help="an idempotency key, or an id")
    parser.add_argument(
        "--log",
        metavar="FILE",
        help="an exported audit log, or a copy of it, instead of the queue file",
    )
    parser.add_argument(
        "--mapping",
        metavar="FILE",
        help="rules as JSON or TOML, to tell which of them fired (default: those of the settings)",
    )


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """One story after the other."""
    from cxrelay.stories import explain

    from .story_text import story_text

    mapping = _mapping(args)
    stories = explain(args.name, args.log or open_queue(args), mapping)
    if not stories:
        output.error("cxrelay: no update has this key, and no interaction this id")
        return ExitCode.FAILED
    for number, story in enumerate(stories):
        text = "" if output.as_json else story_text(story)
        output.result(story.as_dict(), f"\n{text}" if number else text)
    return ExitCode.FAILED if any(story.problems for story in stories) else ExitCode.OK


def _mapping(args: argparse.Namespace) -> Mapping:
    from cxrelay.config import MappingConfig

    chosen = MappingConfig(file=args.mapping) if args.mapping else load_config(args).mapping
    return chosen.load()
