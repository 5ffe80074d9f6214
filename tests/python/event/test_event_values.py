"""InteractionEvent as a Python value: making, reading, comparing, copying, dumping."""

import copy
import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from cxrelay import InteractionEvent, ValidationError, parse_event

SAMPLE: dict[str, Any] = {
    "interactionId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "contactId": "contact-98765",
    "timestamp": "2024-05-15T10:30:00Z",
    "attributes": {"queueName": "Support", "wrapUpCode": "Resolved"},
    "legacyCrmId": "CRM-45902",
    "sourceChannel": "voice",
}
SAMPLE_TEXT = json.dumps(SAMPLE)


def reasons(error: pytest.ExceptionInfo[ValidationError]) -> list[tuple[str, tuple[str, ...]]]:
    return [(reason["type"], reason["loc"]) for reason in error.value.errors()]


@pytest.mark.parametrize("kind", [str, str.encode, lambda text: bytearray(text.encode())])
def test_text_and_bytes_give_the_same(kind: Any) -> None:
    assert parse_event(kind(SAMPLE_TEXT)).original == SAMPLE_TEXT.encode()


def test_memoryviews_need_not_be_contiguous() -> None:
    raw = SAMPLE_TEXT.encode()
    every_other = memoryview(bytes(byte for pair in zip(raw, raw, strict=True) for byte in pair))[
        ::2
    ]
    assert parse_event(memoryview(raw)) == parse_event(every_other)
    assert parse_event(every_other).original == raw


@pytest.mark.parametrize("raw", [None, 1, {"a": 1}, ["{}"]])
def test_other_types_are_a_type_error(raw: Any) -> None:
    with pytest.raises(TypeError, match="str, bytes"):
        parse_event(raw)


def test_fields_are_python_values() -> None:
    event = parse_event(SAMPLE_TEXT)
    assert event.interaction_id == SAMPLE["interactionId"]
    assert event.contact_id == "contact-98765"
    assert event.timestamp == datetime(2024, 5, 15, 10, 30, tzinfo=UTC)
    assert event.attributes == SAMPLE["attributes"]
    assert event.legacy_crm_id == "CRM-45902"
    assert event.source_channel == "voice"
    assert event.idempotency_key == f"{SAMPLE['interactionId']}_2024-05-15T10:30:00+00:00"


def test_numbers_are_exact_integers_or_floats() -> None:
    event = InteractionEvent(**{**SAMPLE, "attributes": {"n": 2**200, "d": 1.5}})
    assert event.attributes == {"n": 2**200, "d": 1.5}
    assert parse_event(event.original).attributes_json == event.attributes_json


def test_events_are_immutable() -> None:
    event = parse_event(SAMPLE_TEXT)
    for name in (*event.model_dump(), "original", "idempotency_key", "something_new"):
        with pytest.raises(AttributeError):
            setattr(event, name, "x")
    event.attributes["queueName"] = "changed"
    assert event.attributes["queueName"] == "Support"


def test_keywords_take_either_name() -> None:
    event = InteractionEvent(
        interactionId="i",
        contact_id="c",
        timestamp=datetime(2024, 5, 15, 10, 30),
        source_channel="chat",
    )
    assert event.model_dump() == {
        "interaction_id": "i",
        "contact_id": "c",
        "timestamp": datetime(2024, 5, 15, 10, 30),
        "attributes": {},
        "legacy_crm_id": None,
        "source_channel": "chat",
    }


@pytest.mark.parametrize(
    "when",
    [
        datetime(
            2024, 5, 15, 10, 30, 1, 250_000, tzinfo=timezone(timedelta(hours=-7, minutes=-30))
        ),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, 59, 999_999),
    ],
)
def test_datetimes_come_back_equal(when: datetime) -> None:
    event = InteractionEvent(**{**SAMPLE, "timestamp": when})
    assert event.timestamp == when
    assert event.timestamp.isoformat() == when.isoformat()


def test_a_date_is_its_midnight() -> None:
    event = InteractionEvent(**{**SAMPLE, "timestamp": date(2024, 5, 15)})
    assert event.timestamp == datetime(2024, 5, 15)


def test_model_validate_returns_an_event_as_it_is() -> None:
    event = InteractionEvent.model_validate(SAMPLE)
    assert event == parse_event(SAMPLE_TEXT)
    assert InteractionEvent.model_validate(event) is event


@pytest.mark.parametrize("obj", [None, "text", 1, [SAMPLE]])
def test_model_validate_refuses_what_is_no_dict(obj: Any) -> None:
    with pytest.raises(ValidationError) as error:
        InteractionEvent.model_validate(obj)
    assert reasons(error) == [("model_type", ())]


def test_values_without_a_json_form_are_refused_with_their_fields() -> None:
    attributes = {"set": {1}, "nan": float("nan"), "list": [0, b"x", datetime(2024, 1, 1)], 7: 1}
    with pytest.raises(ValidationError) as error:
        InteractionEvent(**{**SAMPLE, "attributes": attributes, "other": 10**4300})
    assert reasons(error) == [
        *[("json_value", ("attributes",))] * 5,
        ("json_value", ()),
    ]


def test_endless_values_are_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValidationError) as error:
        InteractionEvent(**{**SAMPLE, "attributes": {"a": endless}})
    assert reasons(error) == [("json_too_deep", ())]


def test_wrong_values_give_every_reason() -> None:
    with pytest.raises(ValidationError) as error:
        InteractionEvent(interaction_id=1, contactId="a b", attributes=[])
    assert reasons(error) == [
        ("string_type", ("interaction_id",)),
        ("id_pattern", ("contactId",)),
        ("missing", ("timestamp",)),
        ("dict_type", ("attributes",)),
    ]
    assert isinstance(error.value, ValueError)


def test_equal_events_have_equal_fields_and_hashes() -> None:
    event = parse_event(SAMPLE_TEXT)
    same_instant = InteractionEvent(**{**SAMPLE, "timestamp": "2024-05-15T12:30:00+02:00"})
    assert event == same_instant
    assert hash(event) == hash(same_instant)
    assert event != InteractionEvent(**{**SAMPLE, "timestamp": "2024-05-15T10:30:00"})
    assert event != InteractionEvent(**{**SAMPLE, "attributes": {}})
    assert event != SAMPLE


def test_pickles_and_copies_are_equal() -> None:
    event = parse_event(SAMPLE_TEXT)
    for twin in (pickle.loads(pickle.dumps(event)), copy.copy(event), copy.deepcopy(event)):
        assert twin == event
        assert twin.original == event.original
        assert type(twin) is InteractionEvent


def test_repr_and_str_show_the_fields() -> None:
    event = InteractionEvent(interactionId="i", contactId="c", timestamp="2024-05-15")
    fields = (
        "interaction_id='i'{0}contact_id='c'{0}timestamp=datetime.datetime(2024, 5, 15, 0, 0){0}"
        "attributes={{}}{0}legacy_crm_id=None{0}source_channel=None"
    )
    assert repr(event) == f"InteractionEvent({fields.format(', ')})"
    assert str(event) == fields.format(" ")


def test_dumps() -> None:
    event = parse_event(SAMPLE_TEXT)
    assert event.model_dump(by_alias=True, mode="json") == SAMPLE
    assert event.model_dump(by_alias=True) == {**SAMPLE, "timestamp": event.timestamp}
    assert json.loads(event.model_dump_json(by_alias=True)) == SAMPLE
    assert event.model_dump_json().startswith('{"interaction_id":"a1b2')


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b" " * 10_000_000, "body_too_large"),
        ("\u00e9" * 5_000_000, "body_too_large"),
        ("[" * 10_000, "json_too_deep"),
        ('{"a":' * 10_000, "json_too_deep"),
        ("{" + ",".join(f'"{n}":0' for n in range(1001)) + "}", "json_too_many_keys"),
        ("\ud800", "string_unicode"),
        (b"\xff", "json_invalid"),
    ],
)
def test_hostile_bodies_get_one_reason(body: str | bytes, reason: str) -> None:
    with pytest.raises(ValidationError) as error:
        parse_event(body)
    assert reasons(error) == [(reason, ())]


def test_errors_never_hold_the_value() -> None:
    with pytest.raises(ValidationError) as error:
        parse_event('{"interactionId":"s3cret !","contactId":["s3cret"],"timestamp":"s3cret"}')
    assert "s3cret" not in f"{error.value} {error.value!r} {error.value.errors()}"
