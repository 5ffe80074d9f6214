"""Options that many commands share, and the configuration that they lead to."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cxrelay.errors import ConfigError

if TYPE_CHECKING:
    from cxrelay._core import Queue
    from cxrelay.config import AuditConfig, RelayConfig

DEFAULT_FILE = "relay.toml"


def add_shared_options(parser: argparse.ArgumentParser) -> None:
    """Adds --json, --config and --db. They may stand before and after the name of a command."""
    shared = parser.add_argument_group("shared options")
    # SUPPRESS: a command's parser must not wipe out what stood before its name.
    shared.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="write JSON to stdout, one object a line",
    )
    shared.add_argument(
        "--config",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help=f"settings (default: {DEFAULT_FILE} if it is there); the environment overrides them",
    )
    shared.add_argument(
        "--db",
        metavar="PATH",
        default=argparse.SUPPRESS,
        help="the queue file (overrides settings and CXRELAY_DB)",
    )


def load_config(args: argparse.Namespace) -> RelayConfig:
    """Returns the settings that the command line leads to. Raises ConfigError."""
    from cxrelay.config import RelayConfig

    file = getattr(args, "config", None)
    if file is None and Path(DEFAULT_FILE).is_file():
        file = DEFAULT_FILE
    config = RelayConfig.from_env() if file is None else RelayConfig.from_file(file)
    db = getattr(args, "db", None)
    return config if db is None else replace(config, queue=replace(config.queue, path=db))


def audit_log_path(args: argparse.Namespace) -> str:
    """Returns the audit log of the settings. Raises ConfigError if they name none."""
    path = load_config(args).audit.path
    if not path:
        raise ConfigError("[audit] path is empty: name the audit log")
    return path


def require_own_stdout(audit: AuditConfig) -> None:
    """Raises ConfigError if checkpoints would be written among the results of an exporting command."""
    if audit.checkpoint_key and audit.checkpoint_output == "-":
        raise ConfigError(
            '[audit] checkpoint_output is "-", but standard output carries the result of this command: '
            'name a file or "syslog", or sign with cxrelay audit checkpoint'
        )


def open_queue(args: argparse.Namespace) -> Queue:
    """Opens the queue file that is there already. Raises ConfigError, StoreError."""
    from cxrelay import _core

    path = load_config(args).queue.path
    if not Path(path).exists():
        raise ConfigError(f"there is no queue file at {path}")
    return _core.Queue(path)
