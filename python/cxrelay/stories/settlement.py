"""What a ``finished`` record says of each update of its request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_OTHERS = ("retry", "dead", "parked", "split", "released")
_DELIVERER_ENDED = "the deliverer ended before the answer came"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one update in a request.

    Attributes:
        outcome: the list that it stands in.
        status: HTTP status, or 0.
        error_class: or "".
        reason: or "".
        not_before_us: for a retry.
    """

    outcome: str
    status: int = 0
    error_class: str = ""
    reason: str = ""
    not_before_us: int | None = None

    @property
    def recovered(self) -> bool:
        """The next deliverer settled it."""
        return self.reason == _DELIVERER_ENDED

    @property
    def parted(self) -> bool:
        """An item of several was refused; a batch that is halved is ``split``, too."""
        return self.outcome == "split" and self.error_class != "SPLIT"


def read_settlement(detail: Mapping[str, Any]) -> dict[int, Settled]:
    """Each update of the request; members that are not known are left alone."""
    status, error_class = detail.get("status", 0), detail.get("error_class", "")
    completed = Settled("completed", status, error_class)
    found = dict.fromkeys(detail.get("completed", ()), completed)
    for word in _OTHERS:
        for one in detail.get(word, ()):
            found[one["seq"]] = Settled(
                outcome=word,
                status=one.get("status", 0) or status,
                error_class=one.get("error_class", "") or error_class,
                reason=one.get("reason", ""),
                not_before_us=_microseconds(one.get("not_before", "")),
            )
    return found


def _microseconds(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment - _EPOCH) // timedelta(microseconds=1)
