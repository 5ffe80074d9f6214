"""The disk is full in the middle: a clear error, nothing stored by half, and the same handle goes on when it can."""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxrelay import _core
from cxrelay.errors import StoreError
from support.full_disk import Filler


def put(queue: _core.Queue, number: int) -> _core.Receipt:
    mapped = json.dumps({"crm": f"CRM-{number}", "pad": "x" * 500}).encode()
    return queue.put(f"key{number}", f"i{number}", number, b"", mapped)


def put_until_full(queue: _core.Queue, numbers: Iterator[int]) -> tuple[dict[str, int], str]:
    """The receipts by key, and the kind of the error that ended it."""
    receipts = {}
    while True:
        try:
            receipt = put(queue, next(numbers))
        except StoreError as error:
            return receipts, error.kind
        receipts[receipt.idempotency_key] = receipt.seq


def test_puts_on_a_full_disk(small_disk: Path) -> None:
    queue = _core.Queue(str(small_disk / "queue.db"))
    filler = Filler(small_disk)
    numbers = iter(range(10**6))
    receipts = {f"key{n}": put(queue, n).seq for n in (next(numbers) for _ in range(20))}
    filler.take_all_space()
    for _ in range(3):  # it stays full, and stays an error
        more, kind = put_until_full(queue, numbers)
        receipts |= more
        assert kind == "full"
    assert queue.stats().accepted == len(receipts)
    assert queue.check().problems == []

    filler.give_back()
    again = put(queue, 10**6)  # no restart
    assert again.status == "accepted"
    receipts[again.idempotency_key] = again.seq
    found = {key: queue.find(key) for key in receipts}
    assert {key: update and update.seq for key, update in found.items()} == receipts
    assert queue.check().ok
    queue.close()


def test_a_settlement_on_a_full_disk(small_disk: Path) -> None:
    """The answer came but cannot be recorded: nothing changes, and the same settlement works later."""
    queue = _core.Queue(str(small_disk / "queue.db"))
    filler = Filler(small_disk)
    first = [put(queue, number) for number in range(8)]
    claim = queue.claim(target="example")
    assert claim is not None
    filler.take_all_space()
    put_until_full(queue, iter(range(100, 10**6)))
    outcomes = [("completed", 200, "", 0)] * len(claim.updates)
    with pytest.raises(StoreError) as caught:
        queue.settle(claim, outcomes)
    assert caught.value.kind == "full"
    assert {queue.find(receipt.idempotency_key).state for receipt in first} == {"in_flight"}

    filler.give_back()
    queue.settle(claim, outcomes)
    assert queue.stats().completed == len(first)
    assert queue.check().ok
    queue.close()


# The limit on the size of a file needs no mount; the kernel then says EFBIG instead of ENOSPC.
LIMITED = """
import json, resource, sys
from cxrelay import _core
from cxrelay.errors import StoreError

queue = _core.Queue(sys.argv[1])
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, most))
kinds, receipts = [], 0
for number in range(200):
    try:
        queue.put(f"key{number}", f"i{number}", number, b"", b'{"pad": "%s"}' % (b"x" * 500))
        receipts += 1
    except StoreError as error:
        kinds.append(error.kind)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
queue.put("last", "last", 10**6, b"", b'{"a":1}')
print(json.dumps([kinds, receipts + 1, queue.stats().accepted, queue.check().problems]))
"""


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    if resource.getrlimit(resource.RLIMIT_FSIZE)[1] not in (-1, resource.RLIM_INFINITY):
        pytest.skip("files are limited in size here already")
    command = [sys.executable, "-c", LIMITED, tmp_path / "queue.db"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kinds, receipts, accepted, problems = json.loads(done.stdout)
    assert len(kinds) > 50
    assert set(kinds) <= {"full", "io"}
    assert accepted == receipts
    assert problems == []
