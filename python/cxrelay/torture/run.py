"""From stretch to stretch, until the time is up, the rounds are done, or Ctrl-C."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cxrelay.errors import ConfigError, Error
from cxrelay.private_folder import make_private_folder

from .check import violations_of
from .plan import Round, round_of
from .result import TortureResult
from .stretch import run_stretch
from .team import WORKER_COMMAND

ROUNDS_A_STRETCH = 40
"""Rounds on one queue file. Then all of it is checked, and the next ones have a new file."""

_SEEDS = 1 << 32


def run_torture(
    *,
    seconds: float | None = None,
    rounds: int | None = None,
    processes: int = 4,
    seed: int | None = None,
    directory: str | os.PathLike[str] | None = None,
    worker_command: Sequence[str] = WORKER_COMMAND,
    progress: Callable[[TortureResult], None] = lambda result: None,
) -> TortureResult:
    """Lets processes put and deliver, kills them, and checks that nothing was lost.

    The first Ctrl-C ends the rounds; what they have left is still checked.

    Args:
        seconds: after this time no other round begins; None = no limit.
        rounds: how many at most; None = no limit.
        processes: how many work on one queue file.
        seed: of plan, traffic and faults; by default a random one.
        directory: a new or empty one, on the disk to be tried; by default a temporary one. Files
            are left there only if there are violations.
        worker_command: what runs one process.
        progress: told when a round begins.

    Raises:
        ConfigError: the directory is not empty, or there is no limit at all.
    """
    if seconds is None and rounds is None:
        raise ConfigError("a torture needs an end: seconds, rounds or both")
    began = time.monotonic()
    result = TortureResult(secrets.randbelow(_SEEDS) if seed is None else seed, processes)
    with _directory(directory, result) as folder, _ended_by_ctrl_c(result):
        plans = _Plans(result, rounds, None if seconds is None else began + seconds, progress)
        while plans.go_on():
            result.stretches += 1
            stretch = folder / f"stretch-{result.stretches}"
            stretch.mkdir(mode=0o700)
            try:
                evidence = run_stretch(
                    plans.of_a_stretch(),
                    seed=result.seed,
                    processes=processes,
                    folder=stretch,
                    worker_command=worker_command,
                )
            except Error as error:  # the file cannot be opened, delivered or exported any more
                result.violations.append(f"at the end of the rounds: {error}")
                break
            result.add(evidence, violations_of(evidence))
            if not result.violations:
                shutil.rmtree(stretch)
    result.seconds = time.monotonic() - began
    return result


class _Plans:
    """Gives out the rounds, and knows when it is over."""

    def __init__(
        self,
        result: TortureResult,
        rounds: int | None,
        until: float | None,
        progress: Callable[[TortureResult], None],
    ) -> None:
        self._result = result
        self._rounds = rounds
        self._until = until
        self._progress = progress

    def go_on(self) -> bool:
        """Whether another round may begin."""
        result = self._result
        if result.interrupted or result.violations:
            return False
        if self._rounds is not None and result.rounds_begun >= self._rounds:
            return False
        # However short the time is, there is one round.
        return not result.rounds_begun or self._until is None or time.monotonic() < self._until

    def of_a_stretch(self) -> Iterator[Round]:
        """The rounds of one queue file."""
        for _ in range(ROUNDS_A_STRETCH):
            if not self.go_on():
                return
            planned = round_of(self._result.seed, self._result.rounds_begun, self._result.processes)
            self._result.rounds_begun += 1
            self._progress(self._result)
            yield planned


@contextmanager
def _ended_by_ctrl_c(result: TortureResult) -> Iterator[None]:
    """The first Ctrl-C is noted, and the next one interrupts as usual."""
    # An exception in the middle of a word with the simulator would leave nobody to talk with.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.getsignal(signal.SIGINT)

    def note(number: int, _: object) -> None:
        result.interrupted = True
        signal.signal(number, previous)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def _directory(directory: str | os.PathLike[str] | None, result: TortureResult) -> Iterator[Path]:
    """Leaves nothing behind but what proves a violation."""
    if directory is None:
        folder = Path(tempfile.mkdtemp(prefix="cxrelay-torture-"))
        was_there = False
    else:
        folder = Path(directory).absolute()
        was_there = folder.exists()
        make_private_folder(folder)
        if any(folder.iterdir()):
            raise ConfigError(f"{folder} is not empty: name a new directory")
    try:
        yield folder
    finally:
        if result.violations:
            result.directory = str(folder)
        else:
            shutil.rmtree(folder)
            if was_there:
                folder.mkdir(mode=0o700)
