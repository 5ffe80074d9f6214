"""msgspec: decodes into a typed Struct, the fastest decoder with validation from Python."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

import tutorial_pipeline as tutorial
from parse.base import ParseContender


class Event(msgspec.Struct, rename="camel"):
    """The tutorial's model."""

    interaction_id: str
    contact_id: str
    timestamp: datetime
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)
    legacy_crm_id: str | None = None
    source_channel: str | None = None


class Msgspec(ParseContender):
    """Validates types; the tutorial's mapper; msgspec's encoder."""

    name = "msgspec"

    def map_all(self, items: Sequence[bytes]) -> None:
        add = self.pairs.append
        decode: Callable[[bytes], Any] = msgspec.json.Decoder(Event).decode
        encode = msgspec.json.Encoder().encode
        for raw in items:
            event = decode(raw)
            payload = tutorial.map_event(event)
            if payload:
                key = tutorial.update_key(event.interaction_id, event.timestamp.isoformat())
                add((key, encode(payload)))
