"""RelayConfig: all tables together, and what follows from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .sections import (
    AuditConfig,
    AuthConfig,
    LimitsConfig,
    MappingConfig,
    PrivacyConfig,
    QueueConfig,
    RetryConfig,
    TargetConfig,
)


@dataclass(frozen=True, kw_only=True)
class RelayConfig:
    """Everything that a relay is built from; ``dataclasses.replace`` makes a changed one."""

    queue: QueueConfig = field(default_factory=QueueConfig)
    target: TargetConfig = field(default_factory=TargetConfig)
    auth: AuthConfig = field(default_factory=AuthConfig)
    retry: RetryConfig = field(default_factory=RetryConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    audit: AuditConfig = field(default_factory=AuditConfig)
    mapping: MappingConfig = field(default_factory=MappingConfig)
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], environ: Mapping[str, str] | None = None
    ) -> RelayConfig:
        """Reads a TOML file; the environment overrides it.

        Args:
            path: the file.
            environ: the environment; by default that of the process.

        Raises:
            ConfigError: a table or key is unknown, or a value is not what it must be.
        """
        from .files import read_toml
        from .reading import load

        file = Path(path)
        return load(read_toml(file), str(file), file.parent, environ)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> RelayConfig:
        """Reads the environment alone; see :meth:`from_file`."""
        from .reading import load

        return load({}, "", Path(), environ)

    @property
    def base_url(self) -> str:
        """The host that updates go to; empty if neither it nor a region is set."""
        if self.target.base_url:
            return self.target.base_url.rstrip("/")
        if not self.target.region:
            return ""
        from cxrelay import _core

        return _core.region_base_url(self.target.region)

    @property
    def token_url(self) -> str:
        """Where tokens come from; empty if nothing tells."""
        return self.auth.token_url or self._below_base("/oauth2/token")

    @property
    def userinfo_url(self) -> str:
        """Where a token's scopes can be asked for; empty if nothing tells."""
        return self.auth.userinfo_url or self._below_base("/api/v2/oauth2/userinfo")

    def missing_for_delivery(self) -> list[str]:
        """Returns what must be set before anything can be delivered, each with its variable."""
        wanted = {
            "[target] region or base_url (CXONE_REGION, CXONE_BASE_URL)": self.base_url,
            "[auth] client_id (CXONE_CLIENT_ID)": self.auth.client_id,
            "[auth] client_secret_file (CXONE_CLIENT_SECRET)": self.auth.client_secret,
        }
        return [name for name, value in wanted.items() if not value]

    def _below_base(self, path: str) -> str:
        base = self.base_url
        return base + path if base else ""
