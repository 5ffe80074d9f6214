"""``cxrelay doctor``: what this installation would do, and what stands in its way."""

from __future__ import annotations

import argparse
import os
import platform
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .command import Commands, add_command
from .exit_code import ExitCode
from .output import Output, table
from .settings import load_config

if TYPE_CHECKING:
    from cxrelay.config import RelayConfig

Verdict = Literal["ok", "warning", "missing", "failed"]
_CODES = {"missing": ExitCode.CONFIG, "failed": ExitCode.TARGET}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; never the value of a secret."""

    name: str
    verdict: Verdict
    detail: str


def register(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "doctor",
        run,
        "show versions, resolved URLs and credentials, and try them",
        """cxrelay doctor
           cxrelay doctor --offline --json""",
    )
    parser.add_argument("--offline", action="store_true", help="do not use the network")


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """Exit code 3 if something is not set, 4 if the target refuses or cannot be reached."""
    config = load_config(args)
    found = [*_versions(), *_sqlite(), *_files(config), *_target(config)]
    if args.offline:
        found.append(Finding("credentials tried", "ok", "not tried: --offline"))
    else:
        found += _credentials_tried(config)
    rows = [(finding.verdict, finding.name, finding.detail) for finding in found]
    data = {"findings": [asdict(finding) for finding in found]}
    codes = [_CODES.get(finding.verdict, ExitCode.OK) for finding in found]
    code = next((code for code in codes if code is not ExitCode.OK), ExitCode.OK)
    output.result({"ok": code is ExitCode.OK, **data}, table(rows))
    return code


def _versions() -> Iterator[Finding]:
    from cxrelay import __version__, _core

    yield Finding("cxrelay", "ok", f"{__version__}, Python {platform.python_version()}")
    libraries = ", ".join(f"{name} {version}" for name, version in _core.library_versions().items())
    yield Finding("libraries", "ok", libraries)


def _sqlite() -> Iterator[Finding]:
    import sqlite3  # noqa: F401 - loads the SQLite that Python programs on this machine use

    from cxrelay import _core

    other = _core.second_sqlite()
    if other:
        yield Finding(
            "second SQLite",
            "warning",
            f"Python's sqlite3 uses another library ({other}): never open the queue file with it "
            "in a process that uses cxrelay, or locks are lost",
        )
    else:
        yield Finding("second SQLite", "ok", "none: Python's sqlite3 uses the same library")


def _files(config: RelayConfig) -> Iterator[Finding]:
    queue = Path(config.queue.path)
    if queue.exists():
        mode = stat.S_IMODE(queue.stat().st_mode)
        open_to_others = bool(mode & 0o077)
        yield Finding(
            "queue file", "warning" if open_to_others else "ok", f"{queue.absolute()} ({mode:04o})"
        )
    else:
        yield Finding("queue file", "ok", f"{queue.absolute()} (made at first use)")
    yield Finding("mapping", "ok", f"version {config.mapping.load().version}")
    policy = config.privacy.load()
    key = f"key {policy.key_id}" if policy.key_id else "no key"
    yield Finding("privacy policy", "ok", f"version {policy.version}, {key}")
    log = config.audit.path
    yield Finding("audit log", "ok", str(Path(log).absolute()) if log else "none is exported")
    yield _ca_file(config.target.ca_file)


def _ca_file(path: str) -> Finding:
    if not path:
        return Finding("CA file", "ok", "that of the system")
    if os.access(path, os.R_OK):
        return Finding("CA file", "ok", str(Path(path).absolute()))
    return Finding("CA file", "missing", f"{path} cannot be read")


def _target(config: RelayConfig) -> Iterator[Finding]:
    from cxrelay.errors import ConfigError

    for name, url in (
        ("base URL", config.base_url),
        ("token URL", config.token_url),
        ("userinfo URL", config.userinfo_url),
    ):
        yield Finding(name, "ok" if url else "missing", url or "set CXONE_REGION or CXONE_BASE_URL")
    client = config.auth.client_id
    yield _presence("client id", client, "CXONE_CLIENT_ID")
    try:
        secret = config.auth.reveal_secret()
    except ConfigError as error:
        yield Finding("client secret", "missing", str(error))
        return
    yield _presence("client secret", secret, "CXONE_CLIENT_SECRET")


def _presence(name: str, value: str, variable: str) -> Finding:
    if value:
        return Finding(name, "ok", "set")
    return Finding(name, "missing", f"set {variable}")


def _credentials_tried(config: RelayConfig) -> Iterator[Finding]:
    import tempfile
    from dataclasses import replace

    from cxrelay.errors import AuthError, ConfigError, TransportError
    from cxrelay.relay import Relay

    # A relay needs a queue file; asking for a token must not make the real one.
    with tempfile.TemporaryDirectory() as folder:
        queue = replace(config.queue, path=str(Path(folder) / "doctor.db"))
        with Relay.from_config(replace(config, queue=queue)) as relay:
            try:
                check = relay.check_scopes()
            except ConfigError:
                yield Finding("credentials tried", "missing", "not tried: something is not set")
                return
            except (AuthError, TransportError) as error:
                yield Finding("credentials tried", "failed", str(error))
                return
    yield Finding("credentials tried", "ok", "a token was issued")
    if not check.reachable:
        yield Finding("scopes", "warning", f"unknown: userinfo answered status {check.status}")
    elif check.scopes is None:
        yield Finding("scopes", "ok", "unknown: the target does not list them")
    elif check.missing:
        yield Finding("scopes", "failed", f"missing: {', '.join(check.missing)}")
    else:
        yield Finding("scopes", "ok", ", ".join(check.scopes))
