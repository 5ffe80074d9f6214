"""Whatever a target or a token endpoint answers, and repeats: no secret is anywhere afterwards."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from echo_server import (
    HARMFUL,
    SECRETS_SAID,
    TOKEN_REPLY,
    USERINFO_REPLY,
    EchoServer,
    Reply,
    echo,
    message,
    results,
)
from place import Place, unsafe_lines, unsafe_modes

from support.canaries import BASIC, CLIENT_SECRET, EMAIL, PHONE, TOKEN

STATUSES = (
    *(200, 204, 207, 301, 302, 307, 400, 401, 403, 404, 405, 408, 409),
    *(413, 418, 422, 425, 429, 500, 501, 502, 503, 504, 505, 599),
)
SAID = message(SECRETS_SAID, HARMFUL)
BODIES = {
    "message": SAID,
    "cut message": message("x" * 150, TOKEN.text),
    "html": f"<html>{SECRETS_SAID}</html>".encode(),
    "cut JSON": SAID[:-2],
    "results of another shape": message(results=[{"status": SECRETS_SAID, "message": TOKEN.text}]),
    "escaped": SAID.replace(b"/", b"\\/"),
}
LOOKS = (
    ("queue", "stats"),
    ("queue", "list"),
    ("queue", "list", "--json"),
    ("queue", "retry", "--dry-run"),
    ("explain", "i-1"),
    ("explain", "i-1", "--json"),
    ("audit", "export"),
    ("audit", "export", "--format", "csv"),
    ("audit", "export", "--format", "ocsf"),
)
"""Commands that show what was recorded of an answer."""


def assert_clean(place: Place, *commands: tuple[str, ...]) -> None:
    """Runs the commands and then those that show records; looks at everything they leave."""
    outputs = []
    for command in (*commands, *LOOKS):
        ran = place.run(*command)
        assert b"Traceback" not in ran.err, ran.err.decode()
        assert unsafe_lines(ran.err) == []
        outputs += [ran.out, ran.err]
    assert place.leaks(*outputs) == {}
    assert unsafe_modes(place.folder) == []


@pytest.mark.parametrize("status", STATUSES)
def test_the_whole_answer(place: Place, status: int) -> None:
    place.ingest()
    kinds = BODIES.values() if status in (200, 400, 404, 503) else [SAID]
    bodies = iter([*kinds] * 20)
    retry_after = {"Retry-After": f"1{TOKEN.text}"} if status in (429, 503) else {}
    place.server.patch = lambda asked: echo(status, next(bodies, SAID), retry_after)
    assert_clean(place, ("flush", "--timeout", "20"))


@pytest.mark.parametrize("status", [200, 202, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_each_item(place: Place, status: int) -> None:
    place.ingest()
    place.server.patch = lambda asked: results(asked, status, f"{SECRETS_SAID} {HARMFUL}")
    assert_clean(place, ("flush", "--timeout", "20"))


def test_what_a_server_repeats_of_a_person_is_where_policy_has_it(place: Place) -> None:
    place.ingest()
    said = f"no such person: {PHONE.text} {EMAIL.text}"
    place.server.patch = lambda asked: results(asked, 404, said)
    ran = place.run("flush", "--timeout", "20")
    assert place.leaks(ran.out, ran.err) == {}
    shown = place.run("queue", "list")
    assert said.encode() in shown.out, "an operator sees what the target said"
    assert place.leaks(shown.out, shown.err, shown={"phone", "email"}) == {}


TOKEN_ANSWERS = {
    **{f"{status}": echo(status, SAID) for status in (204, 301, 400, 401, 403, 404, 429, 500, 503)},
    "401 with the RFC's members": echo(
        401, message(error="invalid_client", error_description=SECRETS_SAID)
    ),
    "no JSON": echo(200, SECRETS_SAID.encode()),
    "no token": echo(200, message(SECRETS_SAID)),
    "a token with a line break": echo(
        200, message(access_token=f"{TOKEN.text}\r\nX-Evil: 1", token_type="bearer")
    ),
    "another type": echo(200, message(access_token=TOKEN.text, token_type=CLIENT_SECRET.text)),
    "a token too long": echo(200, message(access_token=TOKEN.text * 400)),
    "a list": echo(200, message(access_token=[TOKEN.text])),
}


@pytest.mark.parametrize("answer", TOKEN_ANSWERS.values(), ids=TOKEN_ANSWERS)
@pytest.mark.parametrize("authentication", ["body", "basic"])
def test_the_token_endpoint(place: Place, answer: Reply, authentication: str) -> None:
    place.settings(f'[auth]\nclient_authentication = "{authentication}"')
    place.ingest()
    place.server.token = lambda asked: answer
    assert_clean(place, ("flush", "--timeout", "1"), ("doctor",))


USERINFO_ANSWERS = {
    **{f"{status}": echo(status, SAID) for status in (204, 302, 401, 403, 404, 429, 500)},
    "no JSON": echo(200, SECRETS_SAID.encode()),
    "scopes": echo(200, message(scope=f"interaction:modify {SECRETS_SAID} {HARMFUL}")),
    "a list of scopes": echo(200, message(scope=[TOKEN.text, CLIENT_SECRET.text, BASIC.text])),
    "a scope is missing": echo(200, message(scope=SECRETS_SAID)),
}


@pytest.mark.parametrize("answer", USERINFO_ANSWERS.values(), ids=USERINFO_ANSWERS)
def test_the_userinfo_endpoint(place: Place, answer: Reply) -> None:
    place.ingest()
    place.server.userinfo = lambda asked: answer
    assert_clean(place, ("doctor",), ("flush", "--timeout", "20"))


def test_a_lost_answer_that_is_read_back(place: Place) -> None:
    place.settings("[target]\nread_back = true\nidempotent = false\nread_back_late_ms = 0")
    place.ingest()
    place.server.patch = lambda asked: (
        echo(500, SAID) if asked.method == "PATCH" else echo(418, SAID)
    )
    assert_clean(place, ("flush", "--timeout", "3"))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_answers(place: Place, scheme: str) -> None:
    place.ingest()
    for name in ("CXONE_BASE_URL", "CXONE_TOKEN_URL"):
        place.environment[name] = f"{scheme}://127.0.0.1:1/{name}"
    assert_clean(place, ("flush", "--timeout", "1"), ("doctor",))


def test_tls_to_a_server_without_it(place: Place) -> None:
    place.ingest()
    url = place.server.base_url.replace("http:", "https:")
    place.environment |= {"CXONE_BASE_URL": url, "CXONE_TOKEN_URL": f"{url}/token"}
    assert_clean(place, ("flush", "--timeout", "1"), ("doctor",))


def test_a_certificate_that_nobody_vouches_for(place: Place, tmp_path: Path) -> None:
    key, certificate = tmp_path / "server.key", tmp_path / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate, "-days", "2"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    place.ingest()
    with EchoServer(context) as server:
        place.environment |= {
            "CXONE_BASE_URL": server.base_url,
            "CXONE_TOKEN_URL": f"{server.base_url}/token",
        }
        assert_clean(place, ("flush", "--timeout", "1"), ("doctor",))


def test_all_is_well(place: Place) -> None:
    """The token was asked for and used: the canaries were on the way."""
    place.ingest()
    seen = []

    def token(asked: object) -> Reply:
        seen.append(asked)
        return TOKEN_REPLY

    place.server.token = token
    place.server.userinfo = lambda asked: USERINFO_REPLY
    assert_clean(place, ("flush",), ("doctor",))
    assert seen
