"""Fields of configuration: what each value may be, and the sentence if it is not.

A field's ``check`` gives what is expected if a value is not that, else None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, field
from typing import Any

from cxrelay.errors import ConfigError


def text(
    default: str = "", *, expect: str = "a text", good: Callable[[str], bool] | None = None
) -> Any:
    """A text without control characters; if not empty, one that ``good`` accepts."""

    def check(value: Any) -> str | None:
        fits = isinstance(value, str) and not any(ord(c) < 32 or ord(c) == 127 for c in value)
        return None if fits and (not value or good is None or good(value)) else expect

    return field(default=default, metadata={"check": check})


def path(default: str = "", words: frozenset[str] = frozenset()) -> Any:
    """A path; in a file it counts from the file's folder, unless it is one of ``words``."""

    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and "\0" not in value else "a path"

    return field(default=default, metadata={"check": check, "path": True, "words": words})


def number(default: int, low: int, high: int, what: str = "a whole number") -> Any:
    """An integer from ``low`` to ``high``."""

    def check(value: Any) -> str | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if fits else f"{what} from {low} to {high}"

    return field(default=default, metadata={"check": check})


def decimal(default: float, low: float, high: float, what: str = "a number") -> Any:
    """A number from ``low`` to ``high``, whole or not."""

    def check(value: Any) -> str | None:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        return None if fits and low <= value <= high else f"{what} from {low:g} to {high:g}"

    return field(default=default, metadata={"check": check})


def flag(default: bool) -> Any:
    """True or false."""

    def check(value: Any) -> str | None:
        return None if isinstance(value, bool) else "true or false"

    return field(default=default, metadata={"check": check})


def check_value(item: Field[Any], value: Any, place: str) -> None:
    """Raises ConfigError that names ``place`` and what is expected there."""
    expected = item.metadata["check"](value)
    if expected is not None:
        raise ConfigError(f"{place} must be {expected}{_found(value)}")


def nearest(name: str, known: Mapping[str, object]) -> str:
    """The end of a message about an unknown name."""
    import difflib

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"


def kind_of(value: Any) -> str:
    """What a value is, without the value: it may be a secret that slipped into another line."""
    kinds = {str: "a text", bool: "true or false", float: "a decimal number", int: "a whole number"}
    kinds |= {list: "a list", dict: "a table"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def _found(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return ""
    return f", not {kind_of(value)}" if not isinstance(value, str) else ""
