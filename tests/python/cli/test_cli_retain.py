"""`cxrelay queue retain`: what is old goes, and the command says what holds it up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cxrelay import _core

MANY = 1200


@pytest.fixture(autouse=True)
def past() -> None:
    """A queue file in the working folder: many events that are done, and one that is dead."""
    queue = _core.Queue("cxrelay.db")
    queue.put_many([(f"i{n}_t", f"i{n}", n, b'{"a":1}', b'{"a":1}') for n in range(MANY)])
    while claims := queue.claim_many(4, 100, "example"):
        for claim in claims:
            queue.settle(claim, [("completed", 200, "", 0)] * len(claim.updates))
    queue.put("dead_t", "dead", MANY, b"{}", b'{"a":1}')
    claim = queue.claim(target="example")
    assert claim is not None
    queue.settle(claim, [("dead", 404, "no", 0)])
    queue.close()


def test_only_what_is_exported_and_old(cxrelay_command: Callable) -> None:
    assert cxrelay_command("queue", "retain", "--yes", "--json").json["end"] == "age"
    done = cxrelay_command("queue", "retain", "--older-than", "0s", "--yes", "--json")
    assert (done.code, done.json["erased"], done.json["end"]) == (0, 0, "export_mark")
    records = cxrelay_command("audit", "export", "--json").json["records"]
    told = cxrelay_command("queue", "retain", "--older-than", "0s", "--dry-run", "--json").json
    assert told["erased"] == MANY
    done = cxrelay_command("queue", "retain", "--older-than", "0s", "--yes", "--json")
    assert done.json == told
    assert done.json["erased_until_seq"] == records
    assert done.json["held_up_by_seq"] == done.json["first_seq"] + 1000
    stats = cxrelay_command("queue", "stats", "--json").json
    assert (stats["first_seq"], stats["completed"]) == (done.json["first_seq"], MANY)
    assert cxrelay_command("queue", "check").code == 0
    assert cxrelay_command("audit", "verify").code == 0
    assert cxrelay_command("queue", "show", "i5_t").code == 1
    assert "payload  erased" in cxrelay_command("queue", "show", f"i{MANY - 1}_t").out


def test_it_says_what_holds_it_up(cxrelay_command: Callable) -> None:
    cxrelay_command("audit", "export")
    done = cxrelay_command("queue", "retain", "--older-than", "0s", "--yes")
    assert f"payloads of {MANY:,} events erased" in done.out
    assert "is not done, so no record from shortly before it on is deleted" in done.out
    cxrelay_command("audit", "forget", "--interaction", "dead", "--yes")
    done = cxrelay_command("queue", "retain", "--older-than", "0s", "--yes", "--json")
    assert done.json["held_up_by_seq"] == 0


def test_it_asks(cxrelay_command: Callable) -> None:
    done = cxrelay_command("queue", "retain", "--older-than", "0s")
    assert done.code == 2
    assert "confirm it with --yes" in done.err


def test_records_may_be_kept_for_ever(cxrelay_command: Callable) -> None:
    Path("relay.toml").write_text("[queue]\nretention_days = 0\n")
    done = cxrelay_command("queue", "retain", "--yes")
    assert done.code == 2
    assert "name --older-than" in done.err
