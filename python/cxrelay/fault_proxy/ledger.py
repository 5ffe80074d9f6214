"""The ledger: every connection that the proxy accepted, in order."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Literal

Ending = Literal["open", "closed", "broken", "cut", "reset", "swallowed", "unreachable", "stopped"]
"""How a connection ended; see ``ProxiedConnection.ending``."""


@dataclass(frozen=True, slots=True)
class ProxiedConnection:
    """One connection that the proxy accepted.

    Attributes:
        number: 1 for the first connection since the start.
        faults: the faults that it was given, for example ``cut_request(40)``. A cut that was given
            but lies beyond the last byte never happens: ``ending`` tells.
        exchanges: how often the client began to speak: with HTTP/1.1, requests.
        request_bytes: bytes that came from the client.
        request_bytes_passed: of those, bytes that went on to the server.
        response_bytes: bytes that came from the server.
        response_bytes_passed: of those, bytes that went on to the client.
        ending: ``open``; ``closed`` (by both peers, in order); ``broken`` (a peer reset it);
            ``cut`` (by the proxy, with an orderly close); ``reset`` (by the proxy, with a TCP
            reset); ``swallowed`` (a black hole, left by the client); ``unreachable`` (the server
            did not accept); ``stopped`` (open when the proxy stopped).
    """

    number: int
    faults: tuple[str, ...]
    exchanges: int = 0
    request_bytes: int = 0
    request_bytes_passed: int = 0
    response_bytes: int = 0
    response_bytes_passed: int = 0
    ending: Ending = "open"


@dataclass(frozen=True, slots=True)
class ProxyCounts:
    """The ledger in sums.

    Attributes:
        connections: connections accepted.
        faulty: of those, the ones that were given a fault.
        cut: connections that the proxy cut, orderly or by a reset.
        swallowed: connections that ended in a black hole.
        unreachable: connections that the server did not accept.
        request_bytes: bytes that came from clients.
        response_bytes: bytes that came from the server.
    """

    connections: int
    faulty: int
    cut: int
    swallowed: int
    unreachable: int
    request_bytes: int
    response_bytes: int


class Record:
    """The ledger's entry of one connection, as the connection itself writes it.

    Args:
        entry: what is known at the start.
        condition: guards the entry; notified when the connection ends.
    """

    def __init__(self, entry: ProxiedConnection, condition: threading.Condition) -> None:
        self._condition = condition
        self.entry = entry

    def came(self, side: str, size: int, exchange: int) -> None:
        """Bytes came from the peer on this side."""
        field = f"{side}_bytes"
        self._change(exchanges=exchange, **{field: getattr(self.entry, field) + size})

    def passed(self, side: str, size: int) -> None:
        """Bytes went on to the other peer."""
        field = f"{side}_bytes_passed"
        self._change(**{field: getattr(self.entry, field) + size})

    def end(self, ending: Ending) -> None:
        """The connection is over. Only the first word counts."""
        with self._condition:
            if self.entry.ending == "open":
                self.entry = replace(self.entry, ending=ending)
                self._condition.notify_all()

    def _change(self, **fields: int) -> None:
        with self._condition:
            # Only integers change here; mypy would ask for each name.
            self.entry = replace(self.entry, **fields)  # type: ignore[arg-type]


class Ledger:
    """Collects records and wakes those who wait for them.

    Args:
        condition: guards the proxy's state; every method but ``wait`` must be called with it held.
    """

    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition
        self._records: list[Record] = []

    def open(self, faults: tuple[str, ...]) -> Record:
        """A new connection's record."""
        record = Record(ProxiedConnection(len(self._records) + 1, faults), self._condition)
        self._records.append(record)
        self._condition.notify_all()
        return record

    def entries(self, ending: Ending | None = None) -> list[ProxiedConnection]:
        """All entries, or those that ended this way."""
        entries = [record.entry for record in self._records]
        return [entry for entry in entries if ending is None or entry.ending == ending]

    def counts(self) -> ProxyCounts:
        """The sums of all entries."""
        entries = self.entries()
        endings = [entry.ending for entry in entries]
        return ProxyCounts(
            connections=len(entries),
            faulty=sum(1 for entry in entries if entry.faults),
            cut=endings.count("cut") + endings.count("reset"),
            swallowed=endings.count("swallowed"),
            unreachable=endings.count("unreachable"),
            request_bytes=sum(entry.request_bytes for entry in entries),
            response_bytes=sum(entry.response_bytes for entry in entries),
        )

    def wait(self, count: int, ending: Ending | None, timeout_s: float) -> list[ProxiedConnection]:
        """Block until ``count`` entries of that ending are there and return them.

        Raises:
            TimeoutError: they did not come in ``timeout_s`` seconds.
        """
        with self._condition:
            if not self._condition.wait_for(lambda: len(self.entries(ending)) >= count, timeout_s):
                found = len(self.entries(ending))
                raise TimeoutError(f"{found} of {count} connections came within {timeout_s} s")
            return self.entries(ending)
