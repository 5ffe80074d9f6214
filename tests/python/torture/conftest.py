from __future__ import annotations

import os

import pytest

from cxrelay.torture.evidence import Evidence
from cxrelay.torture.plan import round_of
from cxrelay.torture.stretch import run_stretch

SEED = 5
ROUNDS = 10
PROCESSES = 4


@pytest.fixture
def long_run() -> bool:
    """CXRELAY_LONG_FAULTS=1: as many rounds as were promised."""
    return os.environ.get("CXRELAY_LONG_FAULTS") == "1"


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What a real stretch has left. Tests that change it work on a copy."""
    return run_stretch(
        (round_of(SEED, number, PROCESSES) for number in range(ROUNDS)),
        seed=SEED,
        processes=PROCESSES,
        folder=tmp_path_factory.mktemp("stretch"),
    )
