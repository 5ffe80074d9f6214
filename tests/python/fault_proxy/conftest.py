from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from line_server import LineClient, LineServer

from cxrelay.fault_proxy import FaultProxy


@pytest.fixture
def server() -> Iterator[LineServer]:
    with LineServer() as running:
        yield running


@pytest.fixture
def proxy(server: LineServer) -> Iterator[FaultProxy]:
    with FaultProxy(server.url, seed=7) as running:
        yield running


@pytest.fixture
def connect(proxy: FaultProxy) -> Iterator[Callable[[], LineClient]]:
    """Opens connections through the proxy that are closed at the end."""
    clients: list[LineClient] = []

    def open_client() -> LineClient:
        clients.append(LineClient(proxy.base_url))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()
