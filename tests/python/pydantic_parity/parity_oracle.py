"""What cxrelay must answer, from pydantic's answer and DESIGN's list of deliberate refusals.

Nothing here asks cxrelay. pydantic judges the tutorial's model; the deliberate refusals are
recognised with Python's own json module, math and re. For times given as numbers pydantic changed
its rules until 2.14; those of 2.14 hold.
"""

import json
import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Reason = tuple[str, tuple[str, ...]]

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_KEYS = 1000
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}")
FIELDS = {
    "interactionId": "interaction_id",
    "contactId": "contact_id",
    "timestamp": "timestamp",
    "attributes": "attributes",
    "legacyCrmId": "legacy_crm_id",
    "sourceChannel": "source_channel",
}


class TutorialEvent(BaseModel):
    """The tutorial's model, with its configuration in today's spelling."""

    model_config = ConfigDict(populate_by_name=True)

    interaction_id: str = Field(..., alias="interactionId")
    contact_id: str = Field(..., alias="contactId")
    timestamp: datetime = Field(..., alias="timestamp")
    attributes: dict[str, Any] = Field(default_factory=dict)
    legacy_crm_id: str | None = Field(None, alias="legacyCrmId")
    source_channel: str | None = Field(None, alias="sourceChannel")


@dataclass
class Expectation:
    """Either the model or the reasons; with deliberate refusals, one of several single reasons."""

    model: TutorialEvent | None = None
    reasons: list[Reason] = field(default_factory=list)
    one_of: set[str] = field(default_factory=set)


@dataclass
class _Reading:
    """What Python's json finds in a text while reading it."""

    is_json: bool = False
    value: Any = None
    refusals: set[str] = field(default_factory=set)
    keys: int = 0


def expectation(raw: str | bytes) -> Expectation:
    reading = _read(raw)
    if reading.refusals:
        return Expectation(one_of=reading.refusals)
    model, reasons = _ask_pydantic(raw)
    if reading.is_json and isinstance(reading.value, dict):
        reasons = _with_identifiers(reasons, reading.value)
    return Expectation(reasons=reasons) if reasons else Expectation(model=model)


def _ask_pydantic(raw: str | bytes) -> tuple[TutorialEvent | None, list[Reason]]:
    try:
        return TutorialEvent.model_validate_json(raw), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [(reason["type"], tuple(map(str, reason["loc"]))) for reason in details]


def _read(raw: str | bytes) -> _Reading:
    reading = _Reading()
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        size = len(text.encode())
    except UnicodeError:
        return reading
    if size > MAX_BYTES:
        reading.refusals.add("body_too_large")
        return reading
    try:
        reading.value = _parse(text, reading)
        reading.is_json = True
    except (ValueError, RecursionError):
        # Not JSON for anybody; but a limit may have been reached before the place where it breaks.
        reading.refusals.clear()
        if text.count("[") + text.count("{") > MAX_DEPTH:
            reading.refusals |= {"json_too_deep", "json_invalid"}
        if text.count(":") > MAX_KEYS:
            reading.refusals |= {"json_too_many_keys", "json_invalid"}
        return reading
    if _depth(reading.value) > MAX_DEPTH:
        reading.refusals.add("json_too_deep")
    if reading.keys > MAX_KEYS:
        reading.refusals.add("json_too_many_keys")
    return reading


def _parse(text: str, reading: _Reading) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        reading.keys += len(items)
        members = dict(items)
        if len(members) < len(items):
            reading.refusals.add("json_duplicate_key")
        if any(_has_surrogate(part) for item in items for part in item):
            raise ValueError("lone surrogate")
        return members

    def number(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            reading.refusals.add("json_not_finite")
        if len(re.match(r"-?(\d*)", digits)[1]) > 4300:  # type: ignore[index]
            raise ValueError("pydantic's limit")
        return value

    value = json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_constant=number)
    if _has_surrogate(value):
        raise ValueError("lone surrogate")
    return value


def _has_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return any(0xD800 <= ord(c) < 0xE000 for c in value)
    if isinstance(value, dict):
        return any(_has_surrogate(item) for item in value.values())
    return isinstance(value, list) and any(_has_surrogate(item) for item in value)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _with_identifiers(reasons: list[Reason], members: dict[str, Any]) -> list[Reason]:
    """The reasons with those of ids that are no identifiers, in the order of the fields."""
    merged: list[Reason] = []
    for alias, name in FIELDS.items():
        spelled = alias if alias in members or name not in members else name
        merged += [reason for reason in reasons if reason[1] == (spelled,)]
        value = members.get(spelled)
        is_id = alias in ("interactionId", "contactId") and isinstance(value, str)
        if is_id and not IDENTIFIER.fullmatch(value):
            merged.append(("id_pattern", (spelled,)))
    return merged if len(merged) >= len(reasons) else reasons
