from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from service_process import Service

from cxrelay import Simulator

StartService = Callable[..., Service]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the queue file that all services of a test share."""
    return tmp_path / "queue.db"


@pytest.fixture
def start_service(path: Path, cxone_simulator: Simulator, tmp_path: Path) -> Iterator[StartService]:
    """Starts a service that is gone when the test ends, however it does."""
    services: list[Service] = []

    def start(**options: Any) -> Service:
        services.append(Service(path, cxone_simulator, tmp_path, **options))
        return services[-1]

    yield start
    for service in services:
        service.close()
