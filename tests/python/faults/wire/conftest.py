from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fault_scene import OpenScene, Scene

from cxrelay import (
    AuditConfig,
    AuthConfig,
    FaultProxy,
    QueueConfig,
    Relay,
    RelayConfig,
    RetryConfig,
    Simulator,
    TargetConfig,
)


@pytest.fixture
def open_scene(tmp_path: Path) -> Iterator[OpenScene]:
    """Opens a scene with a queue file of its own; all of it ends with the test.

    Settings of the sections ``target`` and ``retry`` may be changed, and the proxy's view of the
    simulator's URL.
    """
    with ExitStack() as stack:
        count = iter(range(1_000_000))

        def opened(
            target: dict[str, Any] | None = None,
            retry: dict[str, Any] | None = None,
            scheme: str = "http",
        ) -> Scene:
            sim = stack.enter_context(Simulator(record_bodies=False))
            proxy = stack.enter_context(FaultProxy(sim.base_url.replace("http", scheme)))
            config = RelayConfig(
                queue=QueueConfig(path=str(tmp_path / f"queue-{next(count)}.db")),
                audit=AuditConfig(path=""),
                # Each answer is judged for itself: what spares a failing target has tests of its own.
                target=TargetConfig(
                    base_url=proxy.base_url, max_in_flight=1, max_updates=2, adaptive_pace=False
                ),
                auth=AuthConfig(
                    client_id=sim.client_id,
                    client_secret=sim.client_secret,
                    token_url=sim.token_url,
                    userinfo_url=sim.base_url + "/api/v2/oauth2/userinfo",
                ),
                retry=RetryConfig(
                    base_ms=0,
                    throttled_base_ms=0,
                    max_delay_ms=1,
                    budget_tokens=0,
                    breaker_failures=0,
                ),
            )
            config = replace(
                config,
                target=replace(config.target, **(target or {})),
                retry=replace(config.retry, **(retry or {})),
            )
            relay = stack.enter_context(Relay(config))
            return Scene(sim, proxy, relay)

        yield opened
