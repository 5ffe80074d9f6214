"""InteractionEvent as the type of a field in a user's pydantic model."""

import subprocess
import sys
from typing import Any

import pydantic
import pytest

from cxrelay import InteractionEvent


class Envelope(pydantic.BaseModel):
    event: InteractionEvent
    tries: int = 0


FIELDS: dict[str, Any] = {
    "interactionId": "i",
    "contactId": "c",
    "timestamp": "2024-05-15T10:30:00Z",
    "attributes": {"a": [1, 2.5, None]},
    "legacyCrmId": None,
    "sourceChannel": "voice",
}
EVENT = InteractionEvent.model_validate(FIELDS)


def test_validates_json_dicts_and_events() -> None:
    text = f'{{"event":{EVENT.model_dump_json(by_alias=True)},"tries":1}}'
    assert Envelope.model_validate_json(text) == Envelope(event=EVENT, tries=1)
    assert Envelope.model_validate({"event": FIELDS}).event == EVENT
    assert Envelope(event=EVENT).event is EVENT


def test_errors_name_the_field_and_every_reason() -> None:
    with pytest.raises(pydantic.ValidationError) as error:
        Envelope.model_validate({"event": {"interactionId": 1}})
    (detail,) = error.value.errors()
    assert detail["type"] == "value_error"
    assert detail["loc"] == ("event",)
    for part in ("interactionId", "string_type", "contactId", "timestamp"):
        assert part in detail["msg"]


def test_dumps_as_a_dict() -> None:
    envelope = Envelope(event=EVENT)
    assert envelope.model_dump() == {"event": EVENT.model_dump(), "tries": 0}
    assert envelope.model_dump(mode="json", by_alias=True)["event"] == FIELDS
    assert Envelope.model_validate_json(envelope.model_dump_json()) == envelope


def test_has_a_json_schema() -> None:
    schema = Envelope.model_json_schema()["properties"]["event"]
    assert schema["title"] == "InteractionEvent"
    assert set(schema["properties"]) == set(FIELDS)
    assert schema["required"] == ["interactionId", "contactId", "timestamp"]


def test_importing_cxrelay_does_not_import_pydantic() -> None:
    code = "import sys, cxrelay; assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
