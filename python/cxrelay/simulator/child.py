"""The other end of ``process``: what runs in the child."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection

from .server import Simulator

_ATTRIBUTES = ("base_url", "token_url", "region", "client_id", "client_secret")


def main(descriptor: int) -> None:
    """Run a simulator and carry out calls until the parent closes the pipe or dies.

    Args:
        descriptor: file descriptor of the pipe to the parent; the first message holds the
            simulator's options.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to decide on
    with Connection(descriptor) as pipe:
        try:
            options = pipe.recv()
            try:
                simulator = Simulator(**options).start()
            except Exception as error:
                pipe.send((False, error))
                return
            try:
                pipe.send((True, {name: getattr(simulator, name) for name in _ATTRIBUTES}))
                while (call := pipe.recv()) is not None:
                    pipe.send(_carry_out(simulator, *call))
            finally:
                simulator.stop()
        except (EOFError, ConnectionError):
            return


def _carry_out(
    simulator: Simulator, name: str, args: tuple[object, ...], options: dict[str, object]
) -> tuple[bool, object]:
    try:
        return True, getattr(simulator, name)(*args, **options)
    except Exception as error:
        return False, error
