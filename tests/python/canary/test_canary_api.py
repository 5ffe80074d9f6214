"""Exceptions, logs and what objects show of themselves, in Python."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import inspect
import json
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from echo_server import EMAIL, PHONE, SECRETS_SAID, EchoServer, Reply, echo, message, results
from place import event
from test_canary_inputs import told

import cxrelay
from cxrelay import errors, tutorial
from cxrelay._core import TokenProvider
from support.canaries import CLIENT_ID, CLIENT_SECRET, SECRETS, TOKEN, Search

PACKAGE = Path(cxrelay.__file__).parent
SAID = message(SECRETS_SAID, PHONE.text, EMAIL.text)


def config_of(folder: Path, base_url: str, **auth: Any) -> cxrelay.RelayConfig:
    return cxrelay.RelayConfig(
        queue=cxrelay.QueueConfig(path=str(folder / "queue.db")),
        audit=cxrelay.AuditConfig(path=str(folder / "audit.log")),
        target=cxrelay.TargetConfig(base_url=base_url, timeout_ms=2000),
        auth=cxrelay.AuthConfig(
            client_id=CLIENT_ID, client_secret=CLIENT_SECRET.text, token_url=f"{base_url}/oauth2/token", **auth
        ),
        retry=cxrelay.RetryConfig(
            base_ms=1, throttled_base_ms=1, max_delay_ms=5, max_attempts=2, max_retry_after_ms=5,
            breaker_wait_ms=1, breaker_max_wait_ms=5,
        ),
    )  # fmt: skip


@pytest.fixture
def config(tmp_path: Path, echo_server: EchoServer) -> cxrelay.RelayConfig:
    return config_of(tmp_path, echo_server.base_url)


@pytest.fixture(autouse=True)
def _search_logs_and_warnings(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> Iterator[None]:
    """Each test here runs with every logger at DEBUG."""
    caplog.set_level(logging.DEBUG)
    before = dict(os.environ)
    yield
    lines = [
        record.getMessage() + str(record.exc_info) + str(vars(record)) for record in caplog.records
    ]
    warnings = [str(warning.message) for warning in recwarn]
    assert Search().in_text("\n".join([caplog.text, *lines, *warnings])) == set()
    assert all("\n" not in record.getMessage() for record in caplog.records)
    changed = {name for name in os.environ if os.environ[name] != before.get(name)}
    assert changed <= {"PYTEST_CURRENT_TEST", "CXONE_TOKEN_URL"}, "nothing is put there by us"


def frames_of(error: BaseException) -> str:
    """What our own frames hold, as debuggers and error collectors show it."""
    shown = []
    at: BaseException | None = error
    while at is not None:
        for frame, _ in traceback.walk_tb(at.__traceback__):
            if Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
                shown += [f"{name} = {value!r}" for name, value in frame.f_locals.items()]
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join(shown)


# ---- exceptions: each typed class is raised here ----

Raise = Callable[[cxrelay.RelayConfig, EchoServer, Path], object]


def _relay(config: cxrelay.RelayConfig, action: Callable[[cxrelay.Relay], object]) -> object:
    with cxrelay.Relay(config) as relay:
        relay.ingest(event())
        return action(relay)


def _refusing(server: EchoServer, status: int) -> None:
    server.token = lambda asked: echo(status, SAID)


def _auth(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    _refusing(server, 401)
    return _relay(config, lambda relay: relay.flush(timeout_s=5))


def _auth_scope(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    server.userinfo = lambda asked: Reply(200, message(scope=SECRETS_SAID))
    return _relay(config, lambda relay: relay.flush(timeout_s=5))


def _auth_in_async(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    _refusing(server, 403)
    return _relay(config, lambda relay: asyncio.run(relay.aflush(timeout_s=5), debug=True))


def _transport(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    _refusing(server, 503)
    return _relay(config, lambda relay: relay.check_scopes())


def _provider(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    _refusing(server, 500)
    return TokenProvider(
        server.base_url + "/token", CLIENT_ID, CLIENT_SECRET.text, SECRETS_SAID
    ).token()


def _tutorial_auth(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    _refusing(server, 400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXONE_TOKEN_URL", server.base_url + "/token")
        return tutorial.CXoneAuthManager(CLIENT_ID, CLIENT_SECRET.text).get_headers()


def _store(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    (folder / "queue.db").write_bytes(f"{PHONE.text} {EMAIL.text}".encode() * 100)
    return cxrelay.Relay(config)


def _store_unsafe(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    (folder / "queue.db").symlink_to(folder / "elsewhere")
    return cxrelay.Relay(config)


def _fenced(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    queue = cxrelay.Queue(str(folder / "q.db"))
    queue.put("k", "i", 1, event(), event())
    claim = queue.claim()
    assert claim is not None
    queue.resign()
    return queue.settle(claim, [("dead", 404, PHONE.text, 0)])


def _closed(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    relay = cxrelay.Relay(config)
    relay.close()
    return relay.ingest(event())


def _audit(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    Path(config.audit.path).write_text(f'{{"seq":"{PHONE.text} {EMAIL.text}"}}\n')
    return _relay(config, lambda relay: relay.export_audit())


def _explain(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    Path(config.audit.path).write_text(f'{{"seq":"{PHONE.text} {EMAIL.text}"}}\n')
    return cxrelay.explain("i-1", config.audit.path)


def _signing(config: cxrelay.RelayConfig, server: EchoServer, folder: Path) -> object:
    (folder / "key.pem").write_text(CLIENT_SECRET.text)
    (folder / "key.pem").chmod(0o600)
    _relay(config, lambda relay: relay.export_audit())
    return cxrelay.sign_checkpoint(config.audit.path, str(folder / "key.pem"))


RAISED: dict[str, tuple[type[errors.Error], Raise]] = {
    "no target": (errors.ConfigError, lambda c, s, d: _relay(
        cxrelay.RelayConfig(queue=c.queue, audit=c.audit, auth=c.auth), lambda relay: relay.flush())),
    "a secret that cannot be had": (errors.ConfigError, lambda c, s, d: _relay(
        dataclasses.replace(c, auth=cxrelay.AuthConfig(client_id="x", client_secret_file=str(d / "no"))),
        lambda relay: relay.flush())),
    "a URL with the secret": (errors.ConfigError, lambda c, s, d: cxrelay.TargetConfig(
        base_url=f"https://u:{CLIENT_SECRET.text}@host.example")),
    "a secret of another type": (errors.ConfigError, lambda c, s, d: cxrelay.AuthConfig(
        client_secret=[CLIENT_SECRET.text])),  # type: ignore[arg-type]
    "a token URL in the clear": (errors.ConfigError, lambda c, s, d: TokenProvider(
        f"http://host.example/?s={CLIENT_SECRET.text}", CLIENT_ID, CLIENT_SECRET.text)),
    "an event": (errors.ValidationError, lambda c, s, d: _relay(
        c, lambda relay: relay.ingest(event(contactId={PHONE.text: EMAIL.text})))),
    "a rule": (errors.MappingError, lambda c, s, d: cxrelay.Mapping.from_rules(
        [{"from": "a", "to": "b", "apply": [CLIENT_SECRET.text]}])),
    "no queue file": (errors.StoreError, _store),
    "a link": (errors.StoreError, _store_unsafe),
    "fenced": (errors.FencedError, _fenced),
    "refused": (errors.AuthError, _auth),
    "refused in async": (errors.AuthError, _auth_in_async),
    "a scope is missing": (errors.AuthError, _auth_scope),
    "refused, as in the tutorial": (errors.AuthError, _tutorial_auth),
    "no token": (errors.TransportError, _transport),
    "no token for a provider": (errors.TransportError, _provider),
    "another file as trail": (errors.AuditError, _audit),
    "another file to explain": (errors.AuditError, _explain),
    "no key": (errors.AuditError, _signing),
    "closed": (errors.ClosedError, _closed),
}  # fmt: skip

REFUSED_VALUES = ("a URL with the secret", "a secret of another type", "a rule", "an event")
"""What is refused is a local of the frame that refuses it; what is accepted as a secret never is."""


@pytest.mark.parametrize("name", RAISED)
def test_exceptions(
    name: str, config: cxrelay.RelayConfig, echo_server: EchoServer, tmp_path: Path
) -> None:
    kind, action = RAISED[name]
    with pytest.raises(kind) as caught:
        action(config, echo_server, tmp_path)
    assert type(caught.value) is kind
    assert Search().in_text(told(caught.value)) == set()
    assert "\n" not in str(caught.value)
    if name not in REFUSED_VALUES:
        assert Search(SECRETS).in_text(frames_of(caught.value)) == set()
    again = pickle.loads(pickle.dumps(caught.value))
    assert Search().in_text(told(again)) == set()
    assert str(again) == str(caught.value)


def test_every_class_is_raised_here() -> None:
    classes = {
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.Error) and value is not errors.Error
    }
    assert {kind for kind, _ in RAISED.values()} == classes


# ---- what objects show ----


def shown(value: Any) -> str:
    """All that one may print of an object, or put into a crash report or a cache."""
    texts = [repr(value), str(value), format(value), repr(getattr(value, "__dict__", ""))]
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        try:
            result = attempt(value)
            texts.append(result.decode("latin-1") if isinstance(result, bytes) else repr(result))
        except (TypeError, errors.Error) as error:
            texts.append(told(error))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        texts.append(
            repr([getattr(value, item.name) for item in dataclasses.fields(value) if item.repr])
        )
        texts.append(
            repr(dataclasses.asdict(value)) if not isinstance(value, cxrelay.RelayConfig) else ""
        )
    return "\n".join(texts)


def test_objects(config: cxrelay.RelayConfig, echo_server: EchoServer, tmp_path: Path) -> None:
    provider = TokenProvider(echo_server.base_url + "/token", CLIENT_ID, CLIENT_SECRET.text)
    assert provider.token() == TOKEN.text
    echo_server.patch = lambda asked: results(asked, 404, SECRETS_SAID)
    with cxrelay.Relay(config) as relay:
        receipt = relay.ingest(event())
        (update,) = relay.queue.list_updates()
        flushed = relay.flush(timeout_s=10)
        assert flushed.dead == 1
        (story,) = relay.explain(receipt.idempotency_key)
        holders = [
            relay, relay.config, relay.config.auth, relay.config.target, relay.queue, relay.stats(),
            relay.mapping, relay.check_scopes(), relay.export_audit(), receipt, update, flushed, story,
            story.as_dict(), *story.steps, provider, relay.queue.check(), relay.queue.stats(),
            relay.queue.list_updates()[0], relay.queue.list_updates()[0].last_error,
            relay.mapping.trace(event()), relay.forget("i-1", "alice"),
            cxrelay.Secret(CLIENT_SECRET.text), cxrelay.Secret(lambda: CLIENT_SECRET.text),
        ]  # fmt: skip
        for holder in holders:
            assert Search().in_text(shown(holder)) == set(), type(holder)
    with closing(cxrelay.Queue(config.queue.path)) as queue:
        queue.put("k", "i-9", 1, event(), event())
        claim = queue.claim()
        assert claim is not None
        for holder in (claim, *claim.updates):
            assert Search().in_text(shown(holder)) == set(), type(holder)


def test_the_tutorials_names(
    echo_server: EchoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its manager has secret and token as attributes, as the tutorial's; it shows them to nobody else."""
    monkeypatch.setenv("CXONE_TOKEN_URL", echo_server.base_url + "/token")
    monkeypatch.chdir(tmp_path)
    manager = tutorial.CXoneAuthManager(CLIENT_ID, CLIENT_SECRET.text)
    assert manager.get_token() == TOKEN.text
    assert Search().in_text(f"{manager!r} {manager} {[manager]}") == set()
    with pytest.raises(TypeError) as caught:
        pickle.dumps(manager)
    assert Search().in_text(told(caught.value)) == set()
    with pytest.raises(ValueError, match="contactId") as refused:
        tutorial.parse_webhook_payload(event(contactId={PHONE.text: EMAIL.text}))
    assert Search().in_text(told(refused.value)) == set()


def test_what_stands_in_for_a_target(tmp_path: Path) -> None:
    """Simulator and fault proxy are given real credentials by careless people."""
    with (
        cxrelay.Simulator(client_id=CLIENT_ID, client_secret=CLIENT_SECRET.text) as simulator,
        cxrelay.FaultProxy(simulator.base_url) as proxy,
    ):
        config = config_of(tmp_path, proxy.base_url, client_authentication="basic")
        with cxrelay.Relay(config) as relay:
            relay.ingest(event())
            relay.flush(timeout_s=10)
        for holder in (
            simulator,
            proxy,
            simulator.ledger(),
            proxy.ledger(),
            simulator.pending_steps(),
        ):
            assert Search(SECRETS).in_text(repr(holder) + str(holder)) == set()
        entries = [dataclasses.asdict(entry) for entry in simulator.ledger()]
        assert entries
        assert Search(SECRETS).in_text(repr(entries) + json.dumps(entries, default=repr)) == set()


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 429, 500, 503])
def test_logs_of_a_delivery(
    config: cxrelay.RelayConfig,
    echo_server: EchoServer,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The fixture searches them; here they only have to be there."""
    answers = iter([echo(status, SAID, {"Retry-After": f"1 {TOKEN.text}"})] * 3)
    echo_server.patch = lambda asked: next(answers, None) or results(asked, 200)
    with cxrelay.Relay(config) as relay:
        relay.ingest_many([event(f"i-{n}") for n in range(5)])
        result = relay.flush(timeout_s=20)
    assert result.requests > 0
    if status in (401, 403, 429, 404):
        assert [record for record in caplog.records if record.name == "cxrelay"]
