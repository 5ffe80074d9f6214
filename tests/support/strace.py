"""strace as a fault injector: ends, fails or records the system calls that a process makes on chosen files.

The process under test is the unchanged package; no code of ours knows that it is watched.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

# What SQLite and the engine do to files. mmap is missing on purpose: only the -shm file is mapped, which is
# rebuilt from the log by whoever opens the file next.
FILE_CALLS = (
    "openat", "close", "write", "writev", "pwrite64", "pwritev", "ftruncate", "fallocate",
    "fsync", "fdatasync", "sync_file_range", "rename", "renameat", "renameat2", "unlink",
    "unlinkat", "flock",
)  # fmt: skip

_CALL = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(.*)")
_UNFINISHED = re.compile(r"(\d+) +(.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")


class Call(NamedTuple):
    """One system call of a log."""

    name: str
    arguments: str
    result: int
    injected: bool  # the kernel never saw it: its result is an invention of strace

    @property
    def path(self) -> str:
        """The path of the first descriptor, or of the file that is opened, renamed or unlinked."""
        if self.name == "openat":  # its first descriptor is that of the working folder
            return self._text(self.strings[0])
        of_descriptor = re.search(r"\b\d+<([^>]*)>", self.arguments)
        return self._text(of_descriptor[1] if of_descriptor else self.strings[0])

    @staticmethod
    def _text(written: str) -> str:
        return data_of(written).decode() if written.startswith("\\x") else written

    @property
    def descriptor(self) -> int:
        """The descriptor that comes first."""
        return int(self.arguments.partition("<")[0])

    @property
    def strings(self) -> list[str]:
        """The texts in quotation marks, as strace wrote them."""
        return re.findall(r'"((?:[^"\\]|\\.)*)"', self.arguments)

    @property
    def numbers(self) -> list[int]:
        """The plain numbers after the last text."""
        return [int(part) for part in re.findall(r", (\d+)(?=,|$)", self.arguments)]


def data_of(text: str) -> bytes:
    """The bytes that a log with `whole_data` shows for a text."""
    return bytes.fromhex(text.replace("\\x", ""))


def require_strace() -> None:
    """Skips the test where processes cannot be traced."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is missing (scripts/setup installs it)")
    done = subprocess.run([program, "-o", "/dev/null", "true"], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"strace may not trace here: {done.stderr.decode().strip()}")


def queue_files(path: Path) -> list[Path]:
    """Every file that belongs to a queue file, and its folder, which is synced when one is made."""
    suffixes = ("", "-wal", "-shm", "-journal", ".lock", ".deliverer")
    return [*(path.with_name(path.name + suffix) for suffix in suffixes), path.parent]


def run_traced(
    command: Sequence[str | Path],
    files: Sequence[Path | str],
    *,
    log: Path | str = "/dev/null",
    calls: Sequence[str] = FILE_CALLS,
    inject: Sequence[str] = (),
    stdout: Path,
    whole_data: bool = False,
    timeout_s: float = 120,
) -> int:
    """Runs a command; returns its exit code, negative for the signal that ended it.

    Only `calls` on `files` are logged and counted. `inject` are strace's expressions without the leading
    "inject=". `whole_data`: texts are logged in full and as hexadecimal digits.
    """
    options = ["-f", "-y", "-o", str(log), "-e", f"trace={','.join(calls)}"]
    for file in files:
        options += ["-P", str(file)]
    for expression in inject:
        options += ["-e", f"inject={expression}"]
    if whole_data:
        options += ["-xx", "-s", str(1 << 24)]
    with stdout.open("wb") as out:
        done = subprocess.run(
            ["strace", *options, "--", *map(str, command)],
            stdout=out,
            stderr=subprocess.PIPE,
            timeout=timeout_s,
            check=False,
        )
    if done.returncode > 0:
        raise AssertionError(f"exit code {done.returncode}: {done.stderr.decode()}")
    return done.returncode


def read_log(log: Path) -> list[Call]:
    """The calls of a log, without one that a kill kept from happening: it has no result.

    A call that another thread interrupted stands where it ended: what it wrote was not there before for certain.
    """
    calls = []
    begun: dict[str, str] = {}  # by thread
    for line in log.read_text(encoding="latin-1").splitlines():
        if unfinished := _UNFINISHED.fullmatch(line):
            begun[unfinished[1]] = unfinished[2]
            continue
        if resumed := _RESUMED.fullmatch(line):
            line = begun.pop(resumed[1]) + resumed[2]
        match = _CALL.match(line)
        if match is None:
            continue  # also "+++ exited with 0 +++", "--- SIGTERM ---"
        name, arguments, result, rest = match.groups()
        calls.append(Call(name, arguments, int(result), rest.endswith("(INJECTED)")))
    return calls
