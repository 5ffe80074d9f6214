"""Every exception that cxrelay raises; the same tree as ``cxrelay/errors.hpp``.

::

    Error
    ├── ConfigError       a setting is missing, unknown or out of range (also a ValueError)
    ├── ValidationError   an event is invalid (also a ValueError)
    ├── MappingError      a mapping rule is wrong (also a ValueError)
    ├── StoreError        the queue file cannot be read or written
    ├── FencedError       a deliverer lost its right to another one
    ├── AuthError         the token endpoint refuses the credentials
    ├── TransportError    no answer came where the caller had to have one
    ├── AuditError        an audit file cannot be read or written
    └── ClosedError       a handle was used after close() or after a fork

No message holds a secret or an input value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

__all__ = [
    "AuditError",
    "AuthError",
    "ClosedError",
    "ConfigError",
    "Error",
    "ErrorDetails",
    "FencedError",
    "MappingError",
    "StoreError",
    "TransportError",
    "ValidationError",
]


class Error(Exception):
    """Base of everything that cxrelay raises on purpose."""


class ConfigError(Error, ValueError):
    """A setting is missing, unknown or out of range."""


class ErrorDetails(TypedDict):
    """One reason why an event is refused, shaped as pydantic's ``errors()`` without the input."""

    type: str
    loc: tuple[str, ...]
    msg: str


class ValidationError(Error, ValueError):
    """An event is invalid. :meth:`errors` lists every reason; input values are never included."""

    def __init__(self, details: Sequence[tuple[str, tuple[str, ...], str]]) -> None:
        self._details = [(kind, tuple(loc), msg) for kind, loc, msg in details]
        super().__init__(self._details)

    def errors(self) -> list[ErrorDetails]:
        """Returns the reasons in the order of the fields, each with ``type``, ``loc`` and ``msg``."""
        return [{"type": kind, "loc": loc, "msg": msg} for kind, loc, msg in self._details]

    def error_count(self) -> int:
        """Returns how many reasons there are."""
        return len(self._details)

    def __str__(self) -> str:
        lines = [f"{'.'.join(loc) or '(body)'}: {msg} [{kind}]" for kind, loc, msg in self._details]
        return "invalid event: " + "; ".join(lines)


class MappingError(Error, ValueError):
    """A mapping rule is wrong. ``place`` says where, e.g. ``rules[2].apply[0]``."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message, place)
        self.place = place

    def __str__(self) -> str:
        return str(self.args[0])


class StoreError(Error):
    """The queue file cannot be read or written.

    ``kind`` is one of ``busy, full, io, corrupt, read_only, schema, unsafe_file, other``.
    """

    def __init__(self, message: str, kind: str = "other") -> None:
        super().__init__(message, kind)
        self.kind = kind

    def __str__(self) -> str:
        return str(self.args[0])


class FencedError(Error):
    """A deliverer's token has lost its right: another deliverer took over."""


class AuthError(Error):
    """The token endpoint refuses the credentials, or its answer is unusable."""


class TransportError(Error):
    """No answer came where the caller had to have one."""


class AuditError(Error):
    """An audit file cannot be read or written."""


class ClosedError(Error):
    """A handle was used after ``close()`` or after a fork."""
