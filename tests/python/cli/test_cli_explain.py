"""explain: its text, its JSON, its exit codes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_events import event_line

import cxrelay
from cxrelay.simulator import Simulator, behaviours

LOG = "audit_transformations.log"


@pytest.fixture
def delivered(cxrelay_command: Callable, target: Simulator) -> None:
    """i-1 was refused, and i-2 came through at the second try."""
    gone = behaviours.item_status(404, match="i-1", message="no such")
    target.script(gone, times=None)
    target.script(behaviours.item_status(503, match="i-2"), times=1)
    Path("events.jsonl").write_bytes(b"\n".join(event_line(f"i-{n}") for n in range(3)))
    cxrelay_command("ingest", "events.jsonl")
    assert cxrelay_command("flush").code == 1


@pytest.mark.usefixtures("delivered")
class TestExplain:
    def test_text(self, cxrelay_command: Callable) -> None:
        done = cxrelay_command("explain", "i-2")
        assert (done.code, done.err) == (0, "")
        assert max(map(len, done.out.splitlines())) <= 100
        words = [line[14:25].strip() for line in done.out.splitlines() if re.match(r" *\+", line)]
        assert words[:5] == ["received", "validated", "mapped", "wait", "attempt"]
        assert words[-2:] == ["attempt", "ended"]
        for text in ("until the retry: TRANSIENT, HTTP 503", "written  attributes.queueName"):
            assert text in done.out

    def test_a_dead_one_and_a_key_that_could_harm_a_terminal(
        self, cxrelay_command: Callable
    ) -> None:
        assert "HTTP 404: no such" in cxrelay_command("explain", "i-1").out
        queue = cxrelay.Queue("cxrelay.db")
        queue.put("k\x1b[2J", "i-1", 1, b"{}", b'{"a":1}')
        queue.close()
        out = cxrelay_command("explain", "k\x1b[2J").out
        assert "\x1b" not in out
        assert r"k\x1b[2J" in out

    def test_json_of_a_key_and_of_an_interaction(self, cxrelay_command: Callable) -> None:
        (story,) = cxrelay_command("explain", "i-2", "--json").json_lines
        assert story["state"] == "completed"
        assert story["waited_us"] + story["attempted_us"] == story["end_to_end_us"]
        assert cxrelay_command("explain", story["idempotency_key"], "--json").json == story
        attempts = [step for step in story["steps"] if step["step"] == "attempt"]
        assert [attempt["outcome"] for attempt in attempts] == ["retry", "completed"]

    def test_a_copied_log_is_enough(self, cxrelay_command: Callable) -> None:
        expected = cxrelay_command("explain", "i-2").out
        archive = Path("archive")
        archive.mkdir()
        Path(LOG).rename(archive / LOG)
        Path("cxrelay.db").unlink()
        assert cxrelay_command("explain", "i-2", "--log", archive / LOG).out == expected

    def test_several_events(self, cxrelay_command: Callable) -> None:
        later = event_line("i-2").replace(b"2024", b"2025")
        assert later != event_line("i-2")
        cxrelay_command("ingest", "-", stdin=later)
        out = cxrelay_command("explain", "i-2").out
        assert out.count("\n\nkey ") == 1
        assert "state        pending since " in out
        assert "so far  in line for the first send" in out

    def test_another_mapping(self, cxrelay_command: Callable) -> None:
        Path("other.json").write_text(json.dumps({"legacy_crm_id": "x"}))
        done = cxrelay_command("explain", "i-2", "--mapping", "other.json")
        assert done.code == 0
        assert "the mapping of this version is not at hand" in done.out
        assert cxrelay_command("explain", "i-2", "--mapping", "none.json").code == 3

    def test_unknown(self, cxrelay_command: Callable) -> None:
        done = cxrelay_command("explain", "i-9")
        assert (done.code, done.out) == (1, "")
        assert done.err == "cxrelay: no update has this key, and no interaction this id\n"
        assert cxrelay_command("explain", "i-2", "--db", "none.db").code == 3
        assert cxrelay_command("explain", "i-2", "--log", "none.log").code == 1

    def test_records_that_do_not_fit(self, cxrelay_command: Callable) -> None:
        """The second start is told as another action, which nobody knows."""
        head, _, tail = Path(LOG).read_text().rpartition('"action":"started"')
        Path(LOG).write_text(f'{head}"action":"unknown"{tail}')
        done = cxrelay_command("explain", "i-2", "--log", LOG)
        assert done.code == 1
        assert "PROBLEM: record " in done.out
