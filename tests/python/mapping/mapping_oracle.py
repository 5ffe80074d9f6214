"""What the tutorial's second step does with an event, told again in our own words.

``tutorial_result`` follows its truthiness; ``expected_result`` follows the documented rule, under
which 0 and false are values, and texts of white space are not.
"""

from collections.abc import Callable, Iterable
from typing import Any

ATTRIBUTES = {
    "queueName": "routingQueue",
    "wrapUpCode": "dispositionCode",
    "agentName": "servingAgentName",
}


def is_value(found: object) -> bool:
    """Says whether our mapping writes it: anything but null, blank text, [] and {}."""
    if isinstance(found, str):
        return bool(found.strip())
    return found is not None and found != [] and found != {}


def pairs(event: dict[str, Any], keep: Callable[[object], bool]) -> Iterable[tuple[str, Any]]:
    """The target attributes of the event for what `keep` lets through, in our order."""
    crm_id = event.get("legacyCrmId")
    if keep(crm_id):
        yield "crmReferenceId", crm_id
    channel = event.get("sourceChannel")
    if keep(channel):
        yield "originChannel", channel.upper()
    for source, target in ATTRIBUTES.items():
        found = event.get("attributes", {}).get(source)
        if keep(found):
            yield target, found


def wrapped(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"attributes": attributes} if attributes else {}


def tutorial_result(event: dict[str, Any]) -> dict[str, Any]:
    """The payload as the tutorial makes it."""
    return wrapped(dict(pairs(event, bool)))


def expected_result(event: dict[str, Any]) -> dict[str, Any]:
    """The payload as ours is documented to be."""
    return wrapped(dict(pairs(event, is_value)))


def is_told_differently(event: dict[str, Any]) -> bool:
    """Says whether the event has a value that the two rules judge differently."""
    found = [event.get("legacyCrmId"), event.get("sourceChannel")]
    found += [event.get("attributes", {}).get(source) for source in ATTRIBUTES]
    return any(is_value(value) != bool(value) for value in found)
