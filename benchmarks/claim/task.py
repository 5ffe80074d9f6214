"""Runs the task: queues of growing size are open together, and claims go round them."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

import events
from claim.base import BATCH, ClaimContender
from claim.native import Native
from claim.tutorial import Tutorial
from events import Update
from harness.native import run_program
from harness.options import Options
from harness.rounds import DisagreementError
from harness.row import Row
from harness.workspace import empty_directory

WORDS = {10_000: "1e4", 100_000: "1e5", 1_000_000: "1e6", 3_000_000: "3e6"}
MAX_TUTORIAL_S = 3.0  # claims of one size; the tutorial's last for up to a second each


def _updates(count: int) -> Iterator[list[Update]]:
    """So many updates, in parts that fit into memory."""
    source = events.small_events()
    for begin in range(0, count, 100_000):
        yield events.updates(events.take(source, min(100_000, count - begin)))


def _check_agreement(options: Options) -> None:
    """The same 25 are due first."""
    found = []
    for contender in (Tutorial(), Native()):
        with empty_directory(options.directory) as directory:
            contender.open(directory)
            for part in _updates(1000):
                contender.fill(part)
            contender.claim()
            found.append(contender.claimed())
            contender.close()
    if len(found[0]) != BATCH or found[0] != found[1]:
        raise DisagreementError(f"claim: the contenders took {found[0]!r} and {found[1]!r}")


class _Sized:
    """A filled queue and the times of its claims, in microseconds."""

    def __init__(self, contender: ClaimContender, size: int) -> None:
        self.contender = contender
        self.size = size
        self.times_us: list[float] = []

    def claim(self) -> None:
        if self.contender.name == Tutorial.name and sum(self.times_us) > MAX_TUTORIAL_S * 1e6:
            return
        begin = time.perf_counter_ns()
        self.contender.claim()
        self.times_us.append((time.perf_counter_ns() - begin) / 1000)

    def forget(self) -> None:
        """Drops the first claims: they read the file and, natively, take the deliverer's role."""
        self.times_us.clear()


def measure(options: Options) -> list[Row]:
    """Rows by size, and the growth from the smallest to the largest."""
    _check_agreement(options)
    sizes = list(WORDS)[: options.pick(2, 3, 4)]
    with ExitStack() as stack:
        directory = stack.enter_context(empty_directory(options.directory))
        queues = []
        for size in sizes:
            for contender in (Tutorial(), Native()):
                place = directory / f"{contender.name}-{size}"
                place.mkdir()
                contender.open(place)
                stack.callback(contender.close)
                for part in _updates(size):
                    contender.fill(part)
                queues.append(_Sized(contender, size))
        for queue in queues:
            queue.claim()
            queue.forget()
        for _ in range(options.pick(30, 150)):
            for queue in queues:
                queue.claim()
        limit = run_program("disk_limit", directory=directory, seconds=1)
    return _rows(queues, limit["p50_ms"] * 1000)


def _rows(queues: list[_Sized], sync_us: float) -> list[Row]:
    rows = []
    middle = {(q.contender.name, q.size): median(q.times_us) for q in queues}
    for queue in queues:
        name, size = queue.contender.name, queue.size
        row = Row("claim", f"25 of {WORDS[size]}", name, middle[name, size], "us")
        row.low, row.high = _quartiles(queue.times_us)
        row.note = f"durable: {queue.contender.durable}"
        if name != Tutorial.name:
            row.over_tutorial = middle[Tutorial.name, size] / middle[name, size]
        rows.append(row)
    rows.append(Row("claim", "the disk", "limit: append + fdatasync", sync_us, "us"))
    first, last = queues[0].size, queues[-1].size
    rows += [
        Row(
            "claim",
            "growth",
            f"{name} {WORDS[first]} to {WORDS[last]}",
            middle[name, last] / middle[name, first],
            "x",
        )
        for name in (Tutorial.name, Native.name)
    ]
    return rows


def _quartiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 4], ordered[len(ordered) * 3 // 4]
