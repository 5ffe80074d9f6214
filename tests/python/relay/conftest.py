from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cxrelay import (
    AuditConfig,
    AuthConfig,
    QueueConfig,
    Relay,
    RelayConfig,
    RetryConfig,
    TargetConfig,
)
from cxrelay.simulator import Simulator


@pytest.fixture
def offline(tmp_path: Path) -> RelayConfig:
    """A configuration without target and credentials."""
    return RelayConfig(
        queue=QueueConfig(path=str(tmp_path / "queue.db")),
        audit=AuditConfig(path=str(tmp_path / "audit.log")),
    )


@pytest.fixture
def config(offline: RelayConfig, cxone_simulator: Simulator) -> RelayConfig:
    """A configuration for the simulator, with short waiting times."""
    return dataclasses.replace(
        offline,
        target=TargetConfig(base_url=cxone_simulator.base_url),
        auth=AuthConfig(
            client_id=cxone_simulator.client_id,
            client_secret=cxone_simulator.client_secret,
            token_url=cxone_simulator.token_url,
        ),
        retry=RetryConfig(base_ms=5, throttled_base_ms=5, max_delay_ms=50),
    )


@pytest.fixture
def opened() -> Iterator[Callable[[RelayConfig], Relay]]:
    """Opens relays that are closed at the end."""
    relays: list[Relay] = []

    def open_relay(config: RelayConfig) -> Relay:
        relays.append(Relay.from_config(config))
        return relays[-1]

    yield open_relay
    for relay in relays:
        relay.close()


@pytest.fixture
def relay(config: RelayConfig, opened: Callable[[RelayConfig], Relay]) -> Relay:
    """A relay to the simulator."""
    return opened(config)
