"""One line of the audit trail, taken apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LISTS = ("updates", "completed", "retry", "dead", "parked", "split", "released")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)  # only ends are of interest


@dataclass(frozen=True, slots=True)
class TrailLine:
    """What extracts need of a line.

    Attributes:
        text: the exact line, without its break.
        values: its members.
        seq: its number in the journal.
        time_us: when it was recorded; microseconds since 1970, wall clock.
        action: what it is about, such as ``accepted``.
        detail: what is special to the action.
    """

    text: str
    values: Mapping[str, Any]
    seq: int
    time_us: int
    action: str
    detail: Mapping[str, Any]

    @classmethod
    def read(cls, text: str, values: Mapping[str, Any]) -> TrailLine:
        """Raises ValueError if a member is not what it must be."""
        detail = values.get("detail", {})
        numbers = (values.get("seq"), values.get("timeUs"), values.get("eventTimeUs", 0))
        texts = (values.get("action"), values.get("hash"), values.get("processingStatus"))
        if (
            not isinstance(detail, dict)
            or not all(type(number) is int for number in numbers)
            or not all(isinstance(word, str) for word in texts)
        ):
            raise ValueError("not a line of an audit log")
        return cls(text, values, values["seq"], values["timeUs"], values["action"], detail)

    def member(self, name: str) -> str:
        """A member that is a text, or ""."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    @property
    def interaction_id(self) -> str:
        """Or ""."""
        return self.member("interactionId")

    @property
    def request_id(self) -> str:
        """Or ""."""
        return self.member("requestId")

    @property
    def event_time_us(self) -> int | None:
        """The event's own time; microseconds since 1970."""
        return self.values.get("eventTimeUs")

    @property
    def http_status(self) -> int:
        """Of the request; 0 = no answer."""
        status = self.detail.get("status")
        return status if type(status) is int else 0

    @property
    def error_class(self) -> str:
        """Of the request; of its first update that failed, if the request itself did not."""
        own = self.detail.get("error_class")
        if isinstance(own, str) and own:
            return own
        classes = (one.get("error_class") for name in _LISTS[2:] for one in self._settled(name))
        return next((word for word in classes if isinstance(word, str) and word), "")

    @property
    def operator(self) -> str:
        """Who did it, or ""."""
        name = self.detail.get("by")
        return name if isinstance(name, str) else ""

    def updates(self, *lists: str) -> list[int]:
        """The updates that the record names in these lists of its detail; in all of them by default."""
        found: dict[int, None] = {}
        for name in lists or _LISTS:
            members = self.detail.get(name)
            for one in members if isinstance(members, list) else ():
                seq = one.get("seq") if isinstance(one, dict) else one
                if type(seq) is int:
                    found[seq] = None
        return list(found)

    def payloads(self) -> tuple[str | None, str | None]:
        r"""Original and mapped attributes: the exact text, bytes that are no text as ``\xNN``."""
        place, found = 0, []
        for name in ("original", "transformed"):
            start = self.text.index(f'"{name}Payload":', place) + len(name) + 10
            _, place = _DECODER.raw_decode(self.text, start)
            shown = self.text[start:place]
            found.append(self._exact(name) or (None if shown == "null" else shown))
        return found[0], found[1]

    def _exact(self, name: str) -> str:
        digits = self.member(f"{name}Hex")
        if digits:
            return bytes.fromhex(digits).decode(errors="backslashreplace")
        return self.member(f"{name}Text")

    def _settled(self, name: str) -> Iterator[Mapping[str, Any]]:
        members = self.detail.get(name)
        return (one for one in members if isinstance(one, dict)) if members else iter(())


def utc_text(time_us: int) -> str:
    """RFC 3339 with microseconds, as in the trail; in microseconds if there is no such date."""
    try:
        moment = _EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        return f"{time_us} us"
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
