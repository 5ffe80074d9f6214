"""The torture's result for a person."""

from __future__ import annotations

from collections.abc import Iterator

from .result import TortureResult

_TOP = 8


def as_text(result: TortureResult) -> str:
    """A page of facts: what was done, what came of it, and whether it holds."""
    lines: list[str] = []
    for title, facts in (
        ("rounds", _rounds(result)),
        ("signals", _signals(result)),
        ("target", _target(result)),
        ("network", _network(result)),
        ("events", _events(result)),
        ("requests", _requests(result)),
        ("violations", _verdict(result)),
        ("seed", _seed(result)),
    ):
        for number, fact in enumerate(facts):
            lines.append(f"{title if number == 0 else '':<12}{fact}")
    return "\n".join(lines)


def _rounds(result: TortureResult) -> Iterator[str]:
    word = ", ended by Ctrl-C" if result.interrupted else ""
    yield f"{result.rounds:>9,} checked, on {_count(result.stretches, 'queue file')}{word}"
    yield f"{result.seconds:>9.1f} s, {result.processes} processes at a time"


def _signals(result: TortureResult) -> Iterator[str]:
    counts = result.counts
    yield f"{counts['kills']:>9,} SIGKILL"
    yield f"{counts['kills_of_the_deliverer']:>9,}   of them to the process that delivered"
    yield f"{counts['kills_at_the_start']:>9,}   to one that was just being started"
    yield f"{counts['kills_while_stopped']:>9,}   to a stopped one"
    yield f"{counts['stops']:>9,} SIGSTOP, {counts['stops_of_the_deliverer']:,} of them to the deliverer"


def _target(result: TortureResult) -> Iterator[str]:
    faults = result.target_faults.most_common()
    if not faults:
        yield "        0 faults"
    for name, count in faults[:_TOP]:
        yield f"{count:>9,} {name}"
    rest = sum(count for _, count in faults[_TOP:])
    if rest:
        yield f"{rest:>9,} of {len(faults) - _TOP} other kinds"


def _network(result: TortureResult) -> Iterator[str]:
    counts = result.counts
    yield f"{counts['connections']:>9,} connections, {counts['faulty_connections']:,} of them with faults"
    yield f"{counts['cut_connections']:>9,} cut, {counts['swallowed_connections']:,} swallowed"


def _events(result: TortureResult) -> Iterator[str]:
    counts = result.counts
    yield f"{counts['receipts']:>9,} receipts, {counts['duplicates']:,} of them for events that came again"
    yield f"{counts['events']:>9,} events accepted, {counts['empty']:,} of them with nothing to write"
    ends = ", ".join(f"{counts[name]:,} {name}" for name in ("superseded", "dead", "parked"))
    yield f"{counts['completed']:>9,} completed, {ends}"


def _requests(result: TortureResult) -> Iterator[str]:
    counts = result.counts
    yield f"{counts['requests']:>9,} in the journal"
    yield f"{counts['answered']:>9,}   answered: the server saw each of them once"
    told = counts["seen"] - counts["answered"]
    yield (
        f"{counts['unknown']:>9,}   of unknown outcome ({counts['orphaned']:,} by a kill): the server"
        f" saw {told:,} whole, {counts['seen_in_part']:,} in part"
    )


def _verdict(result: TortureResult) -> Iterator[str]:
    yield f"{len(result.violations):>9,}"
    yield from (f"          {violation}" for violation in result.violations)
    if result.directory:
        yield f"          the files are in {result.directory}"


def _seed(result: TortureResult) -> Iterator[str]:
    yield f"{result.seed:>9} (the same seed plans the same kills and faults; the timing is the machine's)"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
