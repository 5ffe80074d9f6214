"""Configuration: ``relay.toml`` and the environment, checked whole before anything is opened.

::

    [queue]                                   [retry]
    path = "cxrelay.db"                       max_attempts = 12
    retention_days = 7                        [limits]
    [target]                                  max_body_bytes = 262144
    region = "euc1"                           [audit]
    [auth]                                    path = "audit_transformations.log"
    client_id = "my-client"                   [mapping]
    client_secret_file = "secret.txt"         file = "mapping.toml"
    [privacy.fields]
    "customer.phone" = "mask"

Every key is optional. Relative paths in a file count from the file's folder. ``CXONE_CLIENT_ID``,
``CXONE_CLIENT_SECRET``, ``CXONE_REGION``, ``CXONE_BASE_URL``, ``CXONE_TOKEN_URL`` and
``CXRELAY_DB`` override the file; an empty variable counts as not set. A base URL wins over a
region. No secret has a default, none is taken from the TOML file itself, and none appears in a
repr or a message.
"""

from .reading import ENVIRONMENT
from .relay_config import RelayConfig
from .secret import Secret
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

__all__ = [
    "ENVIRONMENT",
    "AuditConfig",
    "AuthConfig",
    "LimitsConfig",
    "MappingConfig",
    "PrivacyConfig",
    "QueueConfig",
    "RelayConfig",
    "RetryConfig",
    "Secret",
    "TargetConfig",
]
