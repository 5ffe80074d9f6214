"""The receipts that a process was given, as it wrote them down: a file for each of its lives.

The file's name is ``process-life``. A line is ``life number index status seq key``, where the first
three are the event's address (a life also repeats what an earlier one put), and all lines of a call
are one write to a file opened for appending: a kill leaves whole lines, and at most one cut one at
the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .traffic import Batch, TortureEvent


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt, or a refusal.

    Attributes:
        batch: what the event was put with.
        index: its place there.
        status: ``accepted``, ``conflict``, ``duplicate``, ``empty`` or ``rejected``.
        seq: the record that it names; 0 for a rejected event.
        key: its idempotency key.
    """

    batch: Batch
    index: int
    status: str
    seq: int
    key: str


def write_receipts(file: int, lines: Iterable[tuple[TortureEvent, str, int, str]]) -> None:
    """Notes what one call returned, with one write."""
    text = "".join(
        f"{event.batch.life} {event.batch.number} {event.index} {status} {seq} {key}\n"
        for event, status, seq, key in lines
    )
    os.write(file, text.encode())


def last_batch(file: Path) -> int | None:
    """The number of the last batch of its own that a life has receipts of."""
    life = int(file.name.partition("-")[2])
    numbers = [receipt.batch.number for receipt in _of_file(file) if receipt.batch.life == life]
    return numbers[-1] if numbers else None


def read_receipts(folder: Path) -> Iterator[StoredReceipt]:
    """All receipts of all lives of all processes; those of one life in their order."""
    for file in sorted(folder.iterdir()):
        yield from _of_file(file)


def _of_file(file: Path) -> Iterator[StoredReceipt]:
    worker = int(file.name.partition("-")[0])
    text = file.read_text() if file.exists() else ""
    for line in text.split("\n")[:-1]:  # what follows the last line break was cut
        life, number, index, status, seq, key = line.split(" ")
        batch = Batch(worker, int(life), int(number))
        yield StoredReceipt(batch, int(index), status, int(seq), key)
