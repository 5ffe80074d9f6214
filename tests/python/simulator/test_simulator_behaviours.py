"""Every scripted behaviour, seen from the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest
from simulator_client import BATCH, Client, item, statuses

from cxrelay.simulator import Behaviour, Simulator, behaviours

Connect = Callable[[Simulator], Client]
ABC = (item("a", x=1), item("b", x=2), item("c", x=3))


# --- whole answers ---


@pytest.mark.parametrize("code", [200, 202, 301, 400, 404, 408, 425, 429, 500, 501, 503, 599])
def test_status(sim: Simulator, client: Client, code: int) -> None:
    sim.script(behaviours.status(code))
    assert client.batch(*ABC).status == code
    assert sim.interactions() == {}
    assert client.batch(*ABC).status == 200
    entry = sim.requests("batch")[0]
    assert (entry.status, entry.item_statuses, entry.behaviours) == (code, (), (f"status({code})",))


def test_status_204_has_no_body(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.status(204))
    reply = client.batch(*ABC)
    assert (reply.status, "content-length" in reply.headers) == (204, False)
    assert client.batch(*ABC).status == 200


def test_status_1xx_is_not_final(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.status(102))
    client.send_batch(*ABC)
    assert client.receive().status == 102
    assert client.until_closed() == b""


def test_status_details(sim: Simulator, client: Client) -> None:
    sim.script(
        behaviours.status(302, headers={"Location": "/x", "X-A": "b"}, body="moved", applied=True)
    )
    reply = client.batch(*ABC)
    assert (reply.status, reply.headers["location"], reply.body) == (302, "/x", b"moved")
    assert sim.requests("batch")[0].applied == (True, True, True)
    assert len(sim.interactions()) == 3


@pytest.mark.parametrize(
    "value", [0, 1, "1.5", "-1", "999999999", "soon", "", behaviours.http_date(5)]
)
def test_retry_after_as_it_is(sim: Simulator, client: Client, value: str | int) -> None:
    sim.script(behaviours.status(429, retry_after=value))
    assert client.batch(*ABC).headers["retry-after"] == str(value)


def test_http_date_forms() -> None:
    expected = time.time() + 3600
    for form in ("imf", "rfc850"):
        text = behaviours.http_date(3600, form)
        assert abs(parsedate_to_datetime(text).timestamp() - expected) < 5
    asctime = behaviours.http_date(3600, "asctime")
    assert time.strptime(asctime)[:5] in (
        time.gmtime(expected)[:5],
        time.gmtime(expected + 5)[:5],
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: behaviours.status(99),
        lambda: behaviours.status(600),
        lambda: behaviours.status(429, retry_after="1\r\nX: y"),
        lambda: behaviours.status(429, headers={"X": "\u20ac"}),
        lambda: behaviours.item_status(500, p=1.5),
        lambda: behaviours.rate_limit(0),
        lambda: behaviours.together(behaviours.expired_tokens(), behaviours.slow(1)),
        lambda: behaviours.one_of((0.6, behaviours.slow()), (0.6, behaviours.slow())),
        lambda: behaviours.drop(after="lunch"),  # type: ignore[arg-type]
    ],
)
def test_wrong_arguments(make: Callable[[], Behaviour]) -> None:
    with pytest.raises(
        ValueError, match=r"HTTP status|header field|probabilit|rate|stands|dropped"
    ):
        make()


# --- items ---


def test_item_status_by_index(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.item_status(503, index=[0, -1], message="later"))
    reply = client.batch(*ABC)
    assert statuses(reply) == [503, 200, 503]
    assert reply.json()["results"][0]["message"] == "later"
    assert sim.interactions() == {"b": {"x": 2}}
    assert sim.requests("batch")[0].applied == (False, True, False)


def test_item_status_by_interaction(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.item_status(404), match="b", times=2)
    assert statuses(client.batch(item("a"))) == [200], "not concerned, so it does not count"
    for _ in range(2):
        assert statuses(client.batch(*ABC)) == [200, 404, 200]
    assert statuses(client.batch(*ABC)) == [200, 200, 200]


def test_item_status_beyond_the_batch_waits(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.item_status(503, index=2))
    assert statuses(client.batch(item("a"))) == [200]
    assert sim.pending_steps() == 1
    assert statuses(client.batch(*ABC)) == [200, 200, 503]
    assert sim.pending_steps() == 0


def test_item_status_by_probability(connect: Connect) -> None:
    def failures(seed: int) -> list[int | str]:
        with Simulator(seed=seed) as sim:
            sim.script(behaviours.item_status(503, p=0.3), times=None)
            client = connect(sim)
            return [s for _ in range(20) for s in statuses(client.batch(*ABC, *ABC))]

    first = failures(1)
    assert first == failures(1)
    assert first != failures(2)
    assert 10 < first.count(503) < 60


def test_item_status_variants(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.item_status(429, match={"a"}, members={"retryAfter": 2}, applied=True))
    assert client.batch(*ABC).json()["results"][0] == {
        "status": 429,
        "message": "Too Many Requests",
        "retryAfter": 2,
    }
    assert sim.interaction("a") == {"x": 1}
    sim.script(behaviours.item_status("oops", index=0))
    assert statuses(client.batch(*ABC)) == ["oops", 200, 200]
    sim.script(behaviours.item_status(409), on="single")
    assert client.single("a", {"x": 9}).status == 409
    assert sim.interaction("a") == {"x": 1}


# --- results that do not fit ---


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (behaviours.short_results(), ["a", "b"]),
        (behaviours.short_results(9), []),
        (behaviours.long_results(2), ["a", "b", "c", None, None]),
        (behaviours.duplicated_results(), ["a", "b", "a"]),
        (behaviours.null_result(1), ["a", "null", "c"]),
        (behaviours.null_results(), None),
    ],
)
def test_reshaped_results(
    sim: Simulator, client: Client, behaviour: Behaviour, expected: list[str | None] | None
) -> None:
    sim.script(behaviours.together(behaviours.echo_ids("interactionId"), behaviour))
    results = client.batch(*ABC).json()["results"]
    if results is not None:
        results = ["null" if r is None else r.get("interactionId") for r in results]
    assert results == expected
    assert len(sim.interactions()) == 3
    assert sim.requests("batch")[0].item_statuses == (200, 200, 200)


def test_missing_results(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.missing_results())
    assert client.batch(*ABC).json() == {}


def test_string_statuses(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.string_statuses())
    assert statuses(client.batch(*ABC)) == ["200", "200", "200"]


def test_shuffled_results_never_keep_the_order(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.together(behaviours.echo_ids(), behaviours.shuffled_results()), times=20)
    for _ in range(20):
        ids = [result["id"] for result in client.batch(*ABC).json()["results"]]
        assert sorted(ids) == ["a", "b", "c"]
        assert ids != ["a", "b", "c"]


def test_result_shapes_wait_for_a_batch(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.short_results())
    assert client.single("a", {"x": 1}).status == 200
    assert len(statuses(client.batch(*ABC))) == 2


# --- bodies ---


def test_bad_body(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.bad_body())
    reply = client.batch(*ABC)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html")
    with pytest.raises(json.JSONDecodeError):
        reply.json()
    sim.script(behaviours.bad_body(b""))
    assert client.batch(*ABC).body == b""
    assert len(sim.history("a")) == 2


def test_huge_body(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.huge_body(3_000_000))
    reply = client.batch(*ABC)
    assert len(reply.body) >= 3_000_000
    assert statuses(reply) == [200, 200, 200]


def test_chunked_answer(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.chunked(7))
    reply = client.batch(*ABC)
    assert reply.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in reply.headers
    assert statuses(reply) == [200, 200, 200]
    assert client.batch(*ABC).status == 200


def test_truncated_body(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.truncated_body(5))
    client.send_batch(*ABC)
    head, _, body = client.until_closed().partition(b"\r\n\r\n")
    assert b"200 OK" in head
    assert body == b'{"res'
    assert sim.wait_for_requests(ending="cut")[0].status == 200


# --- connections ---


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("after", ["head", "body", "apply"])
def test_drop(sim: Simulator, client: Client, after: str, reset: bool) -> None:
    sim.script(behaviours.drop(after=after, reset=reset))  # type: ignore[arg-type]
    client.send_batch(*ABC)
    if reset:
        with pytest.raises(ConnectionResetError):
            client.until_closed()
    else:
        assert client.until_closed() == b""
    entry = sim.wait_for_requests(ending="reset" if reset else "dropped")[0]
    assert entry.status is None
    assert bool(entry.body) == (after != "head")
    assert sorted(sim.interactions()) == (["a", "b", "c"] if after == "apply" else [])
    client.connect()
    assert client.batch(*ABC).status == 200


def test_drop_before_the_body_arrives(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.drop(after="head"))
    client.send(client.head("PATCH", BATCH, "Content-Length: 1000"))
    assert client.until_closed() == b""
    assert [entry.ending for entry in sim.requests("batch")] == ["dropped"]


@pytest.mark.parametrize("reset", [False, True])
def test_cut_at_each_byte(sim: Simulator, client: Client, reset: bool) -> None:
    whole = len(client.message("GET", "/"))  # any number beyond the status line will do
    for count in range(0, whole, 7):
        sim.script(behaviours.cut(count, reset=reset))
        client.send_batch(*ABC)
        received = b""
        try:
            while data := client.socket.recv(65536):
                received += data
        except ConnectionResetError:
            assert reset
        assert len(received) == count
        client.connect()
    assert sim.pending_steps() == 0


def test_stall(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.stall(after_bytes=9, applied=False))
    client.send_batch(*ABC)
    assert client.socket.recv(100) == b"HTTP/1.1 "
    sim.wait_for_requests(ending="stalled")
    client.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.socket.recv(100)
    client.close()
    assert sim.interactions() == {}


def test_hang_up(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.hang_up())
    reply = client.batch(*ABC)
    assert (reply.status, "connection" in reply.headers) == (200, False)
    assert client.until_closed() == b""
    assert sim.requests("batch")[0].ending == "answered"


def test_hang_up_announced(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.hang_up(announced=True))
    reply = client.batch(*ABC)
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert client.until_closed() == b""


def test_slow(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.slow(80))
    started = time.monotonic()
    client.send_batch(*ABC)
    assert sim.wait_for_requests(kind="batch")[0].ending == "waiting"
    assert client.receive().status == 200
    assert time.monotonic() - started >= 0.08
    assert sim.wait_for_requests(kind="batch", ending="answered")


def test_slow_in_pieces(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.slow(piece_bytes=50, piece_delay_ms=5))
    started = time.monotonic()
    reply = client.batch(*ABC)
    assert statuses(reply) == [200, 200, 200]
    assert time.monotonic() - started >= 0.005 * (len(reply.body) // 50)


def test_leaving_before_a_slow_answer(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.slow(60_000))
    client.send_batch(*ABC)
    sim.wait_for_requests(kind="batch")
    client.close()
    assert sim.wait_for_requests(ending="abandoned")[0].kind == "batch"


def test_a_slow_answer_holds_back_only_its_connection(
    sim: Simulator, client: Client, connect: Connect
) -> None:
    sim.script(behaviours.slow(200))
    body = b'{"attributes":{"x":1}}'
    other = connect(sim)
    client.send_batch(*ABC)
    client.send(client.message("PATCH", "/api/v2/interactions/z", body))
    sim.wait_for_requests(kind="batch")
    assert other.batch(*ABC).status == 200
    assert sim.interaction("z") is None
    assert client.receive().json()["results"]
    assert client.receive().json()["id"] == "z"


def test_latency_does_not_serialise(connect: Connect) -> None:
    with Simulator(latency_ms=200) as sim:
        clients = [connect(sim) for _ in range(5)]
        started = time.monotonic()
        for client in clients:
            client.send_batch(*ABC)
        for client in clients:
            assert client.receive().status == 200
        assert 0.2 <= time.monotonic() - started < 0.8


# --- tokens and limits ---


def test_expired_tokens(sim: Simulator, client: Client) -> None:
    sim.script([behaviours.expired_tokens(), behaviours.status(503)])
    assert client.batch(*ABC).status == 401
    assert client.batch(*ABC).status == 401, "a refused request takes no step"
    client.sign_in()
    assert [client.batch(*ABC).status for _ in range(2)] == [503, 200]


def test_rate_limit(connect: Connect) -> None:
    now = 0.0
    with Simulator(clock=lambda: now) as sim:
        client = connect(sim)
        sim.script(behaviours.rate_limit(2, burst=2, computed_retry_after=True), times=None)
        assert [client.batch(*ABC).status for _ in range(3)] == [200, 200, 429]
        assert client.batch(*ABC).headers["retry-after"] == "1"
        now = 0.5
        assert [client.batch(*ABC).status for _ in range(2)] == [200, 429]
        now = 60.0
        assert [client.batch(*ABC).status for _ in range(3)] == [200, 200, 429]


def test_rate_limit_retry_after(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.rate_limit(0.001), times=None)
    client.batch(*ABC)
    assert "retry-after" not in client.batch(*ABC).headers
    sim.clear_script()
    sim.script(behaviours.rate_limit(0.001, retry_after="whenever"), times=None)
    client.batch(*ABC)
    assert client.batch(*ABC).headers["retry-after"] == "whenever"


# --- the order of steps ---


def test_steps_wait_in_line(sim: Simulator, client: Client) -> None:
    sim.script([behaviours.status(500), behaviours.status(502)], times=2)
    sim.script(behaviours.status(429))
    assert sim.pending_steps() == 5
    assert [client.batch(*ABC).status for _ in range(6)] == [500, 500, 502, 502, 429, 200]


def test_each_kind_has_its_turn(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.status(501), on="single")
    sim.script(behaviours.status(502), on="batch")
    sim.script(behaviours.status(503), on="userinfo")
    sim.script(behaviours.status(418), on="other")
    assert client.batch(*ABC).status == 502
    assert client.single("a", {"x": 1}).status == 501
    assert client.request("GET", "/api/v2/oauth2/userinfo").status == 503
    assert client.request("GET", "/tea").status == 418
    sim.script(behaviours.status(507), on="any")
    assert client.request("GET", "/tea").status == 507


def test_token_endpoint_in_trouble(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.status(200, body=b"{}"), on="token")
    reply = client.request("POST", "/oauth2/token", b"grant_type=client_credentials")
    assert reply.json() == {}
    sim.script(behaviours.drop(), on="token")
    client.send(client.message("POST", "/oauth2/token"))
    assert client.until_closed() == b""


def test_standing_steps_join_counted_ones(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.echo_ids(), times=None)
    sim.script(behaviours.status(503), match="b", times=None)
    sim.script(behaviours.item_status(404, index=0))
    sim.script(behaviours.status(500))
    reply = client.batch(item("a"), item("c"))
    assert statuses(reply) == [404, 200]
    assert reply.json()["results"][1]["id"] == "c"
    assert sim.requests("batch")[0].behaviours == ("item_status(404)", "echo_ids")
    assert client.batch(*ABC).status == 500, "the counted step wins"
    assert client.batch(*ABC).status == 503
    sim.clear_script()
    assert statuses(client.batch(*ABC)) == [200, 200, 200]


def test_probability_of_a_step(connect: Connect) -> None:
    def run() -> list[int]:
        with Simulator(seed=3) as sim:
            client = connect(sim)
            sim.script(behaviours.status(503), times=None, p=0.5)
            return [client.batch(*ABC).status for _ in range(40)]

    first = run()
    assert first == run()
    assert 5 < first.count(503) < 35


def test_script_arguments(sim: Simulator) -> None:
    for wrong in (
        {"times": 0},
        {"p": 2.0},
        {"on": "nothing"},
    ):
        with pytest.raises(ValueError, match=r"times|probability|kind"):
            sim.script(behaviours.slow(1), **wrong)
    with pytest.raises(ValueError, match="match"):
        sim.script(behaviours.expired_tokens(), match="a")


def test_chaos(connect: Connect) -> None:
    def run(seed: int) -> list[tuple[int | None, str, tuple[int | str, ...]]]:
        with Simulator(seed=seed) as sim:
            sim.chaos(
                p_429=0.1, p_500=0.1, p_503=0.1, p_drop=0.05, p_drop_applied=0.05, p_reset=0.05,
                p_bad_body=0.1, p_slow=0.1, p_item=0.1, retry_after=0, slow_ms=1,
            )  # fmt: skip
            client = connect(sim)
            for _ in range(150):
                try:
                    client.batch(*ABC)
                except (EOFError, ConnectionResetError):
                    client.connect()
            sim.wait_for_requests(150, kind="batch")
            return [(e.status, e.ending, e.item_statuses) for e in sim.requests("batch")]

    first = run(5)
    assert {200, 429, 500, 503, None} == {status for status, _, _ in first}
    assert {"answered", "dropped", "reset"} <= {ending for _, ending, _ in first}
    assert any(503 in items for _, _, items in first)
    assert [(s, i) for s, _, i in run(5)] == [(s, i) for s, _, i in first]


def test_behaviours_are_values() -> None:
    assert behaviours.status(429, retry_after=1) == behaviours.status(429, retry_after="1")
    assert behaviours.slow(5) != behaviours.slow(6)
    assert all(getattr(behaviours, name).__doc__ for name in behaviours.__all__)


def test_the_ledger_names_what_happened(sim: Simulator, client: Client) -> None:
    sim.script(behaviours.together(behaviours.slow(1), behaviours.short_results()))
    sim.script(behaviours.one_of((0.0, behaviours.bad_body()), (1.0, behaviours.hang_up())))
    client.batch(*ABC)
    client.batch(*ABC)
    named = [entry.behaviours for entry in sim.requests("batch")]
    assert named == [("slow", "short_results"), ("hang_up",)]
