"""What must come out, worked out one event after the other without the engine.

Nothing of cxrelay's mapping or queue is used here: two ways to one result prove more than one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

_ATTRIBUTES = {
    "queueName": "routingQueue",
    "wrapUpCode": "dispositionCode",
    "agentName": "servingAgentName",
}


def map_content(content: dict[str, Any]) -> dict[str, Any]:
    """The tutorial's mapping: names changed, the channel in capitals, empty values left out."""
    mapped = {
        "crmReferenceId": content.get("legacyCrmId"),
        "originChannel": (content.get("sourceChannel") or "").upper(),
    }
    for source, target in _ATTRIBUTES.items():
        mapped[target] = content.get("attributes", {}).get(source)
    return {name: value for name, value in mapped.items() if value not in (None, "")}


def final_state(
    delivered: Iterable[tuple[dict[str, Any], datetime]],
) -> dict[str, dict[str, Any]]:
    """The attributes of every interaction in the end.

    Args:
        delivered: contents and times in the order of the journal.

    Returns:
        Interaction to attributes: of several events that set one, the newest wins; of equally
        old ones, the last in the journal.
    """
    state: dict[str, dict[str, Any]] = {}
    for content, _ in sorted(delivered, key=lambda event: event[1]):  # stable
        mapped = map_content(content)
        if mapped:
            state.setdefault(content["interactionId"], {}).update(mapped)
    return state
