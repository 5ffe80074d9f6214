"""``cxrelay simulate``: a CXone stand-in to try things on."""

from __future__ import annotations

import argparse

from .command import Commands, add_command
from .exit_code import ExitCode
from .output import Output


def register(commands: Commands) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "simulate",
        run,
        "run a CXone stand-in on this machine until Ctrl-C; prints the variables that lead to it",
        """cxrelay simulate
           cxrelay simulate --port 8080 --trouble
           cxrelay simulate --json""",
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port (default: a free one)")
    parser.add_argument("--seed", type=int, default=0, help="for its random troubles (default: 0)")
    parser.add_argument(
        "--latency-ms", type=float, default=0.0, metavar="MS", help="before each answer"
    )
    parser.add_argument(
        "--trouble", action="store_true", help="answer a part with 429, 503 and dropped connections"
    )


def run(args: argparse.Namespace, output: Output) -> ExitCode:
    """The secret that is printed is the simulator's own, made for this run."""
    from cxrelay.simulator import Simulator, serve_forever

    # The ledger would keep every body; nobody asks for them here.
    simulator = Simulator(
        port=args.port, seed=args.seed, latency_ms=args.latency_ms, record_bodies=False
    )
    if args.trouble:
        simulator.chaos(p_429=0.02, p_503=0.03, p_drop_applied=0.01, p_item=0.03)
    simulator.start()
    variables = {
        "CXONE_BASE_URL": simulator.base_url,
        "CXONE_TOKEN_URL": simulator.token_url,
        "CXONE_CLIENT_ID": simulator.client_id,
        "CXONE_CLIENT_SECRET": simulator.client_secret,
    }
    data = {
        "base_url": simulator.base_url,
        "token_url": simulator.token_url,
        "client_id": simulator.client_id,
        "environment": variables,
    }
    lines = [f"export {name}={value}" for name, value in variables.items()]
    output.result(data, "\n".join(["# a CXone stand-in runs until Ctrl-C", *lines]))
    serve_forever(simulator)
    return ExitCode.OK
