"""The tables of ``relay.toml``, one frozen class each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from cxrelay.errors import ConfigError

from .files import read_secret, read_text, read_toml
from .secret import Secret
from .values import check_value, decimal, flag, number, path, text

if TYPE_CHECKING:
    from cxrelay._core import PrivacyPolicy
    from cxrelay.mapping import Mapping

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS


def _url_is_good(value: str) -> bool:
    from cxrelay import _core

    return _core.url_allowed(value)


def _region_is_good(value: str) -> bool:
    from cxrelay import _core

    try:
        return bool(_core.region_base_url(value))
    except ConfigError:
        return False


def _url() -> Any:
    return text(
        expect="an https URL (http only for this machine) without user and fragment",
        good=_url_is_good,
    )


def _check_secret(value: Any) -> str | None:
    fits = value is None or isinstance(value, (Secret, str)) or callable(value)
    return None if fits else "a text, a function or a Secret"


def _check_rules(value: Any) -> str | None:
    fits = value is None or isinstance(value, (list, dict))
    return None if fits else "a list of rules or a table"


def _check_fields(value: Any) -> str | None:
    fits = isinstance(value, dict) and all(isinstance(name, str) for name in value)
    return None if fits else "a table from path to action"


_path = path  # a section may have a field of that name


class Section:
    """Checks every field when made, from a file or in code."""

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            check_value(item, getattr(self, item.name), f"[{self.name}] {item.name}")


@dataclass(frozen=True, kw_only=True)
class QueueConfig(Section):
    """Where updates and their records are stored."""

    name = "queue"
    path: str = path("cxrelay.db")
    retention_days: int = number(7, 0, 36_500, "days")  # then exported records go; 0 = never


@dataclass(frozen=True, kw_only=True)
class TargetConfig(Section):
    """Where updates go. Without region and base URL events are ingested but not delivered."""

    name = "target"
    region: str = text(expect="2 to 20 of a-z, 0-9 and '-'", good=_region_is_good)
    base_url: str = _url()
    ca_file: str = path()  # PEM bundle; empty = the system's
    max_updates: int = number(25, 1, 1000)  # in one request
    max_in_flight: int = number(16, 1, 256)  # requests at once
    timeout_ms: int = number(30_000, 100, 10 * _MINUTE_MS, "milliseconds")
    idempotent: bool = flag(True)  # writing the same attributes twice has the effect of once
    read_back: bool = flag(
        False
    )  # look whether a lost request was applied, before sending it again
    # Not idempotent: for so long after its time-out a lost request may still arrive.
    read_back_late_ms: int = number(60_000, 0, _HOUR_MS, "milliseconds")
    # Never faster than this; 0 = no limit of our own.
    max_requests_per_s: float = decimal(0, 0, 1e6, "requests a second")
    adaptive_pace: bool = flag(True)  # find the target's limit when a 429 does not say how long


@dataclass(frozen=True, kw_only=True)
class AuthConfig(Section):
    """OAuth2 client credentials. A text or function given as ``client_secret`` becomes a Secret."""

    name = "auth"
    client_id: str = text()
    client_secret: Secret | str | Callable[[], str] | None = field(
        default=None, repr=False, metadata={"check": _check_secret}
    )
    client_secret_file: str = path()
    token_url: str = _url()  # empty = {base_url}/oauth2/token
    userinfo_url: str = _url()  # empty = {base_url}/api/v2/oauth2/userinfo
    scope: str = text()  # empty = not sent
    client_authentication: str = text(
        "body", expect='"body" or "basic"', good=("body", "basic").__contains__
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        secret = self.client_secret or None
        if secret is None and self.client_secret_file:
            file = Path(self.client_secret_file)
            secret = Secret(lambda: read_secret(file))
        if secret is not None and not isinstance(secret, Secret):
            secret = Secret(secret)
        object.__setattr__(self, "client_secret", secret)

    def reveal_secret(self) -> str:
        """Returns the client secret, or ""; raises ConfigError if its file cannot be read."""
        return self.client_secret.reveal() if isinstance(self.client_secret, Secret) else ""


@dataclass(frozen=True, kw_only=True)
class RetryConfig(Section):
    """When an update is sent again, when it is given up, and when a target is left alone."""

    name = "retry"
    max_attempts: int = number(12, 1, 1000)
    max_age_ms: int = number(72 * _HOUR_MS, 1000, 366 * 24 * _HOUR_MS, "milliseconds")
    base_ms: int = number(250, 0, _HOUR_MS, "milliseconds")
    throttled_base_ms: int = number(1000, 0, _HOUR_MS, "milliseconds")
    max_delay_ms: int = number(300_000, 1, 24 * _HOUR_MS, "milliseconds")
    max_retry_after_ms: int = number(_HOUR_MS, 0, 24 * _HOUR_MS, "milliseconds")
    budget_tokens: int = number(500, 0, 1_000_000)  # 0 = no retry budget
    retry_cost: int = number(5, 1, 1000)  # tokens for a request with retries
    breaker_failures: int = number(10, 0, 1000)  # requests in a row; 0 = no circuit breaker
    breaker_wait_ms: int = number(1000, 1, _HOUR_MS, "milliseconds")
    breaker_max_wait_ms: int = number(_MINUTE_MS, 1, _HOUR_MS, "milliseconds")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.breaker_max_wait_ms < self.breaker_wait_ms:
            raise ConfigError("[retry] breaker_max_wait_ms must be at least breaker_wait_ms")


@dataclass(frozen=True, kw_only=True)
class LimitsConfig(Section):
    """Bounds on untrusted input."""

    name = "limits"
    max_body_bytes: int = number(256 * 1024, 1, 64 * 1024 * 1024, "bytes")
    max_depth: int = number(32, 1, 1000)
    max_keys: int = number(1000, 1, 1_000_000)


@dataclass(frozen=True, kw_only=True)
class AuditConfig(Section):
    """Where the audit log goes (an empty path = no export), and its signed checkpoints."""

    name = "audit"
    path: str = path("audit_transformations.log")
    max_segment_bytes: int = number(10 * 1024 * 1024, 4096, 1 << 40, "bytes")
    compress: bool = flag(False)  # closed segments become .log.gz
    # While a relay delivers in the background it exports so often; 0 = only when it is told to.
    export_interval_ms: int = number(1000, 0, _HOUR_MS, "milliseconds")
    checkpoint_key: str = _path()  # the private key that signs; empty = no checkpoints
    # A file, "-" = standard output, "syslog"; empty = {path}.checkpoints
    checkpoint_output: str = _path(words=frozenset({"-", "syslog"}))
    checkpoint_records: int = number(10_000, 1, 1 << 40)  # a checkpoint after so many records
    checkpoint_minutes: int = number(60, 1, 366 * 24 * 60, "minutes")  # or so much time
    # Closed segments older than this may be removed when somebody says so; 0 = never
    retention_days: int = number(0, 0, 36_500, "days")


@dataclass(frozen=True, kw_only=True)
class PrivacyConfig(Section):
    """What of an event's original is stored; the mapping sees all of it."""

    name = "privacy"
    defaults: bool = flag(True)  # mask members whose names mean secrets
    default_action: str = text(  # for values that no rule means
        "keep",
        expect='"keep", "mask", "hash" or "drop"',
        good=("keep", "mask", "hash", "drop").__contains__,
    )
    key_file: str = path()  # for "hash"; private to its owner
    # Makes fingerprints useless for guessing events. From the first event on, never changed.
    fingerprint_key_file: str = path()
    fields: dict[str, Any] = field(
        default_factory=dict, hash=False, metadata={"check": _check_fields}
    )

    def load(self) -> PrivacyPolicy:
        """Compiles the policy. Raises ConfigError if a rule or the key file is wrong."""
        from cxrelay._core import PrivacyPolicy

        return PrivacyPolicy.from_rules(
            self.fields,
            defaults=self.defaults,
            default_action=self.default_action,
            key_file=self.key_file,
        )


@dataclass(frozen=True, kw_only=True)
class MappingConfig(Section):
    """The rules: a JSON or TOML file, or the rules themselves; neither = the default mapping."""

    name = "mapping"
    file: str = path()
    rules: list[Any] | dict[str, Any] | None = field(
        default=None, hash=False, metadata={"check": _check_rules}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.file and self.rules is not None:
            raise ConfigError("[mapping] file and rules exclude each other")

    def load(self) -> Mapping:
        """Compiles the rules. Raises ConfigError (file unreadable, no TOML) or MappingError."""
        from cxrelay.mapping import Mapping

        if self.rules is not None:
            return Mapping.from_rules(self.rules)
        if not self.file:
            return Mapping.default()
        file = Path(self.file)
        return Mapping.from_rules(read_toml(file) if file.suffix == ".toml" else read_text(file))
