"""HTTP/1.1 as clients really speak it, and as they should not."""

from __future__ import annotations

import http.client
import json
import socket
import struct
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from simulator_client import BATCH, Client, batch_body, item

from cxrelay.simulator import Simulator

Connect = Callable[[Simulator], Client]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_keep_alive(sim: Simulator, client: Client) -> None:
    for number in range(3):
        assert client.single("a", {"x": number + 1}).status == 200
    assert len(sim.requests("single")) == 3


def test_pipelining(sim: Simulator, client: Client) -> None:
    body = b'{"attributes":{"x":1}}'
    client.send(b"".join(client.message("PATCH", f"/api/v2/interactions/{i}", body) for i in "abc"))
    assert [client.receive().json()["id"] for _ in range(3)] == ["a", "b", "c"]


def test_one_byte_at_a_time(client: Client) -> None:
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in client.message("PATCH", BATCH, batch_body(item("a"))):
        client.send(bytes([byte]))
    assert client.receive().status == 200


def test_chunked_request_body(sim: Simulator, client: Client) -> None:
    body = batch_body(item("a", x=1), item("b", x=2))
    client.send(client.head("PATCH", BATCH, "Transfer-Encoding: chunked"))
    client.send(chunk(body[:10])[:7])
    client.send(chunk(body[:10])[7:] + b"5;extension=1\r\n" + body[10:15] + b"\r\n")
    client.send(chunk(body[15:]) + b"0\r\nTrailer: x\r\n\r\n")
    assert client.receive().status == 200
    assert sim.requests("batch")[0].body == body
    assert client.single("a", {"x": 5}).status == 200


def test_expect_100_continue(sim: Simulator, client: Client) -> None:
    body = batch_body(item("a"))
    client.send(client.head("PATCH", BATCH, f"Content-Length: {len(body)}", "Expect: 100-continue"))
    assert client.receive().status == 100
    client.send(body)
    assert client.receive().status == 200


def test_unknown_expectation(client: Client) -> None:
    assert client.request("PATCH", BATCH, b"{}", "Expect: 200-ok").status == 417


def test_connection_close(client: Client) -> None:
    reply = client.request("GET", "/nowhere", b"", "Connection: close")
    assert (reply.status, reply.headers["connection"]) == (404, "close")
    assert client.until_closed() == b""


def test_http_1_0(client: Client) -> None:
    client.send(b"GET /nowhere HTTP/1.0\r\n\r\n")
    assert client.receive().headers["connection"] == "close"
    assert client.until_closed() == b""


def test_head_has_no_body(client: Client) -> None:
    client.send(client.message("HEAD", "/nowhere") + client.message("GET", "/nowhere"))
    head_only, _, rest = client.socket.recv(65536).partition(b"\r\n\r\n")
    assert b"404" in head_only
    while not rest.startswith(b"HTTP/1.1 404"):
        rest += client.socket.recv(65536)


def test_standard_library_client(sim: Simulator, client: Client) -> None:
    where = urlsplit(sim.base_url)
    connection = http.client.HTTPConnection(where.netloc, timeout=10)
    headers = {"Authorization": f"Bearer {client.token}"}
    pieces = iter([batch_body(item("a"))])
    connection.request("PATCH", BATCH, pieces, headers, encode_chunked=True)
    assert json.load(connection.getresponse())["results"][0]["status"] == 200
    connection.close()


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (
            b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
    ],
)
def test_broken_http(sim: Simulator, client: Client, message: bytes, status: int) -> None:
    client.send(message)
    assert client.receive().status == status
    client.close()
    entry = sim.ledger()[-1]
    assert (entry.status, entry.ending) == (status, "answered")


def test_size_limits(connect: Connect) -> None:
    with Simulator(max_head_bytes=1000, max_body_bytes=2000) as sim:
        client = connect(sim)
        assert client.single("a", {"x": "y" * 1900}).status == 200
        assert client.single("a", {"x": "y" * 2000}).status == 413
        client.connect()
        client.send(client.head("PATCH", BATCH, "Transfer-Encoding: chunked") + b"7d1\r\n")
        assert client.receive().status == 413
        client.connect()
        assert client.request("GET", "/", b"", "X: " + "y" * 1000).status == 431
        client.connect()
        client.send(b"x" * 1001)
        assert client.receive().status == 431


def test_a_refusal_survives_what_the_client_still_sends(connect: Connect) -> None:
    """The answer must not be destroyed by a reset while the body is on its way."""
    with Simulator(max_body_bytes=1000) as sim:
        client = connect(sim)
        client.send(client.message("PATCH", BATCH, b"x" * 500_000))
        assert client.receive().status == 413


def test_client_leaves_in_the_body(sim: Simulator, client: Client) -> None:
    client.send(client.message("PATCH", BATCH, batch_body(item("a")))[:-5])
    client.close()
    entry = sim.wait_for_requests(ending="incomplete")[0]
    assert (entry.kind, entry.status) == ("batch", None)
    assert batch_body(item("a")).startswith(entry.body)
    assert sim.interactions() == {}


def test_client_leaves_in_a_chunked_body(sim: Simulator, client: Client) -> None:
    client.send(client.head("PATCH", BATCH, "Transfer-Encoding: chunked") + chunk(b"abc") + b"5\r")
    client.close()
    assert sim.wait_for_requests(ending="incomplete")[0].body == b"abc"


def test_client_leaves_in_the_head(sim: Simulator, client: Client) -> None:
    client.send(b"PATCH /api")
    client.close()
    entry = sim.wait_for_requests(ending="incomplete")[0]
    assert (entry.kind, entry.path) == ("invalid", "")


def test_client_resets(sim: Simulator, client: Client) -> None:
    client.send(client.head("PATCH", BATCH, "Content-Length: 10"))
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    assert sim.wait_for_requests(ending="incomplete", kind="batch")
