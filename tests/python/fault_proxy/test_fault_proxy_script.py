"""Which connection meets which fault, and the life of a proxy."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from line_server import LineClient, LineServer

import cxrelay
from cxrelay import pytest_plugin
from cxrelay.fault_proxy import FaultProxy, FaultSpec, faults

cxone_simulator = pytest_plugin.cxone_simulator
cxone_fault_proxy = pytest_plugin.cxone_fault_proxy
Connect = Callable[[], LineClient]
CUT = faults.cut_response(0)


def passes(connect: Connect) -> bool:
    """Whether a new connection gets an answer."""
    client = connect()
    client.socket.sendall(b"x\n")
    try:
        return client.piece() == b"<X>"
    except EOFError:
        return False
    finally:
        client.close()


def pattern(connect: Connect, count: int) -> str:
    """``.`` for a connection that passes, ``X`` for one that does not."""
    return "".join("." if passes(connect) else "X" for _ in range(count))


def test_counted_faults_wait_in_line(proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(CUT, times=2)
    proxy.script(CUT, skip=3)
    assert proxy.pending_steps() == 3
    assert pattern(connect, 7) == "XX...X."
    assert proxy.pending_steps() == 0
    proxy.script([CUT, faults.latency(), CUT], skip=1)
    assert pattern(connect, 5) == ".X.X."


def test_standing_faults_meet_all_until_cleared(proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(CUT, times=None, skip=2)
    assert pattern(connect, 5) == "..XXX"
    proxy.clear_script()
    assert pattern(connect, 2) == ".."


def test_a_share_of_the_connections_is_the_same_for_the_same_seed(server: LineServer) -> None:
    seen = []
    for seed in (1, 1, 2):
        with FaultProxy(server.url, seed=seed) as proxy:
            proxy.script(CUT, times=None, p=0.4)
            seen.append(pattern(lambda p=proxy: LineClient(p.base_url), 40))
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]
    assert 4 <= seen[0].count("X") <= 32


@pytest.mark.parametrize(
    "wrong", [{"times": 0}, {"skip": -1}, {"p": 1.1}, {"p": -0.1}, {"p": float("nan")}]
)
def test_wrong_arguments(wrong: dict[str, float], proxy: FaultProxy) -> None:
    with pytest.raises(ValueError, match=r"times|skip|probability"):
        proxy.script(CUT, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("reset", [False, True])
def test_sever_ends_idle_connections(
    reset: bool, server: LineServer, proxy: FaultProxy, connect: Connect
) -> None:
    proxy.script(faults.black_hole(), skip=2)
    clients = [connect() for _ in range(3)]
    for client in clients[:2]:
        assert client.ask(b"x") == b"<X>"
    proxy.wait_for_connections(3)
    assert proxy.sever(reset=reset) == 3
    ending = "reset" if reset else "closed"
    assert [client.rest() for client in clients] == [(b"", ending)] * 3
    assert [server.ending(0), server.ending(1)] == [ending] * 2
    assert [entry.ending for entry in proxy.ledger()] == ["reset" if reset else "cut"] * 3
    assert connect().ask(b"x") == b"<X>"


def test_counts(proxy: FaultProxy, connect: Connect) -> None:
    proxy.script([CUT, faults.cut_request(1, reset=True), faults.latency()])
    for _ in range(4):
        client = connect()
        client.socket.sendall(b"abc\n")
        with contextlib.suppress(OSError):  # the second is reset, maybe before this
            client.socket.shutdown(socket.SHUT_WR)
        client.rest()
    counts = proxy.counts()
    assert (counts.connections, counts.faulty, counts.cut) == (4, 3, 2)
    assert (counts.swallowed, counts.unreachable) == (0, 0)
    assert counts.request_bytes == 16


def test_an_unreachable_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with FaultProxy(f"http://127.0.0.1:{port}") as proxy:
        client = LineClient(proxy.base_url)
        client.rest()
        client.close()
        (entry,) = proxy.wait_for_connections(ending="unreachable")
        assert entry.response_bytes == 0


def test_sever_does_not_wait_for_a_server_that_does_not_accept() -> None:
    with socket.socket() as busy, contextlib.ExitStack() as stack:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)  # and nobody accepts: the system takes one connection, and drops the next
        address = busy.getsockname()
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        proxy = stack.enter_context(FaultProxy(f"http://127.0.0.1:{address[1]}"))
        client = LineClient(proxy.base_url)
        proxy.wait_for_connections(1)
        assert proxy.sever() == 1
        assert client.rest() == (b"", "closed")
        client.close()
        assert proxy.ledger()[0].ending == "cut"


def test_it_keeps_the_path_of_its_target(server: LineServer) -> None:
    with FaultProxy(server.url + "/some/base") as proxy:
        assert urlsplit(proxy.base_url).path == "/some/base"
        assert urlsplit(proxy.base_url).port != urlsplit(server.url).port
        assert server.url in repr(proxy)


@pytest.mark.parametrize("target", ["", "127.0.0.1:80", "ftp://host", "http://"])
def test_a_target_that_is_no_url(target: str) -> None:
    with pytest.raises(ValueError, match="http or https URL"):
        FaultProxy(target)


def test_stop_leaves_nothing_behind(server: LineServer) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    with FaultProxy(server.url) as proxy:
        proxy.script([faults.black_hole(), faults.latency(request_ms=60_000)])
        clients = [LineClient(proxy.base_url) for _ in range(3)]
        for client in clients:
            client.socket.sendall(b"x\n")
        proxy.wait_for_connections(3)
        assert clients[2].piece() == b"<X>"
    for client in clients:
        assert client.rest()[0] == b""
        client.close()
    with pytest.raises(ConnectionRefusedError):
        LineClient(proxy.base_url)
    server.ending(0)
    server.ending(1)
    assert not proxy.running
    assert "cxrelay-fault-proxy" not in {thread.name for thread in threading.enumerate()}
    assert [entry.ending for entry in proxy.ledger()] == ["stopped"] * 3
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_start_once(server: LineServer) -> None:
    proxy = FaultProxy(server.url)
    for call in (lambda: proxy.base_url, proxy.sever):
        with pytest.raises(RuntimeError):
            call()
    proxy.stop()
    proxy.start()
    with pytest.raises(RuntimeError, match="once"):
        proxy.start()
    proxy.stop()
    proxy.stop()
    with pytest.raises(RuntimeError, match="once"):
        proxy.start()


def test_waiting_has_an_end(proxy: FaultProxy) -> None:
    with pytest.raises(TimeoutError, match="0 of 2 connections"):
        proxy.wait_for_connections(2, timeout_s=0.01)


def test_it_is_exported() -> None:
    assert cxrelay.FaultProxy is FaultProxy


def test_the_fixture(cxone_fault_proxy: FaultProxy, cxone_simulator: cxrelay.Simulator) -> None:
    client = LineClient(cxone_fault_proxy.base_url)
    client.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert client.rest()[0].startswith(b"HTTP/1.1 404")
    client.close()
    assert len(cxone_simulator.requests("other")) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("black-hole", FaultSpec(faults.black_hole())),
        ("bandwidth:bytes_per_s=2.5", FaultSpec(faults.bandwidth(2.5))),
        ("slicer:piece_bytes=3,delay_ms=1", FaultSpec(faults.slicer(3, delay_ms=1))),
        (
            "latency:request_ms=5,response_ms=6,p=0.5",
            FaultSpec(faults.latency(request_ms=5, response_ms=6), p=0.5),
        ),
        (
            "cut-request:after_bytes=7,exchange=2,reset,times=3,skip=4",
            FaultSpec(faults.cut_request(7, exchange=2, reset=True), times=3, skip=4),
        ),
        ("cut-response:after_bytes=0,times=always", FaultSpec(faults.cut_response(0))),
    ],
)
def test_a_fault_as_text(text: str, expected: FaultSpec) -> None:
    assert FaultSpec.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["unknown fault ''", "black-hole"]),
        ("cut", ["unknown fault 'cut'", "cut-request"]),
        ("cut-request", ["needs after_bytes=N"]),
        ("bandwidth:times=1", ["needs bytes_per_s=N"]),
        ("cut-request:after=1", ["no option 'after'", "after_bytes"]),
        ("cut-request:after_bytes=x", ["after_bytes cannot be 'x'"]),
        ("cut-request:after_bytes=1,reset=2", ["reset cannot be '2'"]),
        ("bandwidth:bytes_per_s=0", ["more than 0"]),
        ("black-hole:p=2", ["a probability is 0 to 1"]),
        ("black-hole:times=0", ["times is at least 1"]),
    ],
)
def test_a_wrong_text_is_explained(text: str, parts: list[str]) -> None:
    with pytest.raises(ValueError, match=re.escape(parts[0])) as caught:
        FaultSpec.parse(text)
    assert all(part in str(caught.value) for part in parts)
