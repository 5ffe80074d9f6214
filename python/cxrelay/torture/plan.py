"""What shall happen in each round. It follows from the seed and the round's number alone.

When exactly a kill strikes in the course of the victim's work, and which process delivers at that
moment, the machine decides: the same seed gives the same plan, not the same run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from .faults import LineFault, TargetFault, choose_line_faults, choose_target_faults

DELIVERER = -1
"""The victim is whoever delivers when the time has come."""

Kind = Literal["kill", "stop", "continue", "sever", "reset"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to a process, or to all connections.

    Attributes:
        at_s: when, in seconds from the beginning of the round.
        kind: ``kill``, ``stop`` and ``continue`` are signals to a process; ``sever`` ends all
            connections to the target, ``reset`` does so with a TCP reset.
        victim: which process, or ``DELIVERER``; for ``continue`` whoever was stopped, as planned.
    """

    at_s: float
    kind: Kind
    victim: int = DELIVERER


@dataclass(frozen=True, slots=True)
class Round:
    """One round.

    Attributes:
        number: from 0.
        seconds: how long it lasts at least.
        waits: whether it begins when every process is at work; otherwise kills may strike
            processes that are just being started.
        actions: in the order of their time.
        target: what the target does wrong.
        line: what the network does wrong.
    """

    number: int
    seconds: float
    waits: bool
    actions: tuple[Action, ...]
    target: tuple[TargetFault, ...]
    line: tuple[LineFault, ...]


def round_of(seed: int, number: int, processes: int) -> Round:
    """The plan of one round."""
    rng = random.Random(f"{seed} {number} {processes}")  # noqa: S311 - reproducible on purpose
    seconds = rng.uniform(0.1, 0.6)
    actions = [
        *_kills(rng, seconds, processes),
        *_stops(rng, seconds, processes),
        *_cuts(rng, seconds),
    ]
    return Round(
        number=number,
        seconds=seconds,
        waits=rng.random() < 0.8,
        actions=tuple(sorted(actions, key=lambda action: action.at_s)),
        target=choose_target_faults(rng),
        line=choose_line_faults(rng),
    )


def _kills(rng: random.Random, seconds: float, processes: int) -> list[Action]:
    """One in most rounds, in some all at once: then nobody is there to take over."""
    if rng.random() < 0.1:
        at_s = rng.uniform(0, seconds)
        return [Action(at_s, "kill", victim) for victim in range(processes)]
    count = rng.choices((1, 2, 3), (70, 20, 10))[0]
    return [
        Action(
            rng.uniform(0, seconds),
            "kill",
            DELIVERER if rng.random() < 0.5 else rng.randrange(processes),
        )
        for _ in range(count)
    ]


def _stops(rng: random.Random, seconds: float, processes: int) -> list[Action]:
    """Too short to lose the right to deliver, long enough for the others to come in between."""
    if rng.random() >= 0.25:
        return []
    victim = DELIVERER if rng.random() < 0.5 else rng.randrange(processes)
    at_s = rng.uniform(0, seconds)
    until_s = at_s + rng.uniform(0.02, 0.4)
    return [Action(at_s, "stop", victim), Action(until_s, "continue", victim)]


def _cuts(rng: random.Random, seconds: float) -> list[Action]:
    if rng.random() >= 0.2:
        return []
    return [Action(rng.uniform(0, seconds), rng.choice(("sever", "reset")))]
