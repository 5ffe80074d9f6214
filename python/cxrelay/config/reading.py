"""From a TOML document and the environment to a RelayConfig."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from cxrelay.errors import ConfigError

from .relay_config import RelayConfig
from .sections import (
    AuditConfig,
    AuthConfig,
    LimitsConfig,
    MappingConfig,
    PrivacyConfig,
    QueueConfig,
    RetryConfig,
    Section,
    TargetConfig,
)
from .values import check_value, kind_of, nearest

ENVIRONMENT = {
    "CXONE_CLIENT_ID": ("auth", "client_id"),
    "CXONE_CLIENT_SECRET": ("auth", "client_secret"),
    "CXONE_REGION": ("target", "region"),
    "CXONE_BASE_URL": ("target", "base_url"),
    "CXONE_TOKEN_URL": ("auth", "token_url"),
    "CXRELAY_DB": ("queue", "path"),
}
"""Environment variable to table and key."""

_SECTIONS: dict[str, type[Section]] = {
    section.name: section
    for section in (
        QueueConfig,
        TargetConfig,
        AuthConfig,
        RetryConfig,
        LimitsConfig,
        AuditConfig,
        MappingConfig,
        PrivacyConfig,
    )
}


def load(
    document: Mapping[str, Any], source: str, folder: Path, environ: Mapping[str, str] | None
) -> RelayConfig:
    """Builds a configuration.

    Args:
        document: the TOML document; empty without one.
        source: its name in messages.
        folder: where its relative paths count from.
        environ: variables that override it; None = those of the process.

    Raises:
        ConfigError: see ``RelayConfig.from_file``.
    """
    prefix = f"{source}: " if source else ""
    found: dict[str, dict[str, Any]] = {}
    for name, table in document.items():
        if name not in _SECTIONS:
            raise ConfigError(f"{prefix}unknown table {name!r}{nearest(name, _SECTIONS)}")
        if not isinstance(table, dict):
            raise ConfigError(f"{prefix}[{name}] must be a table, not {kind_of(table)}")
        found[name] = _read_section(name, table, prefix, folder)
    for variable, (name, key) in ENVIRONMENT.items():
        value = (os.environ if environ is None else environ).get(variable)
        if value:
            check_value(_fields_of(name)[key], value, variable)
            found.setdefault(name, {})[key] = value
    try:
        sections: dict[str, Any] = {name: _SECTIONS[name](**table) for name, table in found.items()}
    except ConfigError as error:  # what only several keys together can show
        raise ConfigError(f"{prefix}{error}") from None
    return RelayConfig(**sections)


def _read_section(name: str, table: dict[str, Any], prefix: str, folder: Path) -> dict[str, Any]:
    known = _fields_of(name)
    values = {}
    for key, value in table.items():
        place = f"{prefix}[{name}] {key}"
        if key not in known:
            raise ConfigError(f"{prefix}unknown key {key!r} in [{name}]{nearest(key, known)}")
        if key == "client_secret":
            raise ConfigError(
                f"{place} does not belong in this file: set CXONE_CLIENT_SECRET, or name a file "
                "that holds only the secret in client_secret_file"
            )
        check_value(known[key], value, place)
        details = known[key].metadata
        is_path = details.get("path", False) and value and value not in details["words"]
        values[key] = str(folder / value) if is_path else value
    return values


def _fields_of(name: str) -> dict[str, Field[Any]]:
    return {item.name: item for item in fields(_SECTIONS[name])}  # type: ignore[arg-type]
