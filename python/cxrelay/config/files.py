"""Reading the files that a configuration names. Every trouble is a ConfigError with the path."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from cxrelay.errors import ConfigError

_MAX_SECRET_BYTES = 64 * 1024


def read_toml(path: Path) -> dict[str, Any]:
    """Returns the document in a TOML file."""
    try:
        return tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def read_text(path: Path) -> str:
    """Returns the text of a UTF-8 file."""
    try:
        return path.read_bytes().decode()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {_reason(error)}") from None


def read_secret(path: Path) -> str:
    """Returns the one line that a file holds."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_SECRET_BYTES + 1)
        secret = raw.decode().strip("\r\n")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the client secret file {path} cannot be read: {_reason(error)}"
        ) from None
    if not secret or len(raw) > _MAX_SECRET_BYTES or "\n" in secret:
        raise ConfigError(f"the client secret file {path} must hold one line, the secret")
    return secret


def _reason(error: OSError | ValueError) -> str:
    # The text of a decoding error would show bytes of the file.
    if isinstance(error, OSError):
        return error.strerror or "the system does not say why"
    return "it is not UTF-8" if isinstance(error, UnicodeError) else "the path is not valid"
