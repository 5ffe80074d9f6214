from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from simulator_client import AnySimulator, Client

from cxrelay.simulator import Simulator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(seed=7) as simulator:
        yield simulator


@pytest.fixture
def connect() -> Iterator[Callable[[AnySimulator], Client]]:
    """Open signed-in connections that are closed at the end."""
    clients: list[Client] = []

    def open_client(simulator: AnySimulator) -> Client:
        client = Client(simulator)
        clients.append(client)
        client.sign_in()
        return client

    yield open_client
    for client in clients:
        client.close()


@pytest.fixture
def client(sim: Simulator, connect: Callable[[AnySimulator], Client]) -> Client:
    return connect(sim)
