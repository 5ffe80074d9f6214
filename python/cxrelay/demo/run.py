"""One run: simulator, relay, events, delivery, evidence."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cxrelay import _core
from cxrelay.config import (
    AuditConfig,
    AuthConfig,
    QueueConfig,
    RelayConfig,
    RetryConfig,
    TargetConfig,
)
from cxrelay.errors import ConfigError, ValidationError
from cxrelay.private_folder import make_private_folder
from cxrelay.relay import Relay

from .check import problems_of
from .events import DemoEvent, DemoInput, generate
from .evidence import DemoResult, Evidence, Final, Request, Stored

if TYPE_CHECKING:
    from cxrelay.simulator import LedgerEntry, SimulatorProcess

QUEUE_FILE = "cxrelay.db"
AUDIT_LOG = "audit_transformations.log"

_BATCH = 1000
_DEADLINE_S = 600.0  # a demo that hangs is a defect, too
_NO_LIMIT = 1 << 31


def run_demo(
    events: int,
    seed: int,
    keep: str | os.PathLike[str] | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> DemoResult:
    """Carries generated events through a relay to the simulator and checks the result.

    Args:
        events: how many, besides the sample.
        seed: of events and troubles.
        keep: an empty or new folder for queue file and audit log; by default a temporary one.
        progress: told from time to time how many events are stored.

    Raises:
        ConfigError: the folder is not empty.
    """
    from cxrelay.simulator import Simulator

    began = time.monotonic()
    given = generate(events, seed)
    with _folder(keep) as folder, Simulator.spawn(seed=seed, record_bodies=False) as simulator:
        _make_trouble(simulator, given)
        with Relay(_config(folder, simulator)) as relay:
            stored: list[Stored] = []
            ingest_s = _ingest(relay, given.events, stored, progress)
            flushed = relay.flush(_DEADLINE_S)
            relay.stop()
            evidence = _gather(relay, simulator, stored, flushed.reason)
        return DemoResult(
            seed=seed,
            evidence=evidence,
            problems=problems_of(evidence),
            ingest_seconds=ingest_s,
            seconds=time.monotonic() - began,
            queue_file=str(folder / QUEUE_FILE),
            audit_log=str(folder / AUDIT_LOG),
            kept=keep is not None,
        )


@contextmanager
def _folder(keep: str | os.PathLike[str] | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="cxrelay-demo-") as name:
            yield Path(name)
        return
    folder = Path(keep).absolute()
    make_private_folder(folder)
    if any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty: name a new folder")
    yield folder


def _make_trouble(simulator: SimulatorProcess, given: DemoInput) -> None:
    from cxrelay.simulator import behaviours as b

    always = None
    # Once each, at some time of the run: a token that expires early, a rate limit that is hit.
    simulator.script(b.expired_tokens(), times=1, on="batch", p=0.05)
    simulator.script(b.status(429, retry_after=1), times=2, on="batch", p=0.05)
    # What lies in the interaction.
    simulator.script(
        b.item_status(404, match=given.gone, message="no such interaction"), times=always
    )
    simulator.script(
        b.status(400, message="the batch holds an update that is refused"),
        times=always,
        match=given.refused,
    )
    # What may happen to every request, and to every item.
    whole = b.one_of(
        (0.03, b.status(503)),
        (0.01, b.drop(after="apply")),
        (0.01, b.drop(after="body", reset=True)),
        (0.01, b.slow(50)),
    )
    simulator.script(whole, times=always)
    simulator.script(b.item_status(503, p=0.02), times=always)
    simulator.script(b.item_status(429, p=0.01), times=always)


def _config(folder: Path, simulator: SimulatorProcess) -> RelayConfig:
    return RelayConfig(
        queue=QueueConfig(path=str(folder / QUEUE_FILE)),
        audit=AuditConfig(path=str(folder / AUDIT_LOG)),
        target=TargetConfig(base_url=simulator.base_url),
        auth=AuthConfig(
            client_id=simulator.client_id,
            client_secret=simulator.client_secret,
            token_url=simulator.token_url,
        ),
        # The simulator recovers at once: nobody should watch the waiting times of production.
        retry=RetryConfig(base_ms=20, throttled_base_ms=50, max_delay_ms=1000),
    )


def _ingest(
    relay: Relay, events: list[DemoEvent], stored: list[Stored], progress: Callable[[int], None]
) -> float:
    """Stores everything. What came first is delivered when the rest comes, which is delivered at
    the same time: so late events meet newer ones that wait, are under way, or are delivered.
    """
    ingest_s = 0.0
    half = len(events) // 2
    size = min(_BATCH, max(1, len(events) // 4))
    for start in range(0, len(events), size):
        batch = events[start : start + size]
        began = time.monotonic()
        results = relay.ingest_many([event.body for event in batch])
        ingest_s += time.monotonic() - began
        stored += [_stored(*pair) for pair in zip(batch, results, strict=True)]
        progress(len(stored))
        if start < half <= start + size:
            relay.flush(_DEADLINE_S)
            relay.start()
    return ingest_s


def _stored(event: DemoEvent, result: _core.Receipt | ValidationError) -> Stored:
    if isinstance(result, ValidationError):
        reasons = (f"{'.'.join(e['loc']) or '(body)'}: {e['type']}" for e in result.errors())
        return Stored(event, "rejected", reasons=tuple(reasons))
    return Stored(event, result.status, result.seq, result.idempotency_key)


def _gather(
    relay: Relay, simulator: SimulatorProcess, stored: list[Stored], reason: str
) -> Evidence:
    relay.export_audit()
    verified = _core.verify_audit(relay.config.audit.path)
    return Evidence(
        stored=stored,
        stats=relay.stats(),
        flush_reason=reason,
        dead=_final(relay, "dead"),
        parked=_final(relay, "parked"),
        requests=[
            Request(
                interaction_ids=entry.interaction_ids,
                keys=entry.idempotency_keys,
                status=entry.status,
                failed_items=_failed_items(entry),
            )
            for entry in simulator.requests("batch")
        ],
        interactions=simulator.interactions(),
        queue_problems=relay.queue.check().problems,
        audit_records=verified.records,
        audit_problem=verified.problem if not verified.ok else "",
    )


def _failed_items(entry: LedgerEntry) -> int:
    return sum(status != 200 for status in entry.item_statuses) if entry.status == 200 else 0


def _final(relay: Relay, state: str) -> list[Final]:
    return [
        Final(update.seq, update.interaction_id, update.last_error)
        for update in relay.queue.list_updates(state=state, limit=_NO_LIMIT)
    ]
