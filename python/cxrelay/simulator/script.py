"""The order in which scripted behaviours meet requests."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from .behaviours import as_ids
from .effects import Behaviour, Plan, Scene
from .ledger import Kind

On = Literal["patch", "batch", "single", "read", "token", "userinfo", "other", "any"]
"""Which requests a script is for; ``patch`` is both ``batch`` and ``single``."""

_KINDS: dict[On, frozenset[Kind]] = {
    "patch": frozenset(["batch", "single"]),
    "batch": frozenset(["batch"]),
    "single": frozenset(["single"]),
    "read": frozenset(["read"]),
    "token": frozenset(["token"]),
    "userinfo": frozenset(["userinfo"]),
    "other": frozenset(["other"]),
    "any": frozenset(["batch", "single", "read", "token", "userinfo", "other"]),
}


@dataclass(slots=True)
class _Step:
    behaviour: Behaviour
    kinds: frozenset[Kind]
    left: int | None
    match: frozenset[str] | None
    p: float
    memory: dict[str, float] = field(default_factory=dict)


class Script:
    """Counted steps wait in line, one per request; standing steps meet every request.

    Args:
        rng: random numbers for probabilities; used only where a probability is below 1.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._counted: list[_Step] = []
        self._standing: list[_Step] = []

    def add(
        self,
        steps: Behaviour | Iterable[Behaviour],
        times: int | None,
        on: On,
        match: str | Collection[str] | None,
        p: float,
    ) -> None:
        """Queue steps; see ``Simulator.script``."""
        behaviours = [steps] if isinstance(steps, Behaviour) else list(steps)
        if on not in _KINDS:
            raise ValueError(f"unknown kind of request: {on!r}")
        if times is not None and times < 1:
            raise ValueError("times is at least 1, or None for always")
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"a probability is 0 to 1, not {p}")
        if match is not None and any(behaviour.at_head for behaviour in behaviours):
            raise ValueError("a behaviour that acts before the body is read cannot match items")
        line = self._standing if times is None else self._counted
        ids = as_ids(match)
        line.extend(_Step(behaviour, _KINDS[on], times, ids, p) for behaviour in behaviours)

    def at_head(self, kind: Kind) -> Behaviour | None:
        """What happens before the body of this request is read, if something does."""
        for step in [*self._counted, *self._standing]:
            if kind not in step.kinds or step.match is not None:
                continue
            if not step.behaviour.at_head:
                if step.left is None:
                    continue
                return None  # another counted step is first in line
            if step.p >= 1.0 or self._rng.random() < step.p:
                self._count(step)
                return step.behaviour
        return None

    def plan(self, kind: Kind, ids: tuple[str, ...], now: float) -> Plan:
        """What happens after the body was read: the first counted step that fires, if any,
        and every standing step that does.
        """
        plan = Plan()
        for step in self._counted:
            if self._fires(step, plan, kind, ids, now):
                self._count(step)
                break
        for step in self._standing:
            self._fires(step, plan, kind, ids, now)
        return plan

    def pending(self) -> int:
        """How many counted behaviours have not happened yet."""
        return sum(step.left or 0 for step in self._counted)

    def clear(self) -> None:
        self._counted.clear()
        self._standing.clear()

    def _fires(self, step: _Step, plan: Plan, kind: Kind, ids: tuple[str, ...], now: float) -> bool:
        if kind not in step.kinds or step.behaviour.at_head:
            return False
        if step.match is not None and step.match.isdisjoint(ids):
            return False
        if step.p < 1.0 and self._rng.random() >= step.p:
            return False
        scene = Scene(kind, ids, step.match, now, self._rng, step.memory)
        return step.behaviour.take_part(plan, scene)

    def _count(self, step: _Step) -> None:
        if step.left is None:
            return
        step.left -= 1
        if step.left == 0:
            self._counted.remove(step)
