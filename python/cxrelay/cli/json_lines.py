"""Reading JSON lines of any size with bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cxrelay.errors import ConfigError

MAX_LINE_BYTES = 16 * 1024 * 1024
"""More of a line is never held in memory. Far above the limit for an event, which decides."""

_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank.

    Attributes:
        number: counted from 1.
        body: the line without its end; at most ``MAX_LINE_BYTES`` of it.
        size: bytes of the whole line, more than ``body`` has if it was cut.
    """

    number: int
    body: bytes
    size: int


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """Opens a file, or stdin for ``-``. Raises ConfigError if it cannot be opened."""
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below; only opening may fail here
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        raise ConfigError(f"{path} cannot be read: {reason}") from None
    with file:
        yield file


def read_lines(file: BinaryIO, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Gives the lines of a file that are not blank.

    Args:
        file: read from where it is to its end.
        max_line_bytes: what is kept of a longer line.
    """
    number = 0
    while True:
        part = file.readline(_CHUNK_BYTES)
        if not part:
            return
        number += 1
        pieces = [part]
        kept = size = len(part)
        while not part.endswith(b"\n"):
            part = file.readline(_CHUNK_BYTES)
            if not part:
                break
            size += len(part)
            if kept < max_line_bytes:
                pieces.append(part[: max_line_bytes - kept])
                kept += len(pieces[-1])
        body = b"".join(pieces)
        end = len(part) - len(part.rstrip(b"\r\n")) if part.endswith(b"\n") else 0
        if size == len(body):
            body = body.rstrip(b"\r\n")
        if body.strip():
            yield Line(number, body, size - end)
