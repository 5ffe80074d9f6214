"""Runs the task: a server without latency, one with 50 ms, and a large backlog."""

import json
import sys
import time
from collections.abc import Sequence

import events
from drain.agreement import check_agreement
from drain.base import DrainContender
from drain.native import Native, NativeExported
from drain.tutorial import Tutorial
from harness.machine import pinned, two_cores
from harness.native import BareServer, bare_server, run_program
from harness.options import Options
from harness.rounds import DisagreementError, Timing
from harness.row import Row, rate_rows
from harness.workspace import empty_directory

BATCH = 25
LATENCY_MS = 50
PER_SECOND = {16: 7500, 64: 30_000}  # updates that 50 ms allow, by requests in flight
RAW = "limit: raw sockets"


def measure(options: Options) -> list[Row]:
    """Rows of all cases."""
    check_agreement(options)
    client, server = two_cores()
    rows = []
    with pinned(client):
        with bare_server(core=server) as found:
            rows += _no_latency(options, found)
        with bare_server(LATENCY_MS, core=server) as found:
            rows += _latency(options, found)
        if options.scale == "full":
            with bare_server(core=server) as found:
                rows += _large_backlog(options, found)
    return rows


def _drain(
    contender: DrainContender,
    backlog: int,
    server: BareServer,
    options: Options,
    timing: Timing,
    count: int | None = None,
) -> None:
    """One timed drain, checked against what the server and the queue have counted.

    Signing in is not timed: it happens once a process, whatever there is to send.
    """
    with empty_directory(options.directory) as directory:
        contender.open(directory, server.url, "benchmark", "benchmark")
        try:
            contender.sign_in()
            source = events.small_events()
            for begin in range(0, backlog, 100_000):
                part = events.take(source, min(100_000, backlog - begin))
                contender.fill(events.updates(part))
            seen = server.items()
            cpu, begin_s = time.process_time(), time.perf_counter()
            contender.drain(count)
            seconds, cpu = time.perf_counter() - begin_s, time.process_time() - cpu
            sent, completed = server.items() - seen, contender.completed()
        finally:
            contender.close()
    expected = backlog if count is None else count
    if not expected == sent == completed:
        raise DisagreementError(
            f"drain: {contender.name} should have sent {expected} updates;"
            f" the server saw {sent}, the queue has {completed} completed"
        )
    timing.add(expected, seconds, cpu)


def _raw(
    server: BareServer, in_flight: int, requests: int, options: Options, timing: Timing
) -> None:
    """The same requests with nothing behind them, as many as a contender has to send."""
    updates = events.updates(events.take(events.small_events(), BATCH))
    items = [
        {
            "method": "PATCH",
            "path": f"/api/v2/interactions/{update.interaction_id}",
            "idempotencyKey": update.key,
            "body": update.payload,
        }
        for update in updates
    ]
    with empty_directory(options.directory) as directory:
        file = directory / "body.json"
        file.write_text(json.dumps({"requests": items}, separators=(",", ":")))
        found = run_program(
            "raw_client",
            port=server.port,
            body=file,
            connections=in_flight,
            requests=requests,
        )
    timing.add(found["requests"] * BATCH, found["seconds"], 0.0)


def _rounds(
    case: str,
    contenders: Sequence[DrainContender],
    server: BareServer,
    in_flight: int,
    raw_requests: int,
    rounds: int,
    options: Options,
) -> list[Row]:
    """The contenders and the limit in turn."""
    timings = {name: Timing() for name in (*(c.name for c in contenders), RAW)}
    for _ in range(rounds):
        for contender in contenders:
            _drain(contender, contender.backlog, server, options, timings[contender.name])
        _raw(server, in_flight, raw_requests, options, timings[RAW])
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    rows = rate_rows("drain", case, timings, RAW)
    rows[-1].cpu_us = None  # another process's
    return rows


def _no_latency(options: Options, server: BareServer) -> list[Row]:
    contenders: list[DrainContender] = [Tutorial(), Native(), NativeExported()]
    if options.scale == "quick":
        contenders[0].backlog = 500
    # More than a contender has: a tenth of a second would say little.
    return _rounds("0 ms", contenders, server, 16, 100_000, options.pick(3, 7, 9), options)


def _latency(options: Options, server: BareServer) -> list[Row]:
    rows = []
    seconds = options.pick(1, 4)
    for in_flight in (16, 64):
        tutorial, native = Tutorial(), Native(in_flight)
        tutorial.backlog = 10 * BATCH * seconds
        native.backlog = PER_SECOND[in_flight] * seconds
        case = f"{LATENCY_MS} ms, {in_flight} in flight"
        rows += _rounds(
            case,
            [tutorial, native],
            server,
            in_flight,
            native.backlog // BATCH,
            options.pick(3, 3, 5),
            options,
        )
    return rows


def _large_backlog(options: Options, server: BareServer) -> list[Row]:
    """A million wait. The tutorial sends the first 500 of them: its rate is that of its dequeue."""
    timings = {Tutorial.name: Timing(), Native.name: Timing()}
    for _ in range(3):
        _drain(Tutorial(), 1_000_000, server, options, timings[Tutorial.name], count=500)
        _drain(Native(), 1_000_000, server, options, timings[Native.name])
    return rate_rows("drain", "0 ms, backlog 1e6", timings)
