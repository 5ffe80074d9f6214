"""Every command, with good and failing inputs, leaves no secret and shows nobody's data unasked."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from echo_server import SECRETS_SAID, Asked, Reply, echo, message, results
from place import PAYLOADS_SHOWN, Place, event, unsafe_lines, unsafe_modes

from cxrelay.cli import _parser
from support.canaries import CLIENT_SECRET, EMAIL, PHONE, TOKEN

KEY = "i-1_2024-05-15T10:00:00+00:00"
LOG = "audit_transformations.log"
PERSON = f"{PHONE.text} {EMAIL.text}"
SAID = f"{PHONE.text} {EMAIL.text} {TOKEN.text} {CLIENT_SECRET.text}"
Prepare = Callable[[Place], None]


@dataclass(frozen=True)
class ErrorPath:
    """A command in a situation.

    Attributes:
        command: its words.
        prepare: makes the situation, one step after the other.
        codes: the exit codes that are right.
        shows: what its stdout may have: the canaries that it was asked for.
    """

    command: tuple[str, ...]
    prepare: tuple[Prepare, ...] = ()
    codes: tuple[int, ...] = (0,)
    shows: frozenset[str] = field(default_factory=frozenset)


# ---- situations ----


def stored(place: Place) -> None:
    place.ingest()


def exported(place: Place) -> None:
    place.run("audit", "export", "--segment-bytes", "2000")


def delivered(place: Place) -> None:
    place.run("flush", "--timeout", "20")


def dead(place: Place) -> None:
    place.server.patch = lambda asked: results(asked, 404, SECRETS_SAID)
    delivered(place)


def conflicting(place: Place) -> None:
    """The same interaction and time, with other attributes."""
    other = event("i-1", attributes={"queueName": EMAIL.text, "phone": PHONE.text})
    place.run("ingest", "-", stdin=other + b"\n")


def parked(place: Place) -> None:
    place.settings("[target]\nidempotent = false")
    place.server.patch = lambda asked: echo(500, message(SECRETS_SAID))
    delivered(place)


def poisoned(place: Place) -> None:
    """The batch is refused because of one of its items."""

    def patch(asked: Asked) -> Reply:
        is_poisoned = b"i-1" in asked.body
        return echo(400, message(SECRETS_SAID)) if is_poisoned else results(asked, 200)

    place.server.patch = patch
    delivered(place)


def with_key(place: Place) -> None:
    place.run("audit", "keygen", "--key", "checkpoint.pem")
    place.run("audit", "checkpoint", "--key", "checkpoint.pem", "--output", "checkpoints.jsonl")


def damaged_trail(place: Place) -> None:
    path = place.folder / LOG
    path.write_bytes(path.read_bytes().replace(b'"seq":', b'"sEq":') + PERSON.encode())


def another_file_as_trail(place: Place) -> None:
    place.write(LOG, f'{{"seq": "{PERSON}"}}\n{PERSON}\n')


def corrupted_queue(place: Place) -> None:
    path = place.folder / "cxrelay.db"
    data = bytearray(path.read_bytes())
    data[100:4000] = os.urandom(3900)
    path.write_bytes(data)
    for name in ("cxrelay.db-wal", "cxrelay.db-shm"):
        (place.folder / name).unlink(missing_ok=True)


def no_database(place: Place) -> None:
    place.write("cxrelay.db", PERSON * 100)


def link_as_queue(place: Place) -> None:
    outside = place.folder.parent / "outside.db"
    outside.write_bytes(b"")
    os.symlink(outside, place.folder / "cxrelay.db")


def wrong_key(content: str) -> Prepare:
    def write(place: Place) -> None:
        place.write("checkpoint.pem", content)
        place.write("checkpoint.pem.pub", content)

    return write


def settings(*lines: str) -> Prepare:
    return lambda place: place.settings(*lines)


def raw_settings(text: str) -> Prepare:
    def write(place: Place) -> None:
        place.write("input-relay.toml", text)
        (place.folder / "relay.toml").unlink()

    return write


def variable(name: str, value: str) -> Prepare:
    return lambda place: place.environment.__setitem__(name, value)


def secret_file(content: bytes) -> Prepare:
    def write(place: Place) -> None:
        del place.environment["CXONE_CLIENT_SECRET"]
        place.write("input-secret", content)
        place.settings('[auth]\nclient_secret_file = "input-secret"')

    return write


LOOK = (
    ("queue", "stats"),
    ("queue", "list"),
    ("queue", "check"),
    ("queue", "retry", "--dry-run"),
    ("explain", "i-1"),
)
FROM_LOG = (
    ("explain", "i-1", "--log", LOG),
    ("audit", "verify"),
    ("audit", "export", "--format", "csv", "--log", LOG),
    ("audit", "export", "--format", "ocsf", "--log", LOG),
    ("audit", "checkpoint", "--key", "checkpoint.pem"),
)
BAD_TOML = {
    "no TOML": f"[auth\n{SAID}",
    "a value that is none": f"[auth]\nscope = {CLIENT_SECRET.text}\n",
    "a text that is not closed": f'[auth]\nscope = "{CLIENT_SECRET.text}\n',
    "the secret itself": f'[auth]\nclient_secret = "{CLIENT_SECRET.text}"\n',
    "a table as a value": f'auth = "{CLIENT_SECRET.text}"\n',
    "another type": f'[retry]\nmax_attempts = "{CLIENT_SECRET.text}"\n',
    "a URL with the secret": f'[target]\nbase_url = "https://u:{CLIENT_SECRET.text}@host.example"\n',
    "a region": f'[target]\nregion = "{CLIENT_SECRET.text}"\n',
    "twice": f'[auth]\nscope = "{TOKEN.text}"\nscope = "{TOKEN.text}"\n',
}


def paths() -> Iterator[ErrorPath]:
    """The catalogue."""
    # Everything is well.
    for command in LOOK:
        yield ErrorPath(command, (stored, delivered))
    yield ErrorPath(("queue", "show", KEY), (stored,), shows=PAYLOADS_SHOWN)
    yield ErrorPath(("queue", "retry"), (stored, dead))
    yield ErrorPath(("queue", "backup", "copy.db"), (stored,))
    yield ErrorPath(("flush",), (stored,))
    yield ErrorPath(("ingest", "input-good.jsonl"), (lambda p: _events(p),))
    for words in (("map", "run"), ("privacy", "run")):
        command = (*words, "input-good.jsonl")
        yield ErrorPath(command, (lambda p: _events(p),), shows=PAYLOADS_SHOWN)
    yield ErrorPath(("doctor",), (stored,))
    yield ErrorPath(("doctor", "--offline"), (stored,))
    yield ErrorPath(("audit", "export"), (stored,))
    yield ErrorPath(("audit", "export", "--format", "jsonl"), (stored,), shows=PAYLOADS_SHOWN)
    for chosen in ("csv", "ocsf"):
        export = ("audit", "export", "--format", chosen)
        yield ErrorPath(export, (stored, dead))
        yield ErrorPath((*export, "--payloads"), (stored,), shows=PAYLOADS_SHOWN)
        yield ErrorPath((*export, "--output", "short.txt"), (stored, dead))
        yield ErrorPath((*export, "--payloads", "--output", "extract-x"), (stored,))
    yield ErrorPath(("audit", "keygen", "--key", "checkpoint.pem"))
    for command in FROM_LOG:
        yield ErrorPath(command, (stored, delivered, exported, with_key))
    forget = ("audit", "forget", "--interaction", "i-1", "--yes")
    yield ErrorPath(forget, (stored, exported))
    retain = ("queue", "retain", "--older-than", "1s", "--yes")
    yield ErrorPath(retain, (stored, delivered, exported))
    retain_trail = ("audit", "retain", "--older-than", "1s", "--key", "checkpoint.pem", "--yes")
    yield ErrorPath(retain_trail, (stored, delivered, exported, with_key))
    yield ErrorPath(("demo", "--events", "60", "--keep", "kept"))
    yield ErrorPath(("torture", "--rounds", "1", "--processes", "2", "--seed", "1"))

    # What happens to updates.
    for situation in (conflicting, dead, parked, poisoned):
        for command in (*LOOK, ("queue", "retry"), ("audit", "export", "--format", "ocsf")):
            yield ErrorPath(command, (stored, situation))
    yield ErrorPath(("ingest", "-"), (stored, conflicting))

    # Situations that fail.
    for command in (
        *LOOK,
        forget,
        retain,
        ("flush",),
        ("audit", "export"),
        ("queue", "backup", "copy.db"),
    ):
        yield ErrorPath(command, (corrupted_queue_of_events,), (0, 1))
        yield ErrorPath(command, (no_database,), (1,))
        yield ErrorPath(command, (link_as_queue,), (1,))
        yield ErrorPath(command, (), (0,) if command == ("flush",) else (1, 3))
        yield ErrorPath(command, (variable("CXRELAY_DB", f"no/such/{SAID[:8]}/q.db"),), (1, 3))
    for command in FROM_LOG:
        yield ErrorPath(command, (stored, exported, with_key, damaged_trail), (1,))
        yield ErrorPath(command, (another_file_as_trail, with_key), (1,))
        yield ErrorPath(command, (with_key,), (1,))
    yield ErrorPath(("audit", "export"), (stored, exported, damaged_trail, stored_more), (1,))
    yield ErrorPath(forget, (stored, exported, damaged_trail), (1,))
    yield ErrorPath(retain_trail, (stored, exported, with_key, damaged_trail), (1,))
    yield ErrorPath(retain_trail, (stored, exported, wrong_key(SAID)), (1,))
    yield ErrorPath(retain_trail, (stored, exported), (1,))
    yield ErrorPath(("audit", "export"), (stored, another_file_as_trail), (1,))
    for content in (SAID, "", _pem(SAID), _pem("MC4CAQAwBQYDK2VwBCIEIA==")):
        signing = settings('[audit]\ncheckpoint_key = "checkpoint.pem"')
        place_key = wrong_key(content)
        for command in (("audit", "checkpoint"), ("audit", "export")):
            yield ErrorPath(command, (stored, exported, place_key, signing, stored_more), (1,))
        verify = ("audit", "verify", "--checkpoint", "checkpoints.jsonl", "--public-key")
        yield ErrorPath(
            (*verify, "checkpoint.pem.pub"), (stored, exported, with_key, place_key), (1,)
        )
        yield ErrorPath(("audit", "keygen", "--key", "checkpoint.pem"), (place_key,), (1,))
    for text in BAD_TOML.values():
        for command in (
            ("queue", "stats"),
            ("doctor",),
            ("flush",),
            ("ingest", "-"),
            ("audit", "export"),
        ):
            arguments = (*command, "--config", "input-relay.toml")
            yield ErrorPath(arguments, (raw_settings(text),), (3,))
    for name in (
        "CXONE_BASE_URL",
        "CXONE_TOKEN_URL",
        "CXONE_REGION",
        "CXONE_CLIENT_ID",
        "CXRELAY_DB",
    ):
        for value in (SAID, f"https://u:{CLIENT_SECRET.text}@host.example/", f"\x1b[31m{SAID}\n"):
            if name != "CXRELAY_DB":  # a path is shown to whoever gave it
                yield ErrorPath(("doctor", "--offline"), (variable(name, value),), (0, 3))
                yield ErrorPath(
                    ("flush", "--timeout", "0"), (stored, variable(name, value)), (0, 1, 3, 4)
                )
    for content in (
        b"",
        b"a\nb",
        CLIENT_SECRET.text.encode() + b"\n" + TOKEN.text.encode(),
        b"\xff\xfe" + SAID.encode(),
    ):
        for command in (("doctor",), ("flush", "--timeout", "1")):
            yield ErrorPath(command, (stored, secret_file(content)), (1, 3))
    yield ErrorPath(("flush",), (secret_file(CLIENT_SECRET.text.encode()), stored))
    yield ErrorPath(("doctor",), (secret_file(CLIENT_SECRET.text.encode()), stored))
    yield ErrorPath(("flush",), (stored, variable("CXONE_CLIENT_SECRET", "")), (3,))


def corrupted_queue_of_events(place: Place) -> None:
    stored(place)
    corrupted_queue(place)


def stored_more(place: Place) -> None:
    place.run("ingest", "-", stdin=event("i-more") + b"\n")


def _events(place: Place, count: int = 3) -> None:
    place.write("input-good.jsonl", b"".join(event(f"n-{n}") + b"\n" for n in range(count)))


def _pem(text: str) -> str:
    return f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"


PATHS = list(paths())


@pytest.mark.parametrize(
    ("situation", "counts"),
    [
        (dead, {"dead": 3}),
        (parked, {"parked": 3}),
        (poisoned, {"dead": 1, "completed": 2}),
        (conflicting, {"accepted": 4, "pending": 4}),
        (delivered, {"completed": 3}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_situations_are_what_they_say(
    place: Place, situation: Prepare, counts: dict[str, int]
) -> None:
    stored(place)
    situation(place)
    stats = json.loads(place.run("queue", "stats", as_json=True).out)
    assert {name: stats[name] for name in counts} == counts


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=f"{n} {' '.join(p.command[:3])}") for n, p in enumerate(PATHS)]
)
def test_path(place: Place, path: ErrorPath) -> None:
    for step in path.prepare:
        step(place)
    outputs: list[bytes] = []
    for as_json in (False, True):
        if as_json and path.command[0] in ("demo", "torture"):
            continue
        ran = place.run(*path.command, as_json=as_json, stdin=event() + b"\n")
        assert b"Traceback" not in ran.err, ran.err.decode()
        assert as_json or ran.code in path.codes, (ran.code, ran.err)
        assert unsafe_lines(ran.err) == []
        assert place.leaks(ran.out, shown=path.shows) == {}
        outputs.append(ran.err)
    assert place.leaks(*outputs) == {}
    if (place.folder / "cxrelay.db").is_symlink():
        assert (place.folder.parent / "outside.db").read_bytes() == b"", "nothing through a link"
        (place.folder / "cxrelay.db").unlink()
    assert unsafe_modes(place.folder) == []


@pytest.mark.parametrize(
    "command",
    [
        ("ingest", "input-good.jsonl"),
        ("flush", "--timeout", "1"),
        ("audit", "export"),
        ("queue", "backup", "copy.db"),
        ("audit", "forget", "--interaction", "i-1", "--yes"),
        ("audit", "export", "--format", "csv", "--payloads", "--output", "extract-x"),
        ("demo", "--events", "20", "--keep", "kept"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_no_room(place: Place, command: tuple[str, ...]) -> None:
    """No file may grow, as where a disk is full."""
    place.ingest(30)
    _events(place, 300)
    ran = place.run_alone(*command, fsize=16384)
    assert ran.code in (0, 1), ran.err
    assert b"Traceback" not in ran.err
    assert place.leaks(ran.out, ran.err) == {}
    assert unsafe_modes(place.folder) == []


def test_no_private_key_is_shown(place: Place) -> None:
    stored(place)
    exported(place)
    with_key(place)
    body = (place.folder / "checkpoint.pem").read_bytes().splitlines()[1]
    settings('[audit]\ncheckpoint_key = "checkpoint.pem"')(place)
    for command in (*FROM_LOG, *LOOK, ("audit", "export"), ("audit", "keygen", "--key", "checkpoint.pem"),
                    ("doctor", "--offline")):  # fmt: skip
        ran = place.run(*command)
        assert body not in ran.out + ran.err
        assert body[-20:] not in ran.out + ran.err
    holders = [
        p.name for p in place.folder.rglob("*") if p.is_file() and body[-20:] in p.read_bytes()
    ]
    assert holders == ["checkpoint.pem"]


def test_the_simulator_shows_its_own_secret_and_no_other(place: Place, tmp_path: Path) -> None:
    """``simulate`` prints what a client needs, made for that run; nothing of the environment."""
    import signal
    import subprocess
    import sys

    process = subprocess.Popen(
        [sys.executable, "-m", "cxrelay", "simulate", "--trouble", "--json"],
        cwd=place.folder, env={**os.environ, **place.environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    shown = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert json.loads(shown)["environment"]["CXONE_CLIENT_SECRET"]
    assert place.leaks((shown + out).encode(), err.encode()) == {}


def commands_of(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> set[tuple[str, ...]]:
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not groups:
        return {words}
    return {
        found
        for name, child in groups[0].choices.items()
        for found in commands_of(child, (*words, name))
    }


def test_every_command_is_in_the_catalogue() -> None:
    missing = {
        command
        for command in commands_of(_parser())
        if not any(path.command[: len(command)] == command for path in PATHS)
    }
    assert missing == {("simulate",)}, "simulate has a test of its own"


def test_the_kept_folder_of_a_demo(place: Place) -> None:
    ran = place.run("demo", "--events", "40", "--keep", "kept")
    assert ran.code == 0, ran.err
    assert place.leaks(ran.out, ran.err) == {}
    assert unsafe_modes(place.folder) == []
    assert (place.folder / "kept").stat().st_mode & 0o777 == 0o700
    shutil.rmtree(place.folder / "kept")
