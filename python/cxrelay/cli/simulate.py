"""``cxrelay simulate``: a CXone stand-in to try things on."""

from __future__ import annotations

import argparse
import contextlib
from typing import TYPE_CHECKING

from .command import Commands, add_command
from .exit_code import ExitCode
from .output import Output

if TYPE_CHECKING:
    from cxrelay.fault_proxy import FaultSpec, ProxyCounts

# Written out: to make it from the faults themselves, every command would have to load them.
_PROXY_HELP = (
    "break connections on their way: a fault proxy stands before the simulator, and its address is "
    "printed. FAULT is NAME:OPTION=VALUE,... and may be given several times: "
    "latency:request_ms=N,response_ms=N; bandwidth:bytes_per_s=N; slicer:piece_bytes=N,delay_ms=N; "
    "cut-request:after_bytes=N and cut-response:after_bytes=N, both with exchange=N (which request "
    "of a connection) and reset (TCP reset instead of a close); black-hole. Each takes times=N (to "
    "how many connections; default: all), skip=N (connections that pass before) and p=SHARE (of "
    "the connections)"
)


def register(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "simulate",
        run,
        "run a CXone stand-in on this machine until Ctrl-C; prints the variables that lead to it",
        """cxrelay simulate
           cxrelay simulate --port 8080 --trouble
           cxrelay simulate --proxy cut-response:after_bytes=100,p=0.05
           cxrelay simulate --proxy latency:request_ms=20,response_ms=20 --proxy bandwidth:bytes_per_s=50000
           cxrelay simulate --proxy cut-request:after_bytes=0,exchange=2,reset,times=3 --seed 7
           cxrelay simulate --proxy black-hole:skip=4,times=1 --json""",
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port (default: a free one)")
    parser.add_argument("--seed", type=int, default=0, help="for its random troubles (default: 0)")
    parser.add_argument(
        "--latency-ms", type=float, default=0.0, metavar="MS", help="before each answer"
    )
    parser.add_argument(
        "--trouble", action="store_true", help="answer a part with 429, 503 and dropped connections"
    )
    parser.add_argument(
        "--proxy",
        action="append",
        type=_fault,
        default=[],
        metavar="FAULT",
        help=_PROXY_HELP,
    )


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """The secret that is printed is the simulator's own, made for this run."""
    from cxrelay.simulator import Simulator, serve_forever
    from cxrelay.simulator.api import OAUTH_PATH

    # The ledger would keep every body; nobody asks for them here.
    simulator = Simulator(
        port=0 if args.proxy else args.port,
        seed=args.seed,
        latency_ms=args.latency_ms,
        record_bodies=False,
    )
    if args.trouble:
        simulator.chaos(p_429=0.02, p_503=0.03, p_drop_applied=0.01, p_item=0.03)
    with contextlib.ExitStack() as stack:
        stack.callback(simulator.stop)
        base_url = simulator.start().base_url
        proxy = None
        if args.proxy:
            from cxrelay.fault_proxy import FaultProxy

            proxy = stack.enter_context(FaultProxy(base_url, seed=args.seed, port=args.port))
            for spec in args.proxy:
                spec.add_to(proxy)
            base_url = proxy.base_url
        variables = {
            "CXONE_BASE_URL": base_url,
            "CXONE_TOKEN_URL": base_url + OAUTH_PATH,
            "CXONE_CLIENT_ID": simulator.client_id,
            "CXONE_CLIENT_SECRET": simulator.client_secret,
        }
        data = {
            "base_url": base_url,
            "token_url": base_url + OAUTH_PATH,
            "client_id": simulator.client_id,
            "environment": variables,
        }
        lines = [f"export {name}={value}" for name, value in variables.items()]
        text = "\n".join(["# a CXone stand-in runs until Ctrl-C", *lines])
        serve_forever(simulator, ready=lambda: output.result(data, text))
        if proxy is not None:
            _tell(proxy.counts(), output)
    return ExitCode.OK


def _tell(counts: ProxyCounts, output: Output) -> None:
    import dataclasses

    output.result(
        {"proxy": dataclasses.asdict(counts)},
        f"# {counts.connections} connections: {counts.faulty} were given a fault, {counts.cut} were"
        f" cut, {counts.swallowed} swallowed",
    )


def _fault(text: str) -> FaultSpec:
    from cxrelay.fault_proxy import FaultSpec

    try:
        return FaultSpec.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
