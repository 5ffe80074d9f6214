"""The demo as a whole: it proves itself, and notices what does not hold."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cxrelay import ConfigError, verify_audit
from cxrelay.cli import main
from cxrelay.demo import run_demo
from cxrelay.simulator import SimulatorProcess

PROMISED = {
    "accepted": int,
    "duplicates": int,
    "rejected": int,
    "completed": int,
    "dead": int,
    "parked": int,
    "superseded": int,
    "attempts": int,
    "ledger_requests": int,
    "audit_records": int,
    "audit_verified": bool,
    "consistent": bool,
    "seconds": float,
}
FIXED_BY_THE_SEED = (
    "events",
    "accepted",
    "conflicts",
    "duplicates",
    "empty",
    "rejected",
    "dead",
    "parked",
)


def demo(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["demo", "--json", *arguments])
    out, err = capfd.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    return code, json.loads(out)


def test_it_proves_itself_twice_with_equal_counts(capfd: pytest.CaptureFixture[str]) -> None:
    runs = [demo(capfd, "--events", "600", "--seed", "11") for _ in range(2)]
    for code, data in runs:
        assert (code, data["problems"]) == (0, [])
        assert {name: type(data[name]) for name in PROMISED} == PROMISED
        ends = ("completed", "superseded", "dead", "parked")
        assert data["accepted"] == sum(data[name] for name in ends)
        assert data["events"] == sum(
            data[name] for name in ("accepted", "duplicates", "empty", "rejected")
        )
        assert data["ledger_requests"] == data["attempts"]
        assert data["dead"] > 0
    first, second = (data for _, data in runs)
    for name in FIXED_BY_THE_SEED:
        assert first[name] == second[name], name


@pytest.mark.parametrize("events", ["1", "30"])
def test_few_events(events: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, data = demo(capfd, "--events", events)
    assert (code, data["problems"]) == (0, [])


def test_a_person_sees_what_happened(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--events", "300"]) == 0
    out = capfd.readouterr().out
    for part in (
        "301\n",
        "duplicates",
        "rejected",
        "interactionId",
        "batches",
        "retries",
        "completed",
        "dead, for these reasons",
        "the hash chain verifies",
        "audit_transformations.log (removed; --keep DIR leaves it)",
        "yes: journal",
    ):
        assert part in out, part
    assert max(len(line) for line in out.splitlines()) <= 120


def test_files_are_kept_and_private(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "kept"
    _, data = demo(capfd, "--events", "50", "--keep", str(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert verify_audit(data["audit_log"]).records == data["audit_records"]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert main(["queue", "check", "--db", data["queue_file"]]) == 0


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="is not empty"):
        run_demo(10, 0, tmp_path)


Tamper = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("method", "tamper", "part"),
    [
        ("requests", lambda entries: entries[:-1], "seen by the server"),
        ("interactions", lambda state: dict(list(state.items())[1:]), "interactions differ"),
        (
            "interactions",
            lambda state: {name: {**value, "routingQueue": "?"} for name, value in state.items()},
            "interactions differ",
        ),
    ],
    ids=["a request is missing", "an interaction is missing", "attributes are wrong"],
)
def test_a_planted_inconsistency_fails_it(
    method: str,
    tamper: Tamper,
    part: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    original = getattr(SimulatorProcess, method)
    monkeypatch.setattr(SimulatorProcess, method, lambda *args: tamper(original(*args)))
    code, data = demo(capfd, "--events", "60")
    assert (code, data["consistent"]) == (1, False)
    assert any(part in problem for problem in data["problems"])
    assert main(["demo", "--events", "60"]) == 1
    assert "NO\n" in capfd.readouterr().out
