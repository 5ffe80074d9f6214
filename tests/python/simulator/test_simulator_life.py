"""Start, stop, child process, fixture, speed."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from simulator_client import BATCH, AnySimulator, Client, batch_body, item, statuses

from cxrelay import pytest_plugin
from cxrelay.simulator import Simulator, behaviours

Connect = Callable[[AnySimulator], Client]
cxone_simulator = pytest_plugin.cxone_simulator


def open_descriptors() -> set[str]:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("needs /proc")
    return {entry.name for entry in descriptors.iterdir()}


def port_of(sim: AnySimulator) -> int:
    return urlsplit(sim.base_url).port or 0


def refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_attributes(sim: Simulator) -> None:
    assert sim.base_url.startswith("http://127.0.0.1:")
    assert sim.token_url == sim.base_url + "/oauth2/token"
    assert sim.region == "euc1"
    assert sim.client_id
    assert len(sim.client_secret) > 16
    assert sim.base_url in repr(sim)
    with Simulator() as other:
        assert other.client_secret != sim.client_secret
        assert other.base_url != sim.base_url


def test_stop_leaves_nothing_behind() -> None:
    threads = threading.active_count()
    descriptors = open_descriptors()
    with Simulator() as sim:
        port = port_of(sim)
        client = Client(sim)
        client.sign_in()
        slow = Client(sim, client.token)
        sim.script([behaviours.slow(60_000), behaviours.stall()])
        slow.send_batch(item("a"))
        stalled = Client(sim, client.token)
        sim.wait_for_requests(kind="batch")
        stalled.send_batch(item("a"))
        sim.wait_for_requests(kind="batch", ending="stalled")
    with pytest.raises((EOFError, ConnectionResetError)):
        client.receive()
    for each in (client, slow, stalled):
        each.close()
    assert refuses(port)
    assert threading.active_count() == threads
    assert open_descriptors() == descriptors
    assert sim.requests("batch")[0].ending == "abandoned"


def test_start_once() -> None:
    sim = Simulator()
    assert not sim.running
    with pytest.raises(RuntimeError, match="not started"):
        _ = sim.base_url
    sim.stop()
    assert sim.start() is sim
    assert sim.running
    with pytest.raises(RuntimeError, match="once"):
        sim.start()
    sim.stop()
    sim.stop()
    assert not sim.running


def test_taken_port(sim: Simulator) -> None:
    with pytest.raises(OSError, match="in use"):
        Simulator(port=port_of(sim)).start()
    port = port_of(sim)
    sim.stop()
    with Simulator(port=port) as again:
        assert port_of(again) == port


def test_many_connections_at_once(sim: Simulator, connect: Connect) -> None:
    token = connect(sim).token
    clients = [Client(sim, token) for _ in range(100)]
    for number, client in enumerate(clients):
        client.send_batch(item(f"i{number}"))
    for client in clients:
        assert client.receive().status == 200
        client.close()
    assert len(sim.interactions()) == 100


def test_use_from_many_threads(sim: Simulator) -> None:
    def work(name: str) -> None:
        client = Client(sim)
        client.sign_in()
        for number in range(20):
            sim.script(behaviours.status(503))
            client.batch(item(name, x=number))
            sim.ledger()
        client.close()

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sim.requests("batch")) + sim.pending_steps() >= 160
    assert [entry.number for entry in sim.ledger()] == list(range(1, 169))


# --- in a process of its own ---


def test_spawn(connect: Connect) -> None:
    descriptors = open_descriptors()
    with Simulator.spawn(seed=3, max_batch=2, client_secret="canary-secret") as sim:
        assert sim.pid != os.getpid()
        assert sim.client_secret == "canary-secret"
        assert "canary" not in repr(sim)
        assert sim.token_url == sim.base_url + "/oauth2/token"
        client = connect(sim)
        sim.script(iter([behaviours.status(429, retry_after="1")]), match={"a"})
        assert sim.pending_steps() == 1
        assert client.batch(item("a")).status == 429
        assert statuses(client.batch(item("a", x=1), item("b", x=2))) == [200, 200]
        assert sim.interaction("a") == {"x": 1}
        assert sim.interactions() == {"a": {"x": 1}, "b": {"x": 2}}
        assert [write.number for write in sim.history("a")] == [3]
        assert [entry.status for entry in sim.requests("batch")] == [429, 200]
        assert len(sim.wait_for_requests(3)) == len(sim.ledger()) == 3
        sim.chaos(p_503=1.0)
        assert client.batch(item("a")).status == 503
        sim.clear_script()
        sim.expire_tokens()
        assert client.batch(item("a")).status == 401
        with pytest.raises(ValueError, match="times"):
            sim.script(behaviours.status(500), times=0)
        with pytest.raises(TimeoutError):
            sim.wait_for_requests(99, timeout_s=0.01)
        sim.reset()
        assert sim.ledger() == []
        assert sim.running
        client.close()
        port = port_of(sim)
    assert not sim.running
    assert refuses(port)
    assert open_descriptors() == descriptors
    with pytest.raises(RuntimeError, match="does not run"):
        sim.ledger()


def test_spawn_with_wrong_options() -> None:
    with pytest.raises(TypeError, match="colour"):
        Simulator.spawn(colour="red").start()


def test_spawned_child_dies() -> None:
    with Simulator.spawn() as sim:
        os.kill(sim.pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="died"):
            sim.ledger()


def test_spawned_child_dies_with_its_parent() -> None:
    program = (
        "import os, signal\n"
        "from cxrelay.simulator import Simulator\n"
        "sim = Simulator.spawn().start()\n"
        "print(sim.base_url, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, text=True
    ) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline()
        assert parent.wait() == -signal.SIGKILL
        # The child holds the other end of the same pipe: it reads as ended when both are gone.
        ready, _, _ = select.select([parent.stdout], [], [], 10)
        assert ready
        assert parent.stdout.read() == ""
    assert refuses(urlsplit(url.strip()).port or 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_forever(number: signal.Signals) -> None:
    program = (
        "from cxrelay.simulator import Simulator, serve_forever\n"
        "sim = Simulator().start()\n"
        "print(sim.base_url, flush=True)\n"
        "serve_forever(sim)\n"
        "print('running' if sim.running else 'stopped', flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        wait_until_sigterm_is_handled(process.pid)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "stopped\n", "")


def wait_until_sigterm_is_handled(pid: int) -> None:
    """Python handles SIGINT from its start, SIGTERM only when a program asks for it."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("needs /proc")
    deadline = time.monotonic() + 10
    wanted = 1 << (signal.SIGTERM - 1)
    while time.monotonic() < deadline:
        caught = next(x for x in status.read_text().splitlines() if x.startswith("SigCgt"))
        if int(caught.split()[1], 16) & wanted:
            return
    raise TimeoutError("SIGTERM is not handled")


# --- the fixture ---


def test_fixture(cxone_simulator: Simulator, connect: Connect) -> None:
    assert cxone_simulator.running
    assert cxone_simulator.ledger() == []
    assert connect(cxone_simulator).batch(item("a")).status == 200


# --- speed ---


def test_speed(connect: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    """1,000 batches of 25 per second on an idle machine; the bound leaves room for busy ones."""
    attributes = {
        "crmReferenceId": "CRM-45902",
        "originChannel": "VOICE",
        "routingQueue": "PremiumSupport",
        "dispositionCode": "Escalated",
    }
    items = [item(f"a1b2c3d4-e5f6-7890-abcd-{n:012}", f"k-{n}", **attributes) for n in range(25)]
    with Simulator.spawn() as sim:
        client = connect(sim)
        message = client.message("PATCH", BATCH, batch_body(*items))
        batches = 1000
        started = time.perf_counter()
        for _ in range(batches):
            client.send(message)
            assert client.receive().status == 200
        rate = batches / (time.perf_counter() - started)
        assert len(sim.requests("batch")) == batches
        client.close()
    with capsys.disabled():
        print(f"\nsimulator: {rate:,.0f} batches of 25 per second")
    assert rate >= 300
