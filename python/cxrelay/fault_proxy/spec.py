"""Faults as text, for a command line: ``cut-response:after_bytes=100,p=0.1``."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import faults
from .faults import Fault
from .proxy import FaultProxy
from .schedule import Schedule


def _flag(text: str) -> bool:
    if text not in ("", "true", "false"):
        raise ValueError(text)
    return text != "false"


def _count(text: str) -> int | None:
    return None if text == "always" else int(text)


_CUT: dict[str, Callable[[str], Any]] = {"after_bytes": int, "exchange": int, "reset": _flag}
_FAULTS: dict[str, tuple[Callable[..., Fault], dict[str, Callable[[str], Any]]]] = {
    "latency": (faults.latency, {"request_ms": float, "response_ms": float}),
    "bandwidth": (faults.bandwidth, {"bytes_per_s": float}),
    "slicer": (faults.slicer, {"piece_bytes": int, "delay_ms": float}),
    "cut-request": (faults.cut_request, _CUT),
    "cut-response": (faults.cut_response, _CUT),
    "black-hole": (faults.black_hole, {}),
}
_WHEN: dict[str, Callable[[str], Any]] = {"times": _count, "skip": int, "p": float}


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault and the connections that it is for.

    Attributes:
        fault: what happens.
        times: to how many connections; None = to all.
        skip: how many connections pass before.
        p: with which probability.

    Raises:
        ValueError: ``times``, ``skip`` or ``p`` is out of its range.
    """

    fault: Fault
    times: int | None = None
    skip: int = 0
    p: float = 1.0

    def __post_init__(self) -> None:
        Schedule(random.Random()).add(self.fault, self.times, self.skip, self.p)  # noqa: S311

    @classmethod
    def parse(cls, text: str) -> FaultSpec:
        """Read ``NAME[:OPTION=VALUE,...]``.

        The names are those of ``cxrelay.fault_proxy.faults`` with hyphens, the options those
        functions' arguments and ``times`` (a number or ``always``, the default), ``skip``, ``p``.

        Raises:
            ValueError: the text is no such fault; the message says what is wrong.
        """
        name, _, rest = text.partition(":")
        if name not in _FAULTS:
            raise ValueError(f"unknown fault {name!r}: one of {', '.join(_FAULTS)}")
        make, takes = _FAULTS[name]
        given: dict[str, Any] = {}
        when: dict[str, Any] = {}
        for part in filter(None, rest.split(",")):
            option, _, value = part.partition("=")
            reader = takes.get(option) or _WHEN.get(option)
            if reader is None:
                known = ", ".join([*takes, *_WHEN])
                raise ValueError(f"{name} has no option {option!r}: one of {known}")
            try:
                (given if option in takes else when)[option] = reader(value)
            except ValueError:
                raise ValueError(f"{name}: {option} cannot be {value!r}") from None
        try:
            return cls(make(**given), **when)
        except TypeError:
            missing = "bytes_per_s" if name == "bandwidth" else "after_bytes"
            raise ValueError(f"{name} needs {missing}=N") from None

    def add_to(self, proxy: FaultProxy) -> None:
        """Put it into the proxy's script."""
        proxy.script(self.fault, times=self.times, skip=self.skip, p=self.p)
