"""pytest plugin: the fixtures ``cxone_simulator`` and ``cxone_fault_proxy``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .fault_proxy import FaultProxy
    from .simulator import Simulator


@pytest.fixture
def cxone_simulator() -> Iterator[Simulator]:
    """A fresh CXone simulator, running on a free loopback port for the time of one test."""
    # Imported here: pytest loads every plugin at each start, also where no test needs this one.
    from .simulator import Simulator

    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def cxone_fault_proxy(cxone_simulator: Simulator) -> Iterator[FaultProxy]:
    """A proxy in front of the simulator of this test; it only carries bytes until it is scripted."""
    from .fault_proxy import FaultProxy

    with FaultProxy(cxone_simulator.base_url) as proxy:
        yield proxy
