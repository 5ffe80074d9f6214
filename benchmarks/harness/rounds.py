"""Agreement first, then timed rounds in which the contenders take turns."""

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TypeVar

from harness.contender import Contender
from harness.workspace import empty_directory

Item = TypeVar("Item")


class DisagreementError(Exception):
    """Two contenders gave different results: nothing is timed then."""


@dataclass
class Timing:
    """Rates of the rounds, in items a second, and what an item cost this process."""

    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def add(self, count: int, seconds: float, cpu_seconds: float) -> None:
        """Adds one round."""
        self.rates.append(count / seconds)
        self.cpu_us.append(cpu_seconds * 1e6 / count)

    @property
    def rate(self) -> float:
        """Median."""
        return median(self.rates)


@contextmanager
def prepared(contender: Contender[Item], parent: Path) -> Iterator[Contender[Item]]:
    """The contender, ready to run in an empty directory."""
    with empty_directory(parent) as directory:
        contender.prepare(directory)
        try:
            yield contender
        finally:
            contender.close()


def check_agreement(
    task: str, contenders: Sequence[Contender[Item]], items: Sequence[Item], parent: Path
) -> None:
    """Runs all on the same items; raises DisagreementError unless all results are equal."""
    expected: object = None
    for contender in contenders:
        with prepared(contender, parent):
            contender.run(contender.inputs(items))
            result = contender.result()
        if not result:
            raise DisagreementError(f"{task}: {contender.name} has no result")
        if contender is contenders[0]:
            expected = result
        elif result != expected:
            raise DisagreementError(
                f"{task}: {contender.name} and {contenders[0].name} disagree:"
                f" {_difference(result, expected)}"
            )


def _difference(result: object, expected: object) -> str:
    if isinstance(result, list) and isinstance(expected, list):
        for i, (a, b) in enumerate(zip(result, expected, strict=False)):
            if a != b:
                return f"item {i} is {a!r}, not {b!r}"
        return f"{len(result)} items, not {len(expected)}"
    return f"{result!r:.300} is not {expected!r:.300}"


def time_once(
    contender: Contender[Item],
    items: Sequence[Item],
    timing: Timing,
    *,
    never_waits: bool = False,
) -> None:
    """Times one run of a prepared contender, and makes sure that it did all of it.

    What ``never_waits`` for disk, network or other threads is timed by its processor time, which
    leaves out the time that other programs had the core.
    """
    inputs = contender.inputs(items)
    gc.collect()
    cpu = time.process_time()
    begin = time.perf_counter()
    contender.run(inputs)
    seconds = time.perf_counter() - begin
    cpu = time.process_time() - cpu
    if contender.count() != len(items):
        raise DisagreementError(f"{contender.name} did {contender.count()} of {len(items)} items")
    timing.add(len(items), cpu if never_waits else seconds, cpu)


def time_rounds(
    contenders: Sequence[Contender[Item]],
    items: Sequence[Item],
    rounds: int,
    parent: Path,
    *,
    never_waits: bool = False,
) -> dict[str, Timing]:
    """Each contender once a round, each time in an empty directory; ``size`` items each."""
    timings = {contender.name: Timing() for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            with prepared(contender, parent):
                timing = timings[contender.name]
                time_once(contender, items[: contender.size], timing, never_waits=never_waits)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return timings
