"""A folder in which the command runs as an operator runs it, and what is looked at afterwards."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import tempfile
import traceback
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from echo_server import EchoServer

from cxrelay.cli import main
from support.canaries import CLIENT_ID, CLIENT_SECRET, EMAIL, PHONE, Search

POLICY = {
    # What events say of a person is in the stored original and the mapped attributes: in the queue file with its log,
    # its copies, and the trail. It is in the files that a test wrote as input, and in what was asked for by name.
    **dict.fromkeys(
        ("phone", "email"),
        ("*.db", "*.db-wal", "*.log", "*.log.erasing", "extract-*", "input-*", "*.pem", "*.pub"),
    ),
    # Files that the test wrote itself.
    **dict.fromkeys(("client_secret", "token"), ("input-*", "*.pem", "*.pub")),
}
"""Canary to the only files that may hold it."""

PAYLOADS_SHOWN = frozenset({"phone", "email"})
"""For commands whose purpose is to show an event or what is written of it."""


@dataclass(frozen=True)
class Ran:
    """What a command left on its way out."""

    code: int
    out: bytes
    err: bytes


@dataclass
class Place:
    """A folder, a server, and the command."""

    folder: Path
    server: EchoServer
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        base = self.server.base_url
        self.environment |= {
            "CXONE_CLIENT_ID": CLIENT_ID,
            "CXONE_CLIENT_SECRET": CLIENT_SECRET.text,
            "CXONE_BASE_URL": base,
            "CXONE_TOKEN_URL": f"{base}/oauth2/token",
        }

    def write(self, name: str, content: str | bytes) -> Path:
        """An input of the test's own."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        return path

    def settings(self, *lines: str) -> None:
        """``relay.toml``; retries are quick and few."""
        retry = ["[retry]", "base_ms = 1", "throttled_base_ms = 1", "max_delay_ms = 5"]
        retry += ["max_attempts = 2", "max_retry_after_ms = 5", "breaker_wait_ms = 1"]
        self.write("relay.toml", "\n".join([*retry, "breaker_max_wait_ms = 5", *lines, ""]))

    def run(self, *arguments: str, stdin: bytes = b"", as_json: bool = False) -> Ran:
        """Runs ``cxrelay`` in this process, with the umask of a careless user."""
        words = [*arguments, "--json"] if as_json else [*arguments]
        before = os.environ.copy(), Path.cwd(), sys.stdin, os.umask(0)
        with _captured() as captured:
            try:
                os.environ.clear()
                os.environ.update({**_clean_environment(before[0]), **self.environment})
                os.chdir(self.folder)
                sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
                code = main(words)
            except BaseException:
                code = -1
                traceback.print_exc()
            finally:
                os.umask(before[3])
                sys.stdin = before[2]
                os.chdir(before[1])
                os.environ.clear()
                os.environ.update(before[0])
            sys.stdout.flush()
            sys.stderr.flush()
            return Ran(code, *(file.read_bytes() for file in captured))

    def run_alone(self, *arguments: str, stdin: bytes = b"", fsize: int = 0) -> Ran:
        """Runs it as an operator does, with everything that Python can warn of.

        Args:
            arguments: of the command.
            stdin: what it reads.
            fsize: no file may grow beyond this, in bytes; 0 = no limit.
        """
        limit = ["prlimit", f"--fsize={fsize}"] if fsize else []
        done = subprocess.run(
            [*limit, sys.executable, "-X", "dev", "-m", "cxrelay", *arguments],
            cwd=self.folder,
            env={**_clean_environment(os.environ), **self.environment},
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
            umask=0,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def ingest(self, count: int = 3) -> None:
        """Good events with personal data."""
        lines = b"".join(event(f"i-{number}") + b"\n" for number in range(count))
        assert self.run("ingest", "-", stdin=lines).code == 0

    def leaks(self, *texts: bytes, shown: Iterable[str] = ()) -> dict[str, set[str]]:
        """Where something is that must not be there; ``shown`` may be in the texts."""
        search, allowed = Search(), set(shown)
        found = search.in_folder(self.folder, POLICY)
        for number, text in enumerate(texts):
            hits = {hit for hit in search.in_bytes(text) if hit.split()[0] not in allowed}
            if hits:
                found[f"text {number}"] = hits
        return found


def event(interaction: str = "i-1", **changes: object) -> bytes:
    """A valid event; phone and e-mail are mapped and in fields that no rule knows."""
    content = {
        "interactionId": interaction,
        "contactId": "c-1",
        "timestamp": "2024-05-15T10:00:00Z",
        "attributes": {"queueName": PHONE.text, "email": EMAIL.text, EMAIL.text: PHONE.text},
        "sourceChannel": EMAIL.text,
    }
    return json.dumps({**content, **changes}).encode()


def unsafe_modes(folder: Path) -> list[str]:
    """Files and folders that others than their owner may touch, or that are links."""
    found = []
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) or stat.S_IMODE(mode) & 0o077:
            found.append(f"{path.relative_to(folder)} {stat.filemode(mode)}")
    return found


def unsafe_lines(text: bytes) -> list[str]:
    """Lines of an output with something that could forge a line or act on a terminal."""
    decoded = text.decode()
    return [
        repr(line)
        for line in decoded.split("\n")
        if any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\t" for c in line)
    ]


@contextmanager
def _captured() -> Iterator[tuple[Path, Path]]:
    """What is written to the descriptors 1 and 2 goes to two files."""
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "out"), Path(folder, "err")
        kept = os.dup(1), os.dup(2)
        streams = sys.stdout, sys.stderr
        try:
            with paths[0].open("wb", 0) as out, paths[1].open("wb", 0) as err:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
                sys.stderr = open(2, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
                try:
                    yield paths
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
        finally:
            sys.stdout, sys.stderr = streams
            for number, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, number)
                os.close(copy)


def _clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("CXONE_", "CXRELAY_", "PYTHON"))
    }
