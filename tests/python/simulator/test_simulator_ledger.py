"""What the simulator remembers, and what it must not show."""

from __future__ import annotations

import dataclasses
import json
import pickle
import time
from collections.abc import Callable

import pytest
from simulator_client import BATCH, Client, batch_body, item

from cxrelay.simulator import LedgerEntry, Simulator, behaviours

Connect = Callable[[Simulator], Client]


def test_an_entry(sim: Simulator, client: Client) -> None:
    before = time.monotonic()
    sim.script(behaviours.item_status(503, index=1))
    items = (item("a", "key-1", x=1), item("b", y=2))
    body = json.dumps({"requests": items}).encode()
    client.request("PATCH", BATCH + "?v=1", body, "Idempotency-Key: request-1", "X-A: 1", "X-A: 2")
    entry = sim.ledger()[-1]
    assert entry.number == 2
    assert before <= entry.received_at <= time.monotonic()
    assert (entry.kind, entry.method, entry.path) == ("batch", "PATCH", BATCH)
    assert entry.headers["x-a"] == "1, 2"
    assert entry.body == body
    assert entry.items == items
    assert entry.interaction_ids == ("a", "b")
    assert entry.idempotency_keys == ("key-1", None)
    assert entry.request_key == "request-1"
    assert (entry.status, entry.ending) == (200, "answered")
    assert entry.item_statuses == (200, 503)
    assert entry.applied == (True, False)
    assert entry.behaviours == ("item_status(503)",)


def test_key_in_the_headers_of_an_item(sim: Simulator, client: Client) -> None:
    client.batch({**item("a"), "headers": {"idempotency-KEY": "k"}}, {**item("b"), "headers": 1})
    assert sim.requests("batch")[0].idempotency_keys == ("k", None)


def test_single_has_the_key_of_its_request(sim: Simulator, client: Client) -> None:
    client.single("a", {"x": 1}, "Idempotency-Key: k")
    entry = sim.requests("single")[0]
    assert (entry.idempotency_keys, entry.item_statuses, entry.items) == (("k",), (200,), ())


def test_order_and_filter(sim: Simulator, client: Client) -> None:
    client.batch(item("a"))
    client.single("b", {"x": 1})
    client.request("GET", "/nowhere")
    client.request("GET", "/api/v2/oauth2/userinfo")
    assert [e.kind for e in sim.ledger()] == ["token", "batch", "single", "other", "userinfo"]
    assert [e.number for e in sim.ledger()] == [1, 2, 3, 4, 5]
    assert sim.requests() == sim.ledger()
    assert [e.number for e in sim.requests("single")] == [3]


def test_refused_requests_name_their_items(sim: Simulator, client: Client) -> None:
    sim.expire_tokens()
    client.batch(item("a", "k"))
    entry = sim.requests("batch")[0]
    assert (entry.status, entry.interaction_ids, entry.idempotency_keys) == (401, ("a",), ("k",))
    assert entry.item_statuses == ()


def test_entries_cannot_be_changed(sim: Simulator, client: Client) -> None:
    entry = sim.ledger()[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.status = 500  # type: ignore[misc]
    sim.ledger().clear()
    assert len(sim.ledger()) == 1
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert isinstance(entry, LedgerEntry)


def test_no_secret_is_shown(sim: Simulator, client: Client) -> None:
    assert client.token is not None
    client.batch(item("a"))
    secret, token = sim.client_secret, client.token
    client.token = None
    client.request("POST", "/oauth2/token", b"", f"Authorization: Basic {secret}")
    client.request("POST", "/oauth2/token", b"", f"Authorization: {secret}")
    client.token = "forged"
    client.batch(item("a"))
    client.token = None
    form = f"client_secret={secret}&grant_type=client_credentials".encode()
    client.send(client.message("POST", "/oauth2/token", form)[:-1])
    client.close()
    sim.wait_for_requests(ending="incomplete")
    shown = [repr(sim), repr(sim._api.settings)]
    for entry in sim.ledger():
        shown += [repr(entry), repr(dict(entry.headers)), repr(entry.body)]
    text = "\n".join(shown)
    assert secret not in text
    assert secret[:-1] not in text
    assert token not in text
    markers = [e.headers.get("authorization") for e in sim.ledger()]
    assert markers == [
        None,
        "Bearer ... #1",
        "Basic ...",
        "...",
        "Bearer ... (unknown)",
        None,
    ]


def test_token_serials(sim: Simulator, client: Client) -> None:
    client.batch(item("a"))
    client.token = None
    client.sign_in()
    client.batch(item("a"))
    assert [e.headers["authorization"] for e in sim.requests("batch")] == [
        "Bearer ... #1",
        "Bearer ... #2",
    ]


def test_without_bodies(connect: Connect) -> None:
    with Simulator(record_bodies=False) as sim:
        connect(sim).batch(item("a", "k"))
        entry = sim.requests("batch")[0]
        assert (entry.body, entry.items) == (b"", ())
        assert (entry.interaction_ids, entry.idempotency_keys) == (("a",), ("k",))


def test_reset(sim: Simulator, client: Client) -> None:
    client.batch(item("a"))
    sim.script(behaviours.status(500), times=None)
    sim.reset()
    assert (sim.ledger(), sim.interactions(), sim.history("a")) == ([], {}, [])
    assert client.batch(item("b")).status == 200, "tokens stay valid"
    assert [entry.number for entry in sim.ledger()] == [1]


def test_reset_while_an_answer_waits(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.slow(50))
    client.send(client.message("PATCH", BATCH, batch_body(item("a"))))
    sim.wait_for_requests(kind="batch")
    sim.reset()
    assert client.receive().status == 200
    assert sim.ledger() == []


def test_waiting_in_vain(sim: Simulator) -> None:
    with pytest.raises(TimeoutError, match="0 of 2"):
        sim.wait_for_requests(2, timeout_s=0.01)


def test_ledger_can_be_read_after_the_end(connect: Connect) -> None:
    with Simulator() as sim:
        connect(sim).batch(item("a"))
    assert [entry.kind for entry in sim.ledger()] == ["token", "batch"]
    assert sim.interaction("a") is not None
