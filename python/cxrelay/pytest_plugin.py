"""pytest plugin: the fixture ``cxone_simulator``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .simulator import Simulator


@pytest.fixture
def cxone_simulator() -> Iterator[Simulator]:
    """A fresh CXone simulator, running on a free loopback port for the time of one test."""
    # Imported here: pytest loads every plugin at each start, also where no test needs this one.
    from .simulator import Simulator

    with Simulator() as simulator:
        yield simulator
