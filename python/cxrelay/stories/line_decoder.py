"""Reads the JSON of a line of the audit log."""

from __future__ import annotations

import json

_LONGEST_INTEGER = 20  # digits; Python refuses to read very long ones, and ours are 64 bits


def _integer(text: str) -> int:
    return int(text) if len(text) <= _LONGEST_INTEGER else 0


LINE_DECODER = json.JSONDecoder(parse_int=_integer)
"""Payloads are taken from the line's text: of their integers, very long ones are read as 0."""
