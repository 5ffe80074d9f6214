"""``cxrelay audit retain``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_events import event_line

LOG = Path("audit_transformations.log")
TOMBSTONES = Path("audit_transformations.log.tombstones")


def segments() -> list[str]:
    """The closed ones by name, the oldest first."""
    return sorted(path.name for path in Path().glob("audit_transformations.*-*.log"))


@pytest.fixture(autouse=True)
def exported(cxrelay_command: Callable) -> None:
    """A trail of several segments, and a key that the settings name."""
    Path("events.jsonl").write_bytes(b"\n".join(event_line(f"i-{n}") for n in range(60)))
    cxrelay_command("ingest", "events.jsonl")
    assert cxrelay_command("audit", "export", "--segment-bytes", "5000").code == 0
    cxrelay_command("audit", "keygen", "--key", "key.pem")
    Path("relay.toml").write_text('[audit]\ncheckpoint_key = "key.pem"\n')
    assert len(segments()) > 3


@pytest.fixture
def everything_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """An age of one second is reached at once: the command's clock is a second ahead of the engine's."""
    now = time.time_ns
    monkeypatch.setattr("cxrelay.cli.retain_trail.time.time_ns", lambda: now() + 1_000_000_000)


@pytest.mark.usefixtures("everything_is_old")
def test_old_segments_are_removed_and_the_rest_verifies(cxrelay_command: Callable) -> None:
    closed = segments()
    done = cxrelay_command("audit", "retain", "--older-than", "1s", "--yes", "--json")
    assert done.code == 0, done.err
    told = done.json
    assert [Path(path).name for path in told["removed"]] == closed
    assert (told["records"], told["dry_run"]) == (told["last_seq"], False)
    assert segments() == []
    tombstone = json.loads(TOMBSTONES.read_text())
    assert (tombstone["firstSeq"], tombstone["seq"]) == (1, told["last_seq"])
    assert tombstone["olderThanUs"] == told["older_than_us"]

    found = cxrelay_command("audit", "verify", "--public-key", "key.pem.pub", "--json")
    assert (found.code, found.json["tombstones_checked"]) == (0, True)
    assert (found.json["tombstones"], found.json["removed_seq"]) == (1, told["last_seq"])
    assert found.json["first_seq"] == told["last_seq"] + 1
    assert (
        "; signatures checked\n"
        in cxrelay_command("audit", "verify", "--public-key", "key.pem.pub").out
    )
    unchecked = cxrelay_command("audit", "verify")
    assert unchecked.code == 0
    assert "SIGNATURES NOT CHECKED" in unchecked.out
    assert cxrelay_command("audit", "verify", "--json").json["tombstones_checked"] is False
    assert cxrelay_command("queue", "check").code == 0


@pytest.mark.usefixtures("everything_is_old")
def test_the_journal_has_one_record_of_it(cxrelay_command: Callable) -> None:
    arguments = ("audit", "retain", "--older-than", "1s", "--yes", "--operator", "alice")
    told = cxrelay_command(*arguments, "--json").json
    assert cxrelay_command(*arguments).out.startswith("no closed segment ends before ")
    assert cxrelay_command("audit", "export").code == 0
    records = [json.loads(line) for line in LOG.read_text().splitlines()]
    (record,) = [record for record in records if record["action"] == "retained"]
    assert record["detail"] == {
        "by": "alice",
        "first_seq": 1,
        "last_seq": told["last_seq"],
        "older_than_us": told["older_than_us"],
    }
    assert cxrelay_command("audit", "verify", "--public-key", "key.pem.pub").code == 0


@pytest.mark.usefixtures("everything_is_old")
def test_it_asks_first_and_a_dry_run_only_says(cxrelay_command: Callable) -> None:
    closed = segments()
    before = cxrelay_command("queue", "stats", "--json").json["journal_records"]
    done = cxrelay_command("audit", "retain", "--older-than", "1s")
    assert done.code == 2
    assert "confirm it with --yes" in done.err
    said = cxrelay_command("audit", "retain", "--older-than", "1s", "--dry-run")
    assert said.code == 0
    assert said.out.splitlines()[-1].startswith(f"would remove {len(closed)} segments with ")
    assert segments() == closed
    assert not TOMBSTONES.exists()
    assert cxrelay_command("queue", "stats", "--json").json["journal_records"] == before


def test_nothing_is_old_enough(cxrelay_command: Callable) -> None:
    closed = segments()
    for age in ("90s", "1m", "1h", "1d", "1w"):
        done = cxrelay_command("audit", "retain", "--older-than", age, "--yes", "--json")
        assert (done.code, done.json["removed"], done.json["last_seq"]) == (0, [], 0)
    assert segments() == closed


def test_how_old_must_be_said(cxrelay_command: Callable) -> None:
    done = cxrelay_command("audit", "retain", "--yes")
    assert done.code == 3
    assert "say how old with --older-than" in done.err
    Path("relay.toml").write_text('[audit]\ncheckpoint_key = "key.pem"\nretention_days = 400\n')
    assert cxrelay_command("audit", "retain", "--yes").code == 0
    Path("relay.toml").write_text("[audit]\nretention_days = -1\n")
    assert cxrelay_command("audit", "retain", "--yes").code == 3


def test_without_a_key_it_says_how_to_make_one(cxrelay_command: Callable) -> None:
    Path("relay.toml").write_text("")
    done = cxrelay_command("audit", "retain", "--older-than", "1d", "--yes")
    assert done.code == 3
    assert "cxrelay audit keygen" in done.err
    named = ("--key", "key.pem")
    assert cxrelay_command("audit", "retain", "--older-than", "1d", "--yes", *named).code == 0


@pytest.mark.usefixtures("everything_is_old")
def test_a_trail_that_does_not_verify_is_left_alone(cxrelay_command: Callable) -> None:
    closed = segments()
    data = Path(closed[1]).read_bytes()
    Path(closed[1]).write_bytes(data.replace(b"i-1", b"j-1", 1))
    done = cxrelay_command("audit", "retain", "--older-than", "1s", "--yes")
    assert done.code == 1
    assert "nothing is removed, because the trail does not verify" in done.err
    assert segments() == closed


@pytest.mark.usefixtures("everything_is_old")
def test_what_else_works_on_a_shortened_trail(cxrelay_command: Callable) -> None:
    cxrelay_command("audit", "retain", "--older-than", "1s", "--yes")
    checkpoint = ("audit", "checkpoint", "--output", "c.jsonl")
    assert cxrelay_command(*checkpoint).code == 0
    checked = ("--checkpoint", "c.jsonl", "--public-key", "key.pem.pub")
    assert cxrelay_command("audit", "verify", *checked).code == 0
    assert cxrelay_command("explain", "i-59", "--log", LOG).code == 0
    removed = cxrelay_command("explain", "i-0", "--log", LOG)
    assert removed.code == 1
    assert cxrelay_command("explain", "i-0").code == 0  # the queue file still has it
    forgotten = cxrelay_command("audit", "forget", "--interaction", "i-0", "--yes", "--json")
    assert (forgotten.code, forgotten.json["elsewhere"]) == (0, [])
