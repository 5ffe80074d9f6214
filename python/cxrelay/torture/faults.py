"""What may go wrong between the deliverer and the target: a menu, and a choice for each round."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from cxrelay.fault_proxy import Fault
from cxrelay.fault_proxy import faults as line
from cxrelay.simulator import Behaviour
from cxrelay.simulator import behaviours as target
from cxrelay.simulator.script import On


@dataclass(frozen=True, slots=True)
class TargetFault:
    """What the target does to a share of the requests.

    Attributes:
        behaviour: what.
        p: to which share.
        times: how often at most; None = no limit.
        on: to which requests.
    """

    behaviour: Behaviour
    p: float
    times: int | None = None
    on: On = "batch"


@dataclass(frozen=True, slots=True)
class LineFault:
    """What the network does to a share of the connections."""

    fault: Fault
    p: float


# Nothing here lets the target lie in a way that nobody can see through: results in another order
# with no ids in them, say, would be taken for what they seem to be.
_TARGET: tuple[Callable[[], Behaviour], ...] = (
    lambda: target.status(429),
    lambda: target.status(429, retry_after=1),
    lambda: target.status(503),
    lambda: target.status(503, retry_after=1),
    lambda: target.status(500),
    lambda: target.item_status(503, p=0.2),
    lambda: target.item_status(429, p=0.1),
    lambda: target.drop(after="head"),
    lambda: target.drop(after="body"),
    lambda: target.drop(after="apply"),
    lambda: target.drop(after="apply", reset=True),
    lambda: target.slow(50),
    lambda: target.stall(),
    lambda: target.truncated_body(10),
    lambda: target.bad_body(),
    lambda: target.short_results(),
    lambda: target.long_results(),
    lambda: target.null_results(),
    lambda: target.hang_up(),
    lambda: target.hang_up(announced=True),
)


def choose_target_faults(rng: random.Random) -> tuple[TargetFault, ...]:
    """None in a quarter of the rounds, else up to three."""
    chosen = []
    for _ in range(rng.choice((0, 1, 2, 3))):
        behaviour = rng.choice(_TARGET)()
        # At the head a behaviour stands in line, so it cannot be a standing one.
        times = 2 if behaviour.at_head else None
        chosen.append(TargetFault(behaviour, rng.choice((0.03, 0.1, 0.4)), times))
    if rng.random() < 0.1:
        chosen.append(TargetFault(target.expired_tokens(), 0.2, times=1))
    if rng.random() < 0.1:
        chosen.append(TargetFault(target.status(503), 1.0, times=1, on="token"))
    return tuple(chosen)


def choose_line_faults(rng: random.Random) -> tuple[LineFault, ...]:
    """None in a third of the rounds, else up to two."""
    return tuple(
        LineFault(_line_fault(rng), rng.choice((0.1, 0.3, 0.6)))
        for _ in range(rng.choice((0, 1, 2)))
    )


def _line_fault(rng: random.Random) -> Fault:
    exchange = rng.choice((1, 1, 2, 3))
    after_bytes = int(rng.paretovariate(0.4)) - 1  # mostly early: in the head, at once, ...
    reset = rng.random() < 0.5
    makers: tuple[Callable[[], Fault], ...] = (
        lambda: line.latency(request_ms=rng.randint(1, 30), response_ms=rng.randint(1, 30)),
        lambda: line.slicer(rng.randint(40, 400)),
        lambda: line.cut_request(min(after_bytes, 5000), exchange=exchange, reset=reset),
        lambda: line.cut_response(min(after_bytes, 2000), exchange=exchange, reset=reset),
        lambda: line.cut_response(0, exchange=exchange, reset=reset),
        line.black_hole,
    )
    return rng.choice(makers)()
