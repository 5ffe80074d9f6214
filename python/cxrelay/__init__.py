"""Carries contact-centre events into NICE CXone, durably and provably.

::

    import cxrelay

    with cxrelay.Relay.from_config("relay.toml") as relay:
        receipt = relay.ingest(body)
        relay.flush()

Importing starts no thread and opens no file; what a program does not use is not loaded.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing.TYPE_CHECKING, which would cost its import
if TYPE_CHECKING:
    from cxrelay._core import (
        BackupResult,
        Checkpoint,
        CheckResult,
        Claim,
        ExportResult,
        PrivacyPolicy,
        Queue,
        QueueStats,
        Receipt,
        Retained,
        StoredOriginal,
        TokenProvider,
        Update,
        VerifyResult,
        generate_checkpoint_key,
        sign_checkpoint,
        verify_audit,
        write_checkpoint,
    )
    from cxrelay.config import (
        AuditConfig,
        AuthConfig,
        LimitsConfig,
        MappingConfig,
        PrivacyConfig,
        QueueConfig,
        RelayConfig,
        RetryConfig,
        Secret,
        TargetConfig,
    )
    from cxrelay.errors import (
        AuditError,
        AuthError,
        ClosedError,
        ConfigError,
        Error,
        ErrorDetails,
        FencedError,
        MappingError,
        StoreError,
        TransportError,
        ValidationError,
    )
    from cxrelay.event import InteractionEvent, parse_event
    from cxrelay.fault_proxy import FaultProxy
    from cxrelay.mapping import Mapping, RuleTrace
    from cxrelay.relay import Relay
    from cxrelay.results import (
        AuditStats,
        FlushResult,
        Forgotten,
        RelayStats,
        RetainedTrail,
        ScopeCheck,
        TargetState,
        UpdaterCounts,
    )
    from cxrelay.simulator import Simulator
    from cxrelay.stories import Story, explain

try:
    from cxrelay._core import __version__
except ImportError as error:
    raise ImportError(
        f"the compiled part of cxrelay cannot be loaded ({error}). Likely causes: Python found a "
        "source tree instead of the installed package (run in another folder, or run "
        "scripts/setup there); the package was built for another version of Python (pip install "
        "--force-reinstall cxrelay); or a shared library that it needs is missing (the message "
        "above names it)."
    ) from error

__all__ = [
    "AuditConfig",
    "AuditError",
    "AuditStats",
    "AuthConfig",
    "AuthError",
    "BackupResult",
    "CheckResult",
    "Checkpoint",
    "Claim",
    "ClosedError",
    "ConfigError",
    "Error",
    "ErrorDetails",
    "ExportResult",
    "FaultProxy",
    "FencedError",
    "FlushResult",
    "Forgotten",
    "InteractionEvent",
    "LimitsConfig",
    "Mapping",
    "MappingConfig",
    "MappingError",
    "PrivacyConfig",
    "PrivacyPolicy",
    "Queue",
    "QueueConfig",
    "QueueStats",
    "Receipt",
    "Relay",
    "RelayConfig",
    "RelayStats",
    "Retained",
    "RetainedTrail",
    "RetryConfig",
    "RuleTrace",
    "ScopeCheck",
    "Secret",
    "Simulator",
    "StoreError",
    "StoredOriginal",
    "Story",
    "TargetConfig",
    "TargetState",
    "TokenProvider",
    "TransportError",
    "Update",
    "UpdaterCounts",
    "ValidationError",
    "VerifyResult",
    "__version__",
    "explain",
    "generate_checkpoint_key",
    "parse_event",
    "sign_checkpoint",
    "verify_audit",
    "write_checkpoint",
]

_HOMES = {
    "_core": (
        "BackupResult CheckResult Checkpoint Claim ExportResult PrivacyPolicy Queue QueueStats Receipt "
        "Retained StoredOriginal TokenProvider Update VerifyResult generate_checkpoint_key "
        "sign_checkpoint verify_audit write_checkpoint"
    ),
    "config": (
        "AuditConfig AuthConfig LimitsConfig MappingConfig PrivacyConfig QueueConfig RelayConfig "
        "RetryConfig Secret TargetConfig"
    ),
    "errors": (
        "AuditError AuthError ClosedError ConfigError Error ErrorDetails FencedError MappingError "
        "StoreError TransportError ValidationError"
    ),
    "event": "InteractionEvent parse_event",
    "fault_proxy": "FaultProxy",
    "mapping": "Mapping RuleTrace",
    "relay": "Relay",
    "results": "AuditStats FlushResult Forgotten RelayStats RetainedTrail ScopeCheck TargetState "
    "UpdaterCounts",
    "simulator": "Simulator",
    "stories": "Story explain",
}
"""Module to the names that it gives. Loaded when first used: most programs need few of them."""

_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'cxrelay' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"cxrelay.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
