"""Which connection meets which fault."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from .faults import NO_FAULT, Fault


@dataclass(slots=True)
class _Step:
    fault: Fault
    left: int | None
    skip: int
    p: float

    def fires(self, rng: random.Random) -> bool:
        return self.p >= 1.0 or rng.random() < self.p


class Schedule:
    """Counted steps wait in line, one per connection; standing steps meet every connection.

    Args:
        rng: random numbers; used only where a probability is below 1.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._counted: list[_Step] = []
        self._standing: list[_Step] = []

    def add(self, steps: Fault | Iterable[Fault], times: int | None, skip: int, p: float) -> None:
        """Queue steps; see ``FaultProxy.script``."""
        faults = [steps] if isinstance(steps, Fault) else list(steps)
        if times is not None and times < 1:
            raise ValueError("times is at least 1, or None for always")
        if skip < 0:
            raise ValueError("skip is 0 or more connections")
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"a probability is 0 to 1, not {p}")
        line = self._standing if times is None else self._counted
        for fault in faults:
            line.append(_Step(fault, times, skip, p))
            skip = 0 if times is not None else skip  # in a line, one skip lets all behind it wait

    def next_fault(self) -> Fault:
        """What happens to the connection that has just come."""
        fault = self._counted_fault()
        for step in self._standing:
            if step.skip:
                step.skip -= 1
            elif step.fires(self._rng):
                fault = fault.joined(step.fault)
        return fault

    def pending(self) -> int:
        """How many counted faults have not happened yet."""
        return sum(step.left or 0 for step in self._counted)

    def clear(self) -> None:
        self._counted.clear()
        self._standing.clear()

    def _counted_fault(self) -> Fault:
        if not self._counted:
            return NO_FAULT
        step = self._counted[0]
        if step.skip:
            step.skip -= 1
            return NO_FAULT
        if not step.fires(self._rng):
            return NO_FAULT
        if step.left is not None:
            step.left -= 1
            if not step.left:
                del self._counted[0]
        return step.fault
