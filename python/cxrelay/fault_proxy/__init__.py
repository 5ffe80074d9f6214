"""A TCP proxy on loopback that breaks connections on purpose, for tests and for trying things.

::

    from cxrelay import FaultProxy, Simulator
    from cxrelay.fault_proxy import faults

    with Simulator() as sim, FaultProxy(sim.base_url) as proxy:
        proxy.script(faults.cut_response(17))                     # the next connection
        proxy.script(faults.latency(response_ms=20), times=None)  # every connection
        ...                                     # let a client talk to proxy.base_url
        assert [entry.ending for entry in proxy.ledger()] == ["cut", "closed"]

It knows nothing of HTTP: it counts bytes and sees who speaks. The simulator's behaviours decide what
a server answers; the faults here decide what becomes of the bytes on their way.
"""

from . import faults
from .faults import Fault
from .ledger import ProxiedConnection, ProxyCounts
from .proxy import FaultProxy
from .spec import FaultSpec

__all__ = [
    "Fault",
    "FaultProxy",
    "FaultSpec",
    "ProxiedConnection",
    "ProxyCounts",
    "faults",
]
