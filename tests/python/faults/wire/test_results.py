"""Replies that a server may give to a batch: each item is believed only where it surely is its own.

The first answer is strange, every later one is good: so each test ends with everything delivered,
and with nobody having thrown.
"""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from fault_events import events, interaction
from fault_scene import OpenScene

from cxrelay.simulator import Behaviour, behaviours

BATCH = 5
ALL_UNKNOWN = ["UNKNOWN"] * BATCH
ALL_GOOD = [""] * BATCH
WHOLE_UNKNOWN = "UNKNOWN"
NEVER_WHOLE = "timeout"
GOOD = b'{"results":[%s]}' % b",".join([b'{"status":200}'] * BATCH)
MIB = 1024 * 1024


def answer(body: bytes, **headers: str) -> Behaviour:
    return behaviours.status(200, body=body, headers=headers, applied=True)


def results(*items: object) -> Behaviour:
    return answer(json.dumps({"results": items}).encode())


def bomb(total_bytes: int) -> bytes:
    """A good reply, after so many blanks, compressed to a thousandth."""
    return gzip.compress(b" " * total_bytes + GOOD, 9)


OK = {"status": 200}
NO = {"status": 404}
CASES: dict[str, tuple[Behaviour, list[str] | str]] = {
    # --- number and order ---
    "short": (behaviours.short_results(), ALL_UNKNOWN),
    "none": (behaviours.short_results(BATCH), ALL_UNKNOWN),
    "long": (behaviours.long_results(), ALL_UNKNOWN),
    "short with ids": (
        behaviours.together(behaviours.short_results(), behaviours.echo_ids()),
        ["", "", "", "", "UNKNOWN"],
    ),
    "long with ids": (
        behaviours.together(behaviours.long_results(3), behaviours.echo_ids()),
        ALL_GOOD,
    ),
    "shuffled with ids": (
        behaviours.together(
            behaviours.item_status(404, index=1),
            behaviours.item_status(503, index=3),
            behaviours.echo_ids("interactionId"),
            behaviours.shuffled_results(),
        ),
        ["", "PERMANENT", "", "TRANSIENT", ""],
    ),
    "duplicated with ids": (
        behaviours.together(behaviours.duplicated_results(), behaviours.echo_ids()),
        ["UNKNOWN", "", "", "", "UNKNOWN"],
    ),
    "a foreign id": (
        results({**OK, "id": "someone else"}, *[OK] * (BATCH - 1)),
        ALL_UNKNOWN,  # whose are the others?
    ),
    "ids of some": (
        results(OK, {**NO, "id": interaction(1)}, OK, {**OK, "id": interaction(3)}, OK),
        ["", "PERMANENT", "", "", ""],
    ),
    # --- one bad item ---
    "a null": (behaviours.null_result(2), ["", "", "UNKNOWN", "", ""]),
    "a list": (results(OK, [OK], OK, OK, OK), ["", "UNKNOWN", "", "", ""]),
    "no status": (results(OK, {"message": "ok"}, OK, OK, OK), ["", "UNKNOWN", "", "", ""]),
    "a status as string": (
        behaviours.item_status("200", index=0),
        ["UNKNOWN", "", "", "", ""],
    ),
    "a status that is none": (
        results({"status": 99}, {"status": 600}, {"status": -200}, {"status": 2e2}, OK),
        ["UNKNOWN", "UNKNOWN", "UNKNOWN", "UNKNOWN", ""],
    ),
    "a boolean status": (results({"status": True}, OK, OK, OK, OK), ["UNKNOWN", "", "", "", ""]),
    # --- no results ---
    "all statuses as strings": (behaviours.string_statuses(), ALL_UNKNOWN),
    "results null": (behaviours.null_results(), ALL_UNKNOWN),
    "no results": (behaviours.missing_results(), ALL_UNKNOWN),
    "results an object": (answer(b'{"results":{"0":{"status":200}}}'), ALL_UNKNOWN),
    "null": (answer(b"null"), ALL_UNKNOWN),
    "empty": (answer(b""), ALL_UNKNOWN),
    "a list of results": (answer(GOOD[11:-1]), ALL_UNKNOWN),
    # --- not JSON ---
    "HTML": (behaviours.bad_body(), ALL_UNKNOWN),
    "cut JSON": (answer(GOOD[:-1]), ALL_UNKNOWN),
    "JSON and more": (answer(GOOD + b"x"), ALL_UNKNOWN),
    "NaN": (answer(GOOD[:-1] + b',"x":NaN}'), ALL_UNKNOWN),
    "a repeated key": (answer(GOOD[:-1] + b',"results":[]}'), ALL_UNKNOWN),
    "not UTF-8": (answer(GOOD[:-1] + b',"x":"\xff"}'), ALL_UNKNOWN),
    "a byte order mark": (answer(b"\xef\xbb\xbf" + GOOD), ALL_UNKNOWN),
    "deep": (answer(GOOD[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}"), ALL_UNKNOWN),
    # --- not whole: nothing of it is looked at ---
    "truncated": (behaviours.truncated_body(20), WHOLE_UNKNOWN),
    "truncated by a byte": (behaviours.truncated_body(len(GOOD) - 1), WHOLE_UNKNOWN),
    "too large": (behaviours.huge_body(MIB + 1), WHOLE_UNKNOWN),
    "too large, in chunks": (
        behaviours.together(behaviours.huge_body(8 * MIB), behaviours.chunked(64 * 1024)),
        WHOLE_UNKNOWN,
    ),
    "a gzip bomb": (answer(bomb(16 * MIB), **{"Content-Encoding": "gzip"}), WHOLE_UNKNOWN),
    "no gzip though it says so": (answer(GOOD, **{"Content-Encoding": "gzip"}), WHOLE_UNKNOWN),
    "an unknown coding": (answer(GOOD, **{"Content-Encoding": "rot13"}), WHOLE_UNKNOWN),
    "a longer length": (answer(GOOD, **{"Content-Length": str(len(GOOD) + 1)}), NEVER_WHOLE),
    "two lengths": (answer(GOOD, **{"Content-Length": "0", "content-length": "5"}), WHOLE_UNKNOWN),
    # --- all well ---
    "large": (behaviours.huge_body(MIB - 100), ALL_GOOD),
    "in chunks": (behaviours.chunked(7), ALL_GOOD),
    "gzip": (answer(gzip.compress(GOOD), **{"Content-Encoding": "gzip"}), ALL_GOOD),
    "blanks": (answer(b" \n\t" + GOOD + b"\r\n"), ALL_GOOD),
}


@pytest.mark.parametrize("case", CASES)
def test_a_strange_reply(
    case: str, open_scene: OpenScene, caplog: pytest.LogCaptureFixture
) -> None:
    strange, expected = CASES[case]
    # In one case the connection stays open and the last byte never comes.
    timeout_ms = 400 if expected == NEVER_WHOLE else 30_000
    scene = open_scene(target={"max_updates": BATCH, "timeout_ms": timeout_ms})
    scene.sim.script(strange)
    receipts = scene.relay.ingest_many(events(0, BATCH))
    result = scene.relay.flush(30)
    assert result.reason == "idle"
    first, *later = scene.attempts()
    if expected in (WHOLE_UNKNOWN, NEVER_WHOLE):
        assert (first.wire, first.error_class) == ("UNKNOWN", "UNKNOWN")
        expected = ALL_UNKNOWN
    else:
        assert (first.wire, first.error_class, first.status) == ("ANSWERED", "", 200)
    assert [first.outcomes[receipt.seq][1] for receipt in receipts] == expected
    # What was not surely answered was sent again, and nothing else.
    again = [
        r.seq for r, word in zip(receipts, expected, strict=True) if word not in ("", "PERMANENT")
    ]
    assert [list(attempt.updates) for attempt in later] == ([again] if again else [])
    assert (result.completed, result.dead) == (
        BATCH - expected.count("PERMANENT"),
        expected.count("PERMANENT"),
    )
    assert scene.violations() == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_huge_or_exploding_reply_takes_no_memory(open_scene: OpenScene, tmp_path: Path) -> None:
    scene = open_scene()
    scene.sim.script(
        [
            behaviours.huge_body(32 * MIB),
            behaviours.together(behaviours.huge_body(32 * MIB), behaviours.chunked(MIB)),
            answer(bomb(128 * MIB), **{"Content-Encoding": "gzip"}),
            behaviours.status(500, body=b"x" * (32 * MIB)),
            behaviours.status(200, headers={"X-Long": "x" * (16 * MIB)}),
        ],
        match=interaction(1),
    )
    settings = {
        "base_url": scene.sim.base_url,
        "token_url": scene.sim.token_url,
        "client_id": scene.sim.client_id,
        "client_secret": scene.sim.client_secret,
        "queue": str(tmp_path / "child.db"),
    }
    # In a process of its own: here the simulator holds these bodies.
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("memory_child.py"))],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert scene.sim.pending_steps() == 0
    assert told["classes"] == ["UNKNOWN"] * 5 + [""]
    # Bounded by the largest reply (1 MiB) and what reading it takes, not by what is offered.
    assert told["peak_kib_after"] - told["peak_kib_before"] < 8 * 1024
