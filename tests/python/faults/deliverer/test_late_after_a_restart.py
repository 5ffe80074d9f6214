"""An older event that came late is sent without what newer ones have set: also by the next deliverer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cxrelay import _core

NEWER, OLDER = 2_000_000, 1_000_000


def put(queue: _core.Queue, key: str, time_us: int, **attributes: str) -> None:
    queue.put(key, "i-1", time_us, b"", json.dumps({"attributes": attributes}).encode())


def send(queue: _core.Queue, outcome: str) -> list[tuple[str, Any]]:
    """One request; returns keys and attributes as they would be on the wire."""
    claim = queue.claim(target="test")
    assert claim is not None
    queue.settle(claim, [(outcome, 200, "", 0)] * len(claim.updates))
    return [
        (update.idempotency_key, json.loads(update.payload)["attributes"])
        for update in claim.updates
    ]


def restarted(queue: _core.Queue, path: Path) -> _core.Queue:
    queue.close()
    return _core.Queue(str(path))


@pytest.mark.parametrize(
    "between",
    [
        lambda queue, path: queue,
        restarted,
    ],
    ids=["the same deliverer", "the next deliverer"],
)
def test_a_late_update_is_repeated_as_it_was(
    tmp_path: Path, between: Callable[[_core.Queue, Path], _core.Queue]
) -> None:
    path = tmp_path / "queue.db"
    queue = _core.Queue(str(path))
    put(queue, "newer", NEWER, a="new")
    assert send(queue, "completed") == [("newer", {"a": "new"})]
    put(queue, "older", OLDER, a="old", b="old")
    late = [("older", {"b": "old"})]
    assert send(queue, "retry") == late
    queue = between(queue, path)
    assert send(queue, "completed") == late  # and a server that heeds keys may hold it against us
    queue.close()
