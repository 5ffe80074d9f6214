"""Token, userinfo, single and batch PATCH, idempotency keys."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import pytest
from simulator_client import BATCH, Client, item, statuses

from cxrelay.simulator import Simulator, behaviours

Connect = Callable[[Simulator], Client]


@pytest.fixture
def stranger(sim: Simulator) -> Iterator[Client]:
    """A client that has not signed in."""
    client = Client(sim)
    yield client
    client.close()


def form(sim: Simulator, **changes: str) -> bytes:
    values = {
        "grant_type": "client_credentials",
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
    }
    return urlencode({**values, **changes}).encode()


def test_token_reply(sim: Simulator, stranger: Client) -> None:
    reply = stranger.request("POST", "/oauth2/token", form(sim))
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    content = reply.json()
    assert content["token_type"] == "Bearer"
    assert content["expires_in"] == 300
    assert content["scope"].split() == [
        "interaction:modify",
        "interaction:read",
        "dataactions:read",
    ]


def test_token_with_basic_credentials(sim: Simulator, stranger: Client) -> None:
    pair = f"{quote(sim.client_id)}:{quote(sim.client_secret)}"
    field = f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}"
    body = b"grant_type=client_credentials"
    assert stranger.request("POST", "/oauth2/token", body, field).status == 200
    reply = stranger.request("POST", "/oauth2/token", body, "Authorization: Basic !!!")
    assert (reply.status, reply.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_token_refusals(
    sim: Simulator, stranger: Client, changes: dict[str, str], status: int, error: str
) -> None:
    reply = stranger.request("POST", "/oauth2/token", form(sim, **changes))
    assert (reply.status, reply.json()["error"]) == (status, error)


def test_token_without_expires_in(connect: Connect) -> None:
    with Simulator(expires_in=None) as sim:
        client = connect(sim)
        assert "expires_in" not in client.request("POST", "/oauth2/token", form(sim)).json()
        assert client.single("a", {"x": 1}).status == 200


def test_token_expires(connect: Connect) -> None:
    now = 1000.0
    with Simulator(expires_in=60, clock=lambda: now) as sim:
        client = connect(sim)
        now += 59.9
        assert client.batch(item("a")).status == 200
        now += 0.1
        reply = client.batch(item("a"))
        assert reply.status == 401
        assert reply.headers["www-authenticate"] == "Bearer"
        client.sign_in()
        assert client.batch(item("a")).status == 200


def test_bad_token(sim: Simulator, client: Client) -> None:
    client.token = "made-up"
    assert client.batch(item("a")).status == 401
    client.token = None
    assert client.batch(item("a")).status == 401
    assert client.request("GET", "/api/v2/oauth2/userinfo").status == 401
    assert sim.interactions() == {}


def test_expire_tokens(sim: Simulator, client: Client) -> None:
    sim.expire_tokens()
    assert client.batch(item("a")).status == 401


def test_missing_scope(connect: Connect) -> None:
    with Simulator(scopes=["interaction:read"]) as sim:
        client = connect(sim)
        assert client.request("GET", "/api/v2/oauth2/userinfo").json()["scope"] == (
            "interaction:read"
        )
        reply = client.batch(item("a"))
        assert reply.status == 403
        assert "interaction:modify" in reply.json()["message"]
        assert client.single("a", {"x": 1}).status == 403
        assert sim.interactions() == {}


def test_userinfo_scope_claim(sim: Simulator, client: Client, connect: Connect) -> None:
    content = client.request("GET", "/api/v2/oauth2/userinfo").json()
    assert content["sub"] == sim.client_id
    assert "interaction:modify" in content["scope"].split()
    with Simulator(userinfo_scope=False) as other:
        assert "scope" not in connect(other).request("GET", "/api/v2/oauth2/userinfo").json()


def test_single_merges(sim: Simulator, client: Client) -> None:
    reply = client.single("a1", {"x": 1, "y": 0})
    assert (reply.status, reply.json()["attributes"]) == (200, {"x": 1, "y": 0})
    assert client.single("a1", {"y": False, "z": [1]}).status == 200
    assert sim.interaction("a1") == {"x": 1, "y": False, "z": [1]}
    assert sim.interaction("a2") is None
    assert sim.interactions() == {"a1": {"x": 1, "y": False, "z": [1]}}
    writes = sim.history("a1")
    assert [dict(write.attributes) for write in writes] == [
        {"x": 1, "y": 0},
        {"y": False, "z": [1]},
    ]
    assert [write.number for write in writes] == [e.number for e in sim.requests("single")]


def test_returned_state_is_a_copy(sim: Simulator, client: Client) -> None:
    client.single("a1", {"x": [1]})
    sim.interactions()["a1"]["x"].append(2)
    (sim.interaction("a1") or {})["x"].append(2)
    sim.history("a1")[0].attributes["x"].append(2)
    assert sim.interaction("a1") == {"x": [1]}
    assert sim.history("a1")[0].attributes == {"x": [1]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"attributes": null}',
        b'{"attributes": {}}',
        b'{"attributes": {"a": null}}',
        b'{"attributes": {"a": ""}}',
        b'{"attributes": {"a": NaN}}',
        b"[" * 100_000,
        b'{"attributes": {"a": ' + b"9" * 10_000 + b"}}",
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_bad_body(sim: Simulator, client: Client, body: bytes) -> None:
    assert client.request("PATCH", "/api/v2/interactions/a1", body).status == 400
    assert client.request("PATCH", BATCH, body).status == 400
    wrapped = b'{"requests":[{"method":"PATCH","path":"/api/v2/interactions/a1","body":%b}]}'
    reply = client.request("PATCH", BATCH, wrapped % body)
    assert reply.status == 400 or statuses(reply) == [400]
    assert sim.interactions() == {}


@pytest.mark.parametrize("sent", ["a%20b%2Fc", "%61%20b%2fc"])
def test_percent_encoded_id(sim: Simulator, client: Client, sent: str) -> None:
    assert client.single(sent, {"x": 1}).status == 200
    assert statuses(client.batch(item(sent, y=2))) == [200]
    assert sim.interactions() == {"a b/c": {"x": 1, "y": 2}}


def test_undecodable_id(client: Client) -> None:
    assert client.single("%ff", {"x": 1}).status == 400
    assert statuses(client.batch(item("%ff"))) == [404]


@pytest.mark.parametrize(
    "path", ["/", "/oauth2", "/api/v2/interactions/", "/api/v2/interactions/..", BATCH + "/x"]
)
def test_unknown_route(sim: Simulator, client: Client, path: str) -> None:
    assert client.request("PATCH", path, b"{}").status == 404
    assert sim.ledger()[-1].kind == "other"


def test_read_of_one_interaction(sim: Simulator, client: Client, connect: Connect) -> None:
    path = "/api/v2/interactions/a%20b"
    assert client.request("GET", path).json() == {"id": "a b", "attributes": {}}
    client.batch(item("a b", x=1))
    assert client.request("GET", path).json() == {"id": "a b", "attributes": {"x": 1}}
    assert [entry.kind for entry in sim.ledger()[-3:]] == ["read", "batch", "read"]
    assert sim.requests("read")[0].interaction_ids == ("a b",)
    sim.script(behaviours.status(503), on="read", match="a b")
    assert client.request("GET", path).status == 503
    assert client.request("GET", "/api/v2/interactions/%FF").status == 404
    with Simulator(scopes=("interaction:modify",)) as other:
        assert connect(other).request("GET", path).status == 403


def test_wrong_method(client: Client) -> None:
    reply = client.request("PUT", BATCH, b"{}")
    assert (reply.status, reply.headers["allow"]) == (405, "PATCH")
    assert client.request("GET", "/oauth2/token").headers["allow"] == "POST"


def test_batch_in_order(sim: Simulator, client: Client) -> None:
    reply = client.batch(item("a", x=1), item("b", x=2), item("a", x=3))
    assert reply.json() == {"results": [{"status": 200, "message": "OK"}] * 3}
    assert sim.interactions() == {"a": {"x": 3}, "b": {"x": 2}}


def test_batch_judges_items_one_by_one(sim: Simulator, client: Client) -> None:
    reply = client.batch(
        item("a", x=1),
        item("b", x=None),
        {**item("c"), "method": "DELETE"},
        {**item("d"), "path": "/api/v2/interactions/../users"},
        {**item("e"), "path": 5},
        item("f", x=0),
    )
    assert statuses(reply) == [200, 400, 405, 404, 404, 200]
    assert sim.interactions() == {"a": {"x": 1}, "f": {"x": 0}}


def test_reject_whole_batch(connect: Connect) -> None:
    with Simulator(reject_whole_batch=True) as sim:
        client = connect(sim)
        assert client.batch(item("a"), item("b", x="")).status == 400
        assert sim.interactions() == {}
        assert client.batch(item("a"), item("b")).status == 200


@pytest.mark.parametrize(
    "content", [{}, {"requests": None}, {"requests": []}, {"requests": [1]}, {"requests": {}}]
)
def test_malformed_batch(client: Client, content: object) -> None:
    assert client.request("PATCH", BATCH, json.dumps(content).encode()).status == 400


def test_batch_limit(sim: Simulator, client: Client, connect: Connect) -> None:
    items = [item(f"i{n}") for n in range(26)]
    assert client.batch(*items).status == 413
    assert sim.interactions() == {}
    assert client.batch(*items[:25]).status == 200
    with Simulator(max_batch=1) as small:
        assert connect(small).batch(*items[:2]).status == 413


def test_echo_ids(connect: Connect) -> None:
    with Simulator(echo_ids=True) as sim:
        reply = connect(sim).batch(item("a"), item("b"))
        assert [result["id"] for result in reply.json()["results"]] == ["a", "b"]


def test_deduplicate(connect: Connect) -> None:
    with Simulator(deduplicate=True) as sim:
        client = connect(sim)
        assert statuses(client.batch(item("a", "k1", x=1), item("b", "k2", x=1))) == [200, 200]
        assert statuses(client.batch(item("a", "k1", x=1), item("b", "k3", x=2))) == [200, 200]
        assert statuses(client.batch(item("a", "k1", x=9))) == [422]
        assert len(sim.history("a")) == 1
        assert len(sim.history("b")) == 2
        assert [entry.applied for entry in sim.requests("batch")] == [
            (True, True),
            (False, True),
            (False,),
        ]


def test_deduplicate_by_header(connect: Connect) -> None:
    with Simulator(deduplicate=True) as sim:
        client = connect(sim)
        for _ in range(2):
            assert client.single("a", {"x": 1}, "Idempotency-Key: s1").status == 200
        assert client.single("a", {"x": 2}, "Idempotency-Key: s1").status == 422
        assert len(sim.history("a")) == 1
        body = json.dumps({"requests": [item("b"), item("b")]}).encode()
        for _ in range(2):
            client.request("PATCH", BATCH, body, "Idempotency-Key: b1")
        assert len(sim.history("b")) == 2, "two items of one request are two updates"


def test_keys_are_not_honoured_by_default(sim: Simulator, client: Client) -> None:
    client.batch(item("a", "k1"))
    client.batch(item("a", "k1"))
    assert len(sim.history("a")) == 2
