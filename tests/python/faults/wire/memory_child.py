"""Delivers one update, then another one, and tells how the peak of memory grew in between.

A program, run by ``test_results``: settings as JSON on stdin, findings as JSON on stdout.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fault_events import events
from fault_evidence import attempts

from cxrelay import (
    AuditConfig,
    AuthConfig,
    QueueConfig,
    Relay,
    RelayConfig,
    RetryConfig,
    TargetConfig,
)


def peak_kib() -> int:
    """The most memory that this process ever had.

    Not ``getrusage``: that one has what was inherited from the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1])


def main() -> None:
    settings = json.load(sys.stdin)
    config = RelayConfig(
        queue=QueueConfig(path=settings["queue"]),
        audit=AuditConfig(path=""),
        target=TargetConfig(base_url=settings["base_url"]),
        auth=AuthConfig(
            client_id=settings["client_id"],
            client_secret=settings["client_secret"],
            token_url=settings["token_url"],
        ),
        retry=RetryConfig(base_ms=0, max_delay_ms=1),
    )
    with Relay(config) as relay:
        relay.ingest_many(events(0, 1))
        assert relay.flush(60).completed == 1
        before = peak_kib()
        relay.ingest_many(events(1, 1))
        assert relay.flush(100).completed == 1
        after = peak_kib()
        _, *made = attempts(relay)
        classes = [attempt.error_class for attempt in made]
    json.dump({"peak_kib_before": before, "peak_kib_after": after, "classes": classes}, sys.stdout)


main()
