"""Somebody sets the machine's clock by a day, forwards and backwards: nothing lost, order kept, waits bounded."""

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

# `step` sets this process's wall clock, `wait` lets time go by on both clocks.
PREAMBLE = """
import ctypes, json, sys, time
from cxrelay import _core

wall_s, passed_s = (
    ctypes.c_longlong.in_dll(ctypes.CDLL(None), f"stepped_clock_{name}_s")
    for name in ("wall", "passed")
)

def step(days):
    before = time.time()
    wall_s.value += days * 86400
    assert abs(time.time() - before - days * 86400) < 60, "the clock did not move"

def wait(seconds):
    before = time.monotonic()
    passed_s.value += seconds
    assert time.monotonic() - before >= seconds, "the clock did not move"

def put(number):
    return queue.put(f"key{number}", "same", number, b"", b'{"n":%d}' % number).seq

def claim():
    claim = queue.claim(target="example")
    return claim and [seq for update in claim.updates for seq in (*update.merged, update.seq)], claim

def settle(claim, word, delay_s=0.0):
    not_before = int((time.time() + delay_s) * 1e6)
    queue.settle(claim, [(word, 200, "", not_before)] * len(claim.updates))

queue = _core.Queue(sys.argv[1])
"""


def run(script: str, clock: Path, path: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + script, path],
        env=os.environ | {"LD_PRELOAD": str(clock)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_order_is_kept_and_nothing_is_lost(clock: Path, tmp_path: Path) -> None:
    script = """
    seqs = [put(1)]
    step(+1); seqs.append(put(2))
    step(-2); seqs.append(put(3))
    step(+1); seqs.append(put(4))
    delivered = []
    while len(delivered) < 4:
        got, one = claim()
        delivered += got
        settle(one, "completed")
        step(-1)
    stats = queue.stats()
    print(json.dumps([seqs, delivered, stats.completed, stats.pending, queue.check().problems]))
    """
    seqs, delivered, completed, pending, problems = run(dedent(script), clock, tmp_path / "q.db")
    assert delivered == seqs
    assert (completed, pending, problems) == (4, 0, [])


@pytest.mark.parametrize("days", [-1, +1])
def test_a_wait_goes_by_the_monotonic_clock(clock: Path, tmp_path: Path, days: int) -> None:
    """A retry that is due in 0.3 s is not due after a step of a day at once, nor a day later."""
    script = f"""
    put(1)
    got, one = claim()
    settle(one, "retry", delay_s=0.3)
    started = time.monotonic()
    step({days})
    at_once = claim()[0]
    while (later := claim()[0]) is None and time.monotonic() - started < 20:
        pass
    print(json.dumps([at_once, later, time.monotonic() - started, queue.check().problems]))
    """
    at_once, later, took_s, problems = run(dedent(script), clock, tmp_path / "queue.db")
    assert at_once is None
    assert later == [1]
    assert 0.25 < took_s < 10
    assert problems == []


@pytest.mark.parametrize("days", [-1, +1])
def test_a_deliverer_keeps_its_right(clock: Path, tmp_path: Path, days: int) -> None:
    """Heartbeats are compared, not subtracted from a wall clock: a step makes nobody look dead."""
    script = f"""
    put(1)
    got, one = claim()
    step({days})
    other = _core.Queue(sys.argv[1])
    taken_over = other.claim(target="example") is not None
    settle(one, "completed")
    print(json.dumps([taken_over, queue.stats().completed, queue.check().problems]))
    """
    assert run(dedent(script), clock, tmp_path / "queue.db") == [False, 1, []]


def test_after_a_restart_a_wait_is_bounded(clock: Path, tmp_path: Path) -> None:
    """The file holds wall times. With the clock set back by a day, a wait of a minute is one of hours at most."""
    script = """
    put(1)
    got, one = claim()
    settle(one, "retry", delay_s=60)
    queue.close()
    step(-1)
    queue = _core.Queue(sys.argv[1])
    waits = [claim()[0]]
    wait(50)
    waits.append(claim()[0])
    wait(2 * 3600)
    waits.append(claim()[0])
    print(json.dumps([waits, queue.check().problems]))
    """
    assert run(dedent(script), clock, tmp_path / "queue.db") == [[None, None, [1]], []]
