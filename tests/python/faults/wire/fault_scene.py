"""A relay that sends through a fault proxy to a simulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fault_evidence import Attempt, attempts, violations

from cxrelay import FaultProxy, Relay, Simulator


@dataclass
class Scene:
    """One request at a time, without pauses, in batches of two.

    Tokens and scopes are asked for past the proxy: what is on the proxy's wire is PATCHes.
    """

    sim: Simulator
    proxy: FaultProxy
    relay: Relay

    def attempts(self) -> list[Attempt]:
        """See ``fault_evidence.attempts``."""
        return attempts(self.relay)

    def wires(self) -> list[str]:
        """How far each attempt came."""
        return [attempt.wire for attempt in self.attempts()]

    def violations(self) -> list[str]:
        """See ``fault_evidence.violations``."""
        return violations(self.relay, self.sim, self.proxy)


OpenScene = Callable[..., Scene]
