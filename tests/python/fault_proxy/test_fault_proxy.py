"""Every fault, seen from both ends of the wire and in the ledger."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest
from line_server import LineClient, LineServer

from cxrelay.fault_proxy import Fault, FaultProxy, faults

Connect = Callable[[], LineClient]
LINE = b"hello there"
ANSWER = b"<HELLO THERE>"


def test_without_a_fault_everything_passes(
    server: LineServer, proxy: FaultProxy, connect: Connect
) -> None:
    client = connect()
    big = b"x" * 3_000_000
    assert client.ask(LINE) == ANSWER
    assert client.ask(big) == b"<" + b"X" * 3_000_000 + b">"
    client.close()
    (entry,) = proxy.wait_for_connections(ending="closed")
    sent, answered = len(LINE) + 1 + len(big) + 1, len(ANSWER) + len(big) + 2
    assert (entry.number, entry.faults, entry.exchanges) == (1, (), 2)
    assert (entry.request_bytes, entry.request_bytes_passed) == (sent, sent)
    assert (entry.response_bytes, entry.response_bytes_passed) == (answered, answered)
    assert server.received() == [LINE + b"\n" + big + b"\n"]


def test_a_half_close_passes(server: LineServer, connect: Connect) -> None:
    client = connect()
    client.socket.sendall(LINE + b"\n")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.rest() == (ANSWER, "closed")
    assert server.ending() == "closed"


def test_a_reset_by_a_peer_passes(server: LineServer, proxy: FaultProxy, connect: Connect) -> None:
    client = connect()
    assert client.ask(LINE) == ANSWER
    client.reset()
    assert server.ending() == "reset"
    proxy.wait_for_connections(ending="broken")


@pytest.mark.parametrize("after_bytes", range(len(LINE) + 2))
@pytest.mark.parametrize("reset", [False, True])
def test_cut_request(
    after_bytes: int, reset: bool, server: LineServer, proxy: FaultProxy, connect: Connect
) -> None:
    proxy.script(faults.cut_request(after_bytes, reset=reset))
    client = connect()
    client.socket.sendall(LINE + b"\n")
    # The whole line may be there, but its answer does not pass any more.
    assert client.rest() == (b"", "reset" if reset else "closed")
    client.close()
    assert server.ending() == ("reset" if reset else "closed")
    assert server.received() == [(LINE + b"\n")[:after_bytes]]
    (entry,) = proxy.ledger()
    assert (entry.ending, entry.exchanges) == ("reset" if reset else "cut", 1)
    assert entry.faults == (f"cut_request({after_bytes})",)
    assert (entry.request_bytes, entry.request_bytes_passed) == (len(LINE) + 1, after_bytes)
    assert entry.response_bytes_passed == 0
    assert connect().ask(LINE) == ANSWER


@pytest.mark.parametrize("after_bytes", range(len(ANSWER) + 1))
def test_cut_response(
    after_bytes: int, server: LineServer, proxy: FaultProxy, connect: Connect
) -> None:
    proxy.script(faults.cut_response(after_bytes))
    client = connect()
    client.socket.sendall(LINE + b"\n")
    assert client.rest() == (ANSWER[:after_bytes], "closed")
    assert server.received() == [LINE + b"\n"]
    (entry,) = proxy.ledger()
    assert entry.ending == "cut"
    assert entry.response_bytes_passed == after_bytes


def test_cut_response_with_a_reset(proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(faults.cut_response(5, reset=True))
    client = connect()
    client.socket.sendall(LINE + b"\n")
    received, ending = client.rest()
    assert ending == "reset"
    assert ANSWER[:5].startswith(received)
    assert proxy.ledger()[0].ending == "reset"


def test_a_cut_in_a_later_exchange(server: LineServer, proxy: FaultProxy, connect: Connect) -> None:
    proxy.script([faults.cut_request(4, exchange=3), faults.cut_response(2, exchange=2)])
    first, second = connect(), connect()
    assert [first.ask(b"one"), first.ask(b"two")] == [b"<ONE>", b"<TWO>"]
    first.socket.sendall(b"three\n")
    assert first.rest() == (b"", "closed")
    assert second.ask(b"one") == b"<ONE>"
    second.socket.sendall(b"two\n")
    assert second.rest() == (b"<T", "closed")
    assert server.received() == [b"one\ntwo\nthre", b"one\ntwo\n"]
    assert [entry.exchanges for entry in proxy.ledger()] == [3, 2]


def test_a_cut_that_is_not_reached(proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(faults.cut_response(len(ANSWER) + 1))
    client = connect()
    assert client.ask(LINE) == ANSWER
    client.close()
    (entry,) = proxy.wait_for_connections(ending="closed")
    assert entry.faults == (f"cut_response({len(ANSWER) + 1})",)


def test_black_hole(server: LineServer, proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(faults.black_hole())
    client, other = connect(), connect()
    client.socket.sendall(b"x" * 1_000_000)
    assert other.ask(LINE) == ANSWER
    client.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.socket.recv(1)
    client.close()
    (entry,) = proxy.wait_for_connections(ending="swallowed")
    assert (entry.number, entry.request_bytes, entry.request_bytes_passed) == (1, 1_000_000, 0)
    assert server.received() == [LINE + b"\n"], "the server heard of the other one only"


@pytest.mark.parametrize(("request_ms", "response_ms"), [(80, 0), (0, 80), (50, 50)])
def test_latency(request_ms: int, response_ms: int, proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(faults.latency(request_ms=request_ms, response_ms=response_ms))
    client = connect()
    for _ in range(2):
        begin = time.monotonic()
        assert client.ask(LINE) == ANSWER
        assert time.monotonic() - begin >= (request_ms + response_ms) / 1000


def test_latency_is_no_bandwidth(proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(faults.latency(request_ms=150))
    client = connect()
    begin = time.monotonic()
    client.ask(b"x" * 2_000_000)  # 31 pieces as the proxy reads them: one after another, 4.6 s
    assert 0.15 <= time.monotonic() - begin < 3


def test_bandwidth(proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(faults.bandwidth(100_000))
    begin = time.monotonic()
    connect().ask(b"x" * 10_000)  # there and back
    assert time.monotonic() - begin >= 0.19


def test_slicer(server: LineServer, proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(faults.slicer(2, delay_ms=30))
    client = connect()
    begin = time.monotonic()
    client.socket.sendall(LINE + b"\n")
    assert len(server.wait_for_bytes(1)) < len(LINE), "it does not come in one piece"
    assert client.piece() in ANSWER[:-1], "nor does the answer"
    assert time.monotonic() - begin >= 0.15, "six pieces, five delays"
    client.socket.shutdown(socket.SHUT_WR)
    assert client.rest()[1] == "closed"
    assert server.received() == [LINE + b"\n"]


def test_faults_join(proxy: FaultProxy, connect: Connect) -> None:
    proxy.script(faults.latency(response_ms=60), times=None)
    proxy.script(faults.together(faults.slicer(1), faults.cut_response(3)))
    client = connect()
    begin = time.monotonic()
    client.socket.sendall(LINE + b"\n")
    assert client.rest() == (ANSWER[:3], "closed")
    assert time.monotonic() - begin >= 0.06
    assert proxy.ledger()[0].faults == ("slicer", "cut_response(3)", "latency")


@pytest.mark.parametrize(
    "make",
    [
        lambda: faults.cut_request(-1),
        lambda: faults.cut_response(1, exchange=0),
        lambda: faults.latency(request_ms=-1),
        lambda: faults.latency(response_ms=float("nan")),
        lambda: faults.bandwidth(0),
        lambda: faults.slicer(0),
        lambda: faults.slicer(1, delay_ms=-1),
    ],
)
def test_wrong_arguments(make: Callable[[], Fault]) -> None:
    with pytest.raises(ValueError, match=r"cut|delay|bandwidth|segment"):
        make()
