"""``cxrelay torture`` as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cxrelay.cli import main
from support.waiting import wait_until

PATIENCE_S = 60.0
SHORT = 20
LONG = 1000


def torture(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["torture", "--json", *arguments])
    out, err = capfd.readouterr()
    assert err == ""
    return code, json.loads(out)


@pytest.mark.timeout(3600)
def test_nothing_is_violated(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, long_run: bool
) -> None:
    """CXRELAY_LONG_FAULTS=1 makes it the 1,000 rounds."""
    rounds = LONG if long_run else SHORT
    code, data = torture(
        capfd, "--rounds", str(rounds), "--seed", "17", "--directory", str(tmp_path)
    )
    assert (code, data["violations"]) == (0, [])
    assert (data["rounds"], data["seed"], data["interrupted"]) == (rounds, 17, False)
    assert data["kills"] >= rounds / 2
    assert data["kills_of_the_deliverer"] > 0
    ends = ("completed", "superseded", "dead", "parked")
    assert data["events"] - data["empty"] == sum(data[name] for name in ends)
    assert data["answered"] <= data["seen"] <= data["answered"] + data["unknown"]
    assert data["receipts"] > 10 * rounds
    assert list(tmp_path.iterdir()) == [], "it takes its files away"


def test_a_person_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["torture", "--seconds", "1", "--processes", "2"]) == 0
    out = capfd.readouterr().out
    for part in ("SIGKILL", "receipts", "the server saw each of them once", "violations", "seed"):
        assert part in out, part
    assert max(len(line) for line in out.splitlines()) <= 120


def test_a_directory_in_use_is_left_alone(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["torture", "--rounds", "1", "--directory", str(tmp_path)]) == 3
    assert "is not empty" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A torture without end, and its processes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cxrelay", "torture", "--seconds", "600", "--json",
         "--directory", str(tmp_path / "disk")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    children: list[int] = []
    try:
        wait_until(lambda: len(list(tmp_path.glob("disk/stretch-1/receipts/*"))) >= 4)
        children += children_of(process.pid)
        assert len(children) >= 2
        yield process, children
    finally:
        process.kill()
        process.communicate()
        for child in children:
            if is_alive(child):
                os.kill(child, signal.SIGKILL)


def test_ctrl_c_ends_it_in_order(
    running: tuple[subprocess.Popen[str], list[int]], tmp_path: Path
) -> None:
    process, children = running
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert err == ""
    data = json.loads(out)
    assert (process.returncode, data["interrupted"], data["violations"]) == (130, True, [])
    assert data["rounds"] >= 1
    assert data["receipts"] > 0, "what was done until then was checked"
    assert not any(map(is_alive, children))
    assert not (tmp_path / "disk").exists()


def test_no_process_outlives_it(running: tuple[subprocess.Popen[str], list[int]]) -> None:
    process, _ = running
    process.send_signal(signal.SIGSTOP)  # so that it starts no more of them
    children = children_of(process.pid)
    process.kill()
    wait_until(lambda: not any(map(is_alive, children)))


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # its new parent may take its time
