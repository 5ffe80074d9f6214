"""A service as users write it: delivers in the background until SIGTERM, and does what its standard input says.

Its first line holds the settings. Each further line is a list: a word and its arguments. It answers with one line each.
"""

from __future__ import annotations

import ctypes
import json
import logging
import signal
import sys
from typing import Any

from cxrelay import (
    AuditConfig,
    AuthConfig,
    QueueConfig,
    Relay,
    RelayConfig,
    RetryConfig,
    TargetConfig,
)


class Terminated(Exception):
    """SIGTERM came."""


def on_sigterm(*_: object) -> None:
    """Ends the wait for the next line; a second SIGTERM must not end the ending."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def config(settings: dict[str, Any]) -> RelayConfig:
    return RelayConfig(
        queue=QueueConfig(path=settings["queue"]),
        audit=AuditConfig(path=""),
        target=TargetConfig(base_url=settings["base_url"], **settings["target"]),
        auth=AuthConfig(
            client_id=settings["client_id"],
            client_secret=settings["client_secret"],
            token_url=settings["token_url"],
        ),
        retry=RetryConfig(base_ms=5, throttled_base_ms=5, max_delay_ms=50),
    )


def say(value: object) -> None:
    print(json.dumps(value), flush=True)


def carry_out(relay: Relay, word: str, *arguments: Any) -> object:
    if word == "put":
        return [receipt.seq for receipt in relay.ingest_many([text.encode() for text in arguments])]
    if word == "let_time_pass":  # needs the clock of tests/support/stepped_clock.c
        (seconds,) = arguments
        passed_s = ctypes.c_longlong.in_dll(ctypes.CDLL(None), "stepped_clock_passed_s")
        passed_s.value += seconds
        return passed_s.value
    assert word == "reason"
    return relay.stop_reason()


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    relay = Relay(config(settings))
    try:
        signal.signal(signal.SIGTERM, on_sigterm)
        relay.start()
        say("started")
        for line in sys.stdin:
            say(carry_out(relay, *json.loads(line)))
    except Terminated:
        pass
    finally:
        relay.stop(settings["stop_s"])
        relay.close()


if __name__ == "__main__":
    main()
