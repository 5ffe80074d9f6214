"""What the command writes: for a person, or with ``--json`` for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_MAX_TEXT = 400


class Output:
    """Results go to stdout, everything else to stderr.

    Args:
        as_json: write JSON, one object a line, instead of text for a person.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, data: Mapping[str, Any], text: str) -> None:
        """Writes one result: ``data`` for a program, ``text`` for a person."""
        print(to_json(data) if self.as_json else text, flush=True)

    def raw_line(self, line: bytes) -> None:
        """Writes bytes that are a line of JSON already."""
        sys.stdout.buffer.write(line + b"\n")

    def error(self, message: str) -> None:
        """Writes one line to stderr."""
        sys.stdout.flush()
        print(one_line(message), file=sys.stderr, flush=True)


def to_json(data: Mapping[str, Any]) -> str:
    """One object on one line, in ASCII: a file name need not be text in any encoding."""
    return json.dumps(data, separators=(",", ":"))


def one_line(text: str, limit: int = _MAX_TEXT) -> str:
    """A text that can do no harm on a terminal: one line, printable, of bounded length."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> str:
    """Columns as wide as they need to be; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = (
        [all(_is_number(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    )
    lines = [list(head), *cells] if head else cells
    if not lines:
        return ""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(
                line, widths, numeric or [False] * len(widths), strict=True
            )
        ).rstrip()
        for line in lines
    )


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return one_line(str(value), 120)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").isdigit()
