"""One process: puts events as they come, and delivers or stands by. Ends with SIGTERM, or is killed.

Started as ``python -m cxrelay.torture.worker`` with its settings on the standard input. Writes
``ready`` when it is at work, and each receipt to its own file when the call has returned.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence

from cxrelay import _core
from cxrelay.errors import AuditError, ValidationError
from cxrelay.relay import Relay

from .receipts import last_batch, write_receipts
from .settings import WorkerSettings
from .traffic import Batch, TortureEvent, events_of

Result = _core.Receipt | ValidationError
Ingest = Callable[[Relay, list[bytes]], Sequence[Result]]

_PR_SET_PDEATHSIG = 1
_LONGEST_PAUSE_S = 0.04
_EXPORT_EVERY = 40
_AGAIN = ("auth", "fenced")  # what ends a delivery and may be over


def ingest(relay: Relay, bodies: list[bytes]) -> Sequence[Result]:
    """What is tortured."""
    return relay.ingest_many(bodies)


def main(put: Ingest = ingest) -> int:
    """Runs the process.

    Args:
        put: stores bodies and returns their receipts; a test replaces it by one that must be
            found out.
    """
    settings = WorkerSettings.from_json(sys.stdin.readline())
    _die_with(settings.parent)
    stopping: list[int] = []  # an Event could be set while the main thread holds its lock
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    # Troubles are what this is about.
    logging.getLogger("cxrelay").addHandler(logging.NullHandler())
    with Relay(settings.scene.config()) as relay:
        relay.start()
        print("ready", flush=True)
        _work(relay, settings, put, stopping)
        relay.stop()
    return 0


def _work(relay: Relay, settings: WorkerSettings, put: Ingest, stopping: list[int]) -> None:
    rng = random.Random(settings.life)  # noqa: S311 - pauses
    receipts = os.open(
        settings.receipts(settings.life), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
    )
    try:
        for turn, batch in enumerate(_batches(settings)):
            if stopping:
                return
            events = events_of(settings.scene.seed, batch)
            results = put(relay, [event.body for event in events])
            write_receipts(receipts, _lines(events, results))
            if settings.worker == 0 and turn % _EXPORT_EVERY == _EXPORT_EVERY - 1:
                # The one before may have been killed at it a moment ago.
                with contextlib.suppress(AuditError):
                    relay.export_audit()
            if relay.stop_reason() in _AGAIN:
                relay.start()
            time.sleep(rng.uniform(0, _LONGEST_PAUSE_S))
    finally:
        os.close(receipts)


def _batches(settings: WorkerSettings) -> itertools.chain[Batch]:
    """First, as a sender does who got no answer, what was put last before the kill, and what may
    have been under way; then what is new.
    """
    again: list[Batch] = []
    if settings.before is not None:
        last = last_batch(settings.receipts(settings.before))
        numbers = [0] if last is None else [last, last + 1]
        again = [Batch(settings.worker, settings.before, number) for number in numbers]
    new = (Batch(settings.worker, settings.life, number) for number in itertools.count())
    return itertools.chain(again, new)


def _lines(
    events: list[TortureEvent], results: Sequence[Result]
) -> list[tuple[TortureEvent, str, int, str]]:
    return [
        (event, "rejected", 0, "-")
        if isinstance(result, ValidationError)
        else (event, result.status, result.seq, result.idempotency_key)
        for event, result in zip(events, results, strict=True)
    ]


def _die_with(parent: int) -> None:
    """However the parent ends: nobody else would end this process, or continue it if stopped."""
    # Linux only. Elsewhere a killed parent leaves its processes behind.
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
