"""The search finds a leak in every channel and in every form."""

from __future__ import annotations

import gzip
import json
import logging
import os
import traceback
from pathlib import Path

import pytest
from place import Place, unsafe_lines, unsafe_modes
from test_canary_inputs import told

from support.canaries import (
    BASIC,
    CLIENT_SECRET,
    EMAIL,
    PERSONAL,
    PHONE,
    SECRETS,
    TOKEN,
    Canary,
    Search,
)

FORMS = [
    pytest.param(canary, form, id=f"{canary.name} {form}")
    for canary in (*SECRETS, *PERSONAL)
    for form in canary.forms()
]


@pytest.mark.parametrize(("canary", "form"), FORMS)
def test_every_form_is_found(canary: Canary, form: str) -> None:
    data = b"before " + canary.forms()[form] + b" after"
    assert {hit.split()[0] for hit in Search().in_bytes(data)} >= {canary.name}
    assert {hit.split()[0] for hit in Search().in_bytes(gzip.compress(data))} >= {canary.name}


@pytest.mark.parametrize("canary", [*SECRETS, *PERSONAL], ids=lambda one: one.name)
def test_forms_as_programs_make_them(canary: Canary) -> None:
    import base64
    import urllib.parse

    text = canary.text
    for data in (
        repr(text), repr(text.encode()), json.dumps({"a": [text]}), urllib.parse.urlencode({"a": text}),
        base64.b64encode(f"u:{text}".encode()).decode(), base64.b64encode(f"us:{text}!!".encode()).decode(),
        base64.b64encode(f"usr:{text}?".encode()).decode(), text.encode().hex(" ").replace(" ", ""),
    ):  # fmt: skip
        assert {hit.split()[0] for hit in Search().in_text(data)} >= {canary.name}, data


def test_nothing_is_found_where_nothing_is() -> None:
    assert Search().in_bytes(os.urandom(1 << 20)) == set()
    assert (
        Search().in_text("the token endpoint refuses the credentials (401, invalid_client)")
        == set()
    )


def test_the_channels(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    assert place.leaks(b"", b"") == {}
    assert place.leaks(b"out", TOKEN.text.encode()) == {"text 1": {"token (raw)"}}
    assert place.leaks(PHONE.text.encode(), shown={"phone"}) == {}
    assert place.leaks(TOKEN.text.encode(), shown={"phone"}) != {}

    place.write("queue.db", f"{PHONE.text} {EMAIL.text}")
    assert place.leaks() == {}, "policy keeps it there"
    place.write("queue.db", CLIENT_SECRET.text)
    assert set(place.leaks()) == {"queue.db"}
    place.write("queue.db", "")
    place.write("notes.txt", PHONE.text)
    assert set(place.leaks()) == {"notes.txt"}
    (place.folder / "notes.txt").unlink()
    (place.folder / f"x-{EMAIL.text.replace('/', '')}.txt").touch()
    place.write("x.log.gz", gzip.compress(TOKEN.text.encode()))
    assert set(place.leaks()) == {"x.log.gz"}

    with caplog.at_level(logging.DEBUG):
        logging.getLogger("cxrelay").debug("sent %s", BASIC.text)
    assert Search().in_text(caplog.text)


def test_exceptions() -> None:
    def planted() -> None:
        try:
            raise KeyError(TOKEN.text)
        except KeyError as error:
            raise RuntimeError("something else") from error

    with pytest.raises(RuntimeError) as caught:
        planted()
    assert Search().in_text(told(caught.value))
    hidden = RuntimeError("well")
    hidden.note = CLIENT_SECRET.text  # type: ignore[attr-defined]
    assert not Search().in_text("".join(traceback.format_exception(hidden)))
    assert Search().in_text(told(hidden))


def test_a_leak_of_the_command_itself(place: Place) -> None:
    """A program that logs what it should not, in a process of its own."""
    plant = place.write(
        "input-sitecustomize.py",
        "import os, sys\nprint(os.environ['CXONE_CLIENT_SECRET'], file=sys.stderr)\n",
    )
    folder = place.folder / "site"
    folder.mkdir(mode=0o700)
    os.link(plant, folder / "sitecustomize.py")
    (place.folder / "input-sitecustomize.py").unlink()
    place.environment["PYTHONPATH"] = str(folder)
    ran = place.run_alone("--version")
    assert set(place.leaks(ran.out, ran.err)) == {"text 1"}


def test_modes_and_lines(place: Place, tmp_path: Path) -> None:
    assert unsafe_modes(place.folder) == []
    loose = place.write("loose", "")
    loose.chmod(0o640)
    os.symlink(tmp_path, place.folder / "link")
    assert [name.split()[0] for name in sorted(unsafe_modes(place.folder))] == ["link", "loose"]
    assert unsafe_lines(b"a\tb\nc \xc3\xa9\n") == []
    for bad in ("\x1b[31m", "\r", "\u2028", "\x85", "\u202e", "\x00"):
        assert len(unsafe_lines(f"good\nbad {bad}\n".encode())) == 1
