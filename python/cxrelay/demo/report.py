"""The demo's result for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from .evidence import DemoResult

_TOP = 6
_STATUS_NAMES = {None: "no answer", 200: "taken", 400: "refused whole", 401: "token expired"}


def as_text(result: DemoResult) -> str:
    """A page of facts: what came in, what went out, what became of it, and whether it holds."""
    lines: list[str] = []
    for title, facts in (
        ("events in", _incoming(result)),
        ("requests", _outgoing(result)),
        ("final states", _states(result)),
        ("audit trail", _trail(result)),
        ("consistent", _verdict(result)),
        ("time", _times(result)),
    ):
        for number, fact in enumerate(facts):
            lines.append(f"{title if number == 0 else '':<14}{fact}")
    return "\n".join(lines)


def _incoming(result: DemoResult) -> Iterator[str]:
    counts = result.counts
    yield f"{len(result.evidence.stored):>9,}"
    yield f"{counts['accepted'] + counts['conflict']:>9,} accepted"
    yield f"{counts['conflict']:>9,}   of them: a known key with another payload, kept"
    yield f"{counts['duplicate']:>9,} duplicates, answered with the first receipt"
    yield f"{counts['empty']:>9,} with nothing to write"
    yield f"{counts['rejected']:>9,} rejected, for these reasons:"
    reasons = (reason for stored in result.evidence.stored for reason in stored.reasons)
    yield from _top(reasons)


def _outgoing(result: DemoResult) -> Iterator[str]:
    stats, requests = result.evidence.stats, result.evidence.requests
    yield f"{stats.requests:>9,} batches, in which {stats.attempts:,} items were sent"
    by_status = Counter(request.status for request in requests)
    for status, count in sorted(by_status.items(), key=lambda item: item[0] or 0):
        name = _STATUS_NAMES.get(status, "put off" if status == 429 else "server trouble")
        yield f"{count:>9,}   {name}{f' ({status})' if status else ''}"
    failures = sum(request.failed_items for request in requests)
    yield f"{failures:>9,} failures of single items in batches that were taken"
    yield f"{stats.updater.retried:>9,} retries: updates put back to be sent again later"
    yield f"{stats.updater.split:>9,} batches halved to isolate a refused update"


def _states(result: DemoResult) -> Iterator[str]:
    stats = result.evidence.stats
    yield f"{stats.completed:>9,} completed"
    yield f"{stats.superseded:>9,} superseded: newer events had written everything"
    yield f"{stats.parked:>9,} parked"
    yield f"{stats.dead:>9,} dead, for these reasons:" if stats.dead else f"{0:>9} dead"
    yield from _top(final.reason for final in result.evidence.dead)


def _trail(result: DemoResult) -> Iterator[str]:
    verdict = result.evidence.audit_problem or "the hash chain verifies"
    yield f"{result.evidence.audit_records:>9,} records, {verdict}"
    yield f"          {result.audit_log}{'' if result.kept else ' (removed; --keep DIR leaves it)'}"


def _verdict(result: DemoResult) -> Iterator[str]:
    if result.consistent:
        yield "      yes: journal, server's ledger, final state and oracle agree"
        return
    yield "       NO"
    for problem in result.problems:
        yield f"          {problem}"


def _times(result: DemoResult) -> Iterator[str]:
    stored = len(result.evidence.stored)
    rate = stored / max(result.ingest_seconds, 1e-6)
    yield f"{result.seconds:>9.1f} s in all; events stored durably at {rate:,.0f} a second"


def _top(reasons: Iterable[str]) -> Iterator[str]:
    counted = Counter(reasons).most_common()
    for reason, count in counted[:_TOP]:
        yield f"{count:>9,}   {reason[:90]}"
    rest = sum(count for _, count in counted[_TOP:])
    if rest:
        yield f"{rest:>9,}   of {len(counted) - _TOP} other kinds"
