"""A line of output is one line, and acts on no terminal, whatever input and servers hold."""

from __future__ import annotations

import json
import logging

import pytest
from echo_server import HARMFUL, echo, message, results
from place import Place, event, unsafe_lines

import cxrelay
from support.canaries import CLIENT_ID, CLIENT_SECRET

NAME = f"al{HARMFUL}ice".replace("\x00", "")


@pytest.mark.parametrize("status", [400, 404, 429, 503])
def test_what_servers_say(place: Place, status: int) -> None:
    place.ingest(2)
    place.server.patch = lambda asked: results(asked, status, f"no{HARMFUL}yes")
    place.run("flush", "--timeout", "20")
    place.server.patch = lambda asked: echo(status, message(f"no{HARMFUL}yes"))
    place.run("queue", "retry", "--operator", NAME)
    place.run("flush", "--timeout", "20")
    shown = 0
    for command in (
        ("queue", "list"),
        ("queue", "show", "i-1_2024-05-15T10:00:00+00:00"),
        ("explain", "i-1"),
        ("audit", "export", "--format", "csv"),
        ("audit", "export", "--format", "ocsf"),
    ):
        for as_json in (False, True):
            ran = place.run(*command, as_json=as_json)
            assert ran.code == 0, ran.err
            assert unsafe_lines(ran.err) == []
            assert unsafe_lines(ran.out.replace(b"\r\n", b"\n")) == []
            shown += ran.out.count(b"yes")
    assert shown > 3


def test_names_on_the_command_line(place: Place) -> None:
    place.ingest(1)
    for command in (
        ("explain", NAME),
        ("queue", "show", NAME),
        ("queue", "list", "--interaction", NAME),
        ("audit", "forget", "--interaction", NAME, "--yes"),
        ("audit", "forget", "--interaction", NAME),
        ("audit", "verify", NAME),
        ("ingest", NAME),
        ("map", "run", NAME),
        ("flush", "--config", NAME),
        ("queue", "stats", "--db", NAME),
        ("queue", "backup", f"no-folder/{NAME}"),
        ("audit", "export", "--format", "csv", "--output", f"no-folder/{NAME}"),
        ("audit", "export", "--log", NAME, "--format", "csv"),
        ("audit", "keygen", "--key", f"no-folder/{NAME}"),
        ("explain", "i-1", "--log", NAME),
    ):
        ran = place.run(*command)
        assert ran.err.count(b"\n") <= 1 + ran.err.count(b"usage"), ran.err
        assert unsafe_lines(ran.err) == [], command
        assert unsafe_lines(ran.out) == [], command
        assert ran.code in (0, 1, 2, 3), command


def test_operators_in_the_trail(place: Place) -> None:
    place.ingest(2)
    place.server.patch = lambda asked: results(asked, 404)
    place.run("flush", "--timeout", "20")
    place.run("queue", "retry", "--operator", NAME)
    place.run("audit", "forget", "--interaction", "i-1", "--operator", NAME, "--yes")
    place.run("audit", "export")
    lines = (place.folder / "audit_transformations.log").read_bytes().split(b"\n")[:-1]
    assert [json.loads(line)["detail"]["by"] for line in lines if b'"by"' in line] == [NAME, NAME]
    found = place.run("audit", "export", "--format", "csv").out
    assert len(found.decode().splitlines()) == len(lines) + 1
    explained = place.run("explain", "i-0")
    assert unsafe_lines(explained.out) == []
    assert "ice" in explained.out.decode()


def test_file_names_of_input(place: Place) -> None:
    place.write(f"input-{NAME[:8]}".replace("\r\n", "\n"), event(contactId=1) + b"\n{\n")
    (name,) = [path.name for path in place.folder.iterdir() if path.name.startswith("input-")]
    for command in (("ingest", name), ("map", "run", name)):
        ran = place.run(*command)
        assert unsafe_lines(ran.err) == []
        assert len(ran.err.splitlines()) == 2


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_log_records(place: Place, caplog: pytest.LogCaptureFixture, status: int) -> None:
    harmless = HARMFUL.replace("\r\n", " ").replace("\x00", "")
    place.server.patch = lambda asked: echo(status, message(HARMFUL), {"X-H": harmless})
    place.server.token = lambda asked: echo(200 if status == 401 else 400, message(HARMFUL))
    base = place.server.base_url
    config = cxrelay.RelayConfig(
        queue=cxrelay.QueueConfig(path=str(place.folder / "q.db")),
        target=cxrelay.TargetConfig(base_url=base),
        auth=cxrelay.AuthConfig(client_id=CLIENT_ID, client_secret=CLIENT_SECRET.text),
    )
    with caplog.at_level(logging.DEBUG), cxrelay.Relay(config) as relay:
        relay.ingest(event())
        try:
            relay.flush(timeout_s=0.5)
        except cxrelay.Error as error:
            assert unsafe_lines(str(error).encode()) == []  # noqa: PT017
    assert unsafe_lines("\n".join(r.getMessage() for r in caplog.records).encode()) == []
