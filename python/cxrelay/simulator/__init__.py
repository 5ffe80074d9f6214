"""A stand-in for NICE CXone on loopback, for tests, benchmarks and demonstrations.

::

    from cxrelay.simulator import Simulator, behaviours

    with Simulator(seed=7) as sim:
        sim.script(behaviours.status(429, retry_after="1"), times=3)
        ...                                     # let a client talk to sim.base_url
        assert sim.interaction("a1") == {"originChannel": "VOICE"}
        assert [entry.status for entry in sim.requests("batch")] == [429, 429, 429, 200]

It speaks HTTP/1.1 over a real socket and needs only the standard library.
"""

from . import behaviours
from .effects import Behaviour
from .ledger import LedgerEntry
from .process import SimulatorProcess
from .server import Simulator, serve_forever
from .state import Applied

__all__ = [
    "Applied",
    "Behaviour",
    "LedgerEntry",
    "Simulator",
    "SimulatorProcess",
    "behaviours",
    "serve_forever",
]
