"""An extract holds one record at a time, however many there are."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from cxrelay import Queue
from cxrelay.extracts import CsvFormat, Format, JsonlFormat, OcsfFormat, Selection, extract
from cxrelay.stories import QueueJournal

BODY = b'{"a":"' + b"x" * 500 + b'"}'


@pytest.mark.parametrize(
    "chosen", [JsonlFormat(), CsvFormat(True), OcsfFormat(True)], ids=lambda one: type(one).__name__
)
def test_memory_does_not_grow(tmp_path: Path, chosen: Format) -> None:
    queue = Queue(str(tmp_path / "queue.db"))
    peaks = []
    for many in (range(1_000), range(1_000, 4_000)):
        queue.put_many([(f"k{n}", f"i{n}", n, BODY, BODY) for n in many])
        tracemalloc.start()
        size = sum(map(len, extract(QueueJournal(queue), chosen, Selection())))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > peaks[-1]
    queue.close()
    assert peaks[1] < peaks[0] * 1.3, "for four times the records"
