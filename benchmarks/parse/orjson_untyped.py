"""orjson: decodes into dicts, the fastest without validation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

import tutorial_pipeline as tutorial
from parse.base import ParseContender


def map_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """The tutorial's mapper on a plain dict."""
    target: dict[str, Any] = {}
    if crm_id := fields.get("legacyCrmId"):
        target["crmReferenceId"] = crm_id
    if channel := fields.get("sourceChannel"):
        target["originChannel"] = channel.upper()
    for name, value in fields.get("attributes", {}).items():
        if name in tutorial.SOURCE_TO_TARGET and value:
            target[tutorial.SOURCE_TO_TARGET[name]] = value
    return {"attributes": target} if target else {}


class Orjson(ParseContender):
    """Checks nothing but JSON itself."""

    name = "orjson, no validation"

    def map_all(self, items: Sequence[bytes]) -> None:
        add = self.pairs.append
        for raw in items:
            fields = orjson.loads(raw)
            payload = map_fields(fields)
            if payload:
                time = datetime.fromisoformat(fields["timestamp"]).isoformat()
                add((tutorial.update_key(fields["interactionId"], time), orjson.dumps(payload)))
