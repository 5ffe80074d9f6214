"""``cxrelay audit forget``."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_events import event_line


@pytest.fixture(autouse=True)
def _exported(cxrelay_command: Callable) -> None:
    """Three events in the queue, the first two of them exported."""
    for number in range(3):
        Path("events.jsonl").write_bytes(event_line(f"i-{number}"))
        cxrelay_command("ingest", "events.jsonl")
        if number < 2:
            cxrelay_command("audit", "export")


def test_it_erases_and_says_so(cxrelay_command: Callable) -> None:
    done = cxrelay_command(
        *("audit", "forget", "--interaction", "i-1"), *("--operator", "alice", "--yes", "--json")
    )
    assert done.code == 0, done.err
    assert done.json == {
        "interaction_id": "i-1",
        "events": [2],
        "erased": [2],
        "ended": 1,
        "record_seq": 4,
        "log_emptied": True,
        "rewritten": ["audit_transformations.log"],
        "elsewhere": [],
        "unseen": [],
        "complete": True,
    }
    assert cxrelay_command("audit", "verify").code == 0
    assert cxrelay_command("queue", "check").code == 0
    assert cxrelay_command("audit", "export").code == 0
    assert '"detail":{"by":"alice","updates":[2]}' in Path("audit_transformations.log").read_text()
    again = cxrelay_command("audit", "forget", "--interaction", "i-1", "--yes")
    assert again.code == 0
    assert again.out.startswith("1 events: payloads of 0 erased, 0 of them will not be sent")


def test_an_erased_update_is_shown_and_never_comes_back(cxrelay_command: Callable) -> None:
    cxrelay_command("audit", "forget", "--interaction", "i-2", "--yes")
    update = cxrelay_command("queue", "list", "--interaction", "i-2", "--json").json
    assert (update["state"], update["last_error"]) == ("dead", "erased by an operator")
    shown = cxrelay_command("queue", "show", update["idempotency_key"])
    assert shown.out.endswith("payload  erased by an operator\n")
    as_json = cxrelay_command("queue", "show", update["idempotency_key"], "--json").json
    assert (as_json["payload"], as_json["erased"]) == ("", True)
    assert cxrelay_command("queue", "retry", "--dry-run").out == "nothing\n"
    assert cxrelay_command("queue", "retry", "--json").json == {"revived": 0}


def test_it_asks_first(cxrelay_command: Callable) -> None:
    done = cxrelay_command("audit", "forget", "--interaction", "i-1")
    assert done.code == 2
    assert "confirm it with --yes" in done.err
    assert cxrelay_command("queue", "list", "--interaction", "i-1", "--json").json["state"] == (
        "pending"
    )


def test_an_unknown_interaction(cxrelay_command: Callable) -> None:
    done = cxrelay_command("audit", "forget", "--interaction", "nobody", "--yes")
    assert (done.code, done.out) == (1, "")
    assert done.err == "cxrelay: nothing is stored of this interaction\n"


def test_it_names_what_remains(cxrelay_command: Callable) -> None:
    log = Path("audit_transformations.log")
    first, second = log.read_bytes().splitlines(keepends=True)
    packed = Path("audit_transformations.000000000001-000000000001.log.gz")
    packed.write_bytes(gzip.compress(first))
    log.write_bytes(second)
    away = packed.rename("elsewhere.gz")
    done = cxrelay_command("audit", "forget", "--interaction", "i-0", "--yes")
    assert done.code == 1
    assert "remaining: exported and not in the files here: seq 1\n" in done.out
    away.rename(packed)
    done = cxrelay_command("audit", "forget", "--interaction", "i-0", "--yes")
    assert (done.code, "remaining" in done.out) == (0, False)
    assert b"i-0" in gzip.decompress(packed.read_bytes())
    assert gzip.decompress(packed.read_bytes()) != first
