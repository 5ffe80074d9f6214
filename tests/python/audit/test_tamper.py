"""Whatever is done to a trail of 200 records is detected by both verifiers: the native one and the one in Python.

A cut tail and a rewrite with a valid chain need a checkpoint. Each flip of a byte is followed by a verification of the
whole trail. The native verifier sees one flip of every byte, the one in Python a sample of them; with
CXRELAY_LONG_FAULTS=1 the native one sees all eight flips of every byte and the one in Python one of every byte.
"""

import json
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cxrelay import _core, verify_trail
from support.audit_chain import rechained
from support.audit_trail import Trail, both

LONG = os.environ.get("CXRELAY_LONG_FAULTS") == "1"
SAMPLE = 2_000
WORKERS = 2
BITS = [1 << bit for bit in range(8)]


class Altered:
    """A copy of the trail in which one byte at a time is another."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.data = data
        path.write_bytes(data)

    def passes(self, at: int, mask: int, verify: Callable[[str], bool]) -> bool:
        with self.path.open("r+b", buffering=0) as file:
            file.seek(at)
            file.write(bytes([self.data[at] ^ mask]))
            found = verify(str(self.path))
            file.seek(at)
            file.write(self.data[at : at + 1])
        return found


def passed_flips(
    data: bytes, flips: list[tuple[int, int]], folder: Path, verify: Callable[[str], bool]
) -> list[tuple[int, int]]:
    """The flips that a verifier lets pass; several copies at once."""

    def run(worker: int) -> list[tuple[int, int]]:
        copy = Altered(folder / f"copy-{worker}.log", data)
        return [flip for flip in flips[worker::WORKERS] if copy.passes(*flip, verify)]

    with ThreadPoolExecutor(WORKERS) as pool:
        return [flip for found in pool.map(run, range(WORKERS)) for flip in found]


def native(path: str) -> bool:
    return _core.verify_audit(path).ok


def plain(path: str) -> bool:
    return bool(verify_trail.verify(path)["ok"])


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_byte_flipped_natively(untouched: Trail, memory_folder: Path) -> None:
    data = untouched.log.read_bytes()
    flips = [(at, mask) for at in range(len(data)) for mask in (BITS if LONG else [BITS[at % 8]])]
    assert native(str(untouched.log))
    assert passed_flips(data, flips, memory_folder, native) == []
    print(f"native: {len(flips)} flips of {len(data)} bytes")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_bytes_flipped_in_python(untouched: Trail, memory_folder: Path) -> None:
    data = untouched.log.read_bytes()
    chosen = random.Random(4)
    flips = [(at, 1 << chosen.randrange(8)) for at in range(len(data))]
    if not LONG:
        flips = chosen.sample(flips, SAMPLE)
    assert plain(str(untouched.log))
    assert passed_flips(data, flips, memory_folder, plain) == []
    print(f"Python: {len(flips)} flips of {len(data)} bytes")


def alterations(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each record deleted, doubled, swapped, and inserted elsewhere; but for the deleted tail."""
    chosen = random.Random(7)
    for i in range(len(lines)):
        rest = lines[:i] + lines[i + 1 :]
        if i + 1 < len(lines):
            yield f"deleted {i}", rest
            yield f"swapped {i}", [*lines[:i], lines[i + 1], lines[i], *lines[i + 2 :]]
        yield f"doubled {i}", lines[: i + 1] + lines[i:]
        other = chosen.choice([j for j in range(len(lines) + 1) if j not in (i, i + 1)])
        yield f"{i} inserted at {other}", [*lines[:other], lines[i], *lines[other:]]
        j = chosen.choice([j for j in range(len(lines)) if j != i])
        swapped = list(lines)
        swapped[i], swapped[j] = lines[j], lines[i]
        yield f"swapped {i} and {j}", swapped


def write(path: Path, lines: list[str]) -> Path:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return path


def test_records_deleted_doubled_swapped_inserted(untouched: Trail, memory_folder: Path) -> None:
    count = 0
    for what, lines in alterations(untouched.lines):
        assert not both(write(memory_folder / "audit.log", lines))["ok"], what
        count += 1
    assert count == 5 * 200 - 2


def forged(line: str) -> str:
    """The line with another time: what a forger would change first."""
    value = json.loads(line)["timeUs"]
    digits = f"{value % 1_000_000:06}"
    earlier = f"{value // 1_000_000 * 1_000_000 + (value + 1) % 1_000_000}"
    return line.replace(f".{digits}Z", f".{(value + 1) % 1_000_000:06}Z", 1).replace(
        f'"timeUs":{value}', f'"timeUs":{earlier}', 1
    )


def test_an_untouched_trail_verifies(untouched: Trail) -> None:
    assert both(untouched.log)["ok"]
    found = both(untouched.log, untouched.checkpoints, [untouched.public_key])
    assert (found["ok"], found["records"]) == (True, 200)


def test_a_tail_cut_at_each_record(untouched: Trail, memory_folder: Path) -> None:
    lines = untouched.lines
    for kept in range(len(lines)):
        log = write(memory_folder / "audit.log", lines[:kept])
        assert both(log)["ok"]  # nothing in the files can tell
        found = both(log, untouched.checkpoints, [untouched.public_key])
        assert found["problem"] == "the trail ends before checkpoint seq 200"
        assert (found["file"], found["line"]) == (str(untouched.checkpoints), 1)


def test_a_rewrite_with_a_valid_chain_from_each_record(
    untouched: Trail, memory_folder: Path
) -> None:
    lines = untouched.lines
    for first in range(1, len(lines) + 1, 1 if LONG else 7):
        log = write(memory_folder / "audit.log", rechained(lines, first, forged))
        assert both(log)["ok"], first  # a chain alone cannot tell
        assert not both(log, untouched.checkpoints, [untouched.public_key])["ok"]


def test_each_byte_of_a_checkpoint_flipped(untouched: Trail, memory_folder: Path) -> None:
    data = untouched.checkpoints.read_bytes()
    altered = memory_folder / "checkpoints"
    for at in range(len(data)):
        altered.write_bytes(data[:at] + bytes([data[at] ^ (1 << at % 7)]) + data[at + 1 :])
        assert not both(untouched.log, altered, [untouched.public_key])["ok"], at
