"""Mapping as a Python value: making, applying, lists, errors, comparing, copying."""

import copy
import json
import pickle
import threading
from typing import Any

import pytest

from cxrelay import Mapping, MappingError, ValidationError

SAMPLE: dict[str, Any] = {
    "interactionId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "contactId": "contact-98765",
    "timestamp": "2024-05-15T10:30:00Z",
    "attributes": {"queueName": "Support", "wrapUpCode": "Resolved"},
    "legacyCrmId": "CRM-45902",
    "sourceChannel": "voice",
}
BODY = json.dumps(SAMPLE).encode()
KEY = "a1b2c3d4-e5f6-7890-abcd-ef1234567890_2024-05-15T10:30:00+00:00"
PAYLOAD = {
    "attributes": {
        "crmReferenceId": "CRM-45902",
        "originChannel": "VOICE",
        "routingQueue": "Support",
        "dispositionCode": "Resolved",
    }
}
NOTHING = b'{"interactionId": "i", "contactId": "c", "timestamp": 0}'
FIELD_MAPPING = {
    "legacy_crm_id": "attributes.crmReferenceId",
    "source_channel": "attributes.originChannel",
    "queue_name": "attributes.routingQueue",
    "wrap_up_code": "attributes.dispositionCode",
    "agent_name": "attributes.servingAgentName",
}
RULES = [{"from": "attributes.v", "to": "t", "when_missing": "error"}]


def reasons(error: ValidationError) -> list[tuple[str, tuple[str, ...]]]:
    return [(reason["type"], reason["loc"]) for reason in error.errors()]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, bytes.decode])
def test_a_body_is_text_or_any_buffer(kind: Any) -> None:
    result = Mapping.default().apply_json(kind(BODY))
    assert result is not None
    key, payload = result
    assert key == KEY
    assert key.isascii()
    assert type(payload) is bytes
    assert json.loads(payload) == PAYLOAD
    assert Mapping.default().apply(kind(BODY)) == PAYLOAD


def test_a_memoryview_need_not_be_contiguous() -> None:
    every_other = memoryview(bytes(byte for byte in BODY for _ in range(2)))[::2]
    assert Mapping.default().apply(every_other) == PAYLOAD


@pytest.mark.parametrize("body", [None, 1, ["{}"], object()])
def test_other_types_are_mistakes(body: Any) -> None:
    with pytest.raises(TypeError, match="bytes"):
        Mapping.default().apply_json(body)
    with pytest.raises(TypeError, match="bytes"):
        Mapping.default().apply_json_many([body])


def test_nothing_to_write() -> None:
    assert Mapping.default().apply(NOTHING) == {}
    assert Mapping.default().apply_json(NOTHING) is None


def test_lists_keep_their_order_and_report_in_place() -> None:
    results = Mapping.default().apply_json_many([BODY, b"{", NOTHING, "\ud800", BODY.decode()])
    pair = Mapping.default().apply_json(BODY)
    assert results[0] == results[4] == pair
    assert results[2] is None
    assert isinstance(results[1], ValidationError)
    assert reasons(results[1]) == [("json_invalid", ())]
    assert isinstance(results[3], ValidationError)
    assert reasons(results[3]) == [("string_unicode", ())]
    assert Mapping.default().apply_json_many([]) == []
    assert Mapping.default().apply_json_many(iter((BODY,))) == [pair]


def test_large_lists_and_threads() -> None:
    mapping = Mapping.default()
    bodies = [BODY.replace(b"98765", str(i).encode()) for i in range(1000)]
    expected = [mapping.apply_json(body) for body in bodies]
    failures: list[int] = []

    def check(number: int) -> None:
        if mapping.apply_json_many(bodies) != expected:
            failures.append(number)

    threads = [threading.Thread(target=check, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_missing_values_are_validation_errors() -> None:
    mapping = Mapping.from_rules(RULES)
    for call in (mapping.apply, mapping.apply_json):
        with pytest.raises(ValidationError) as caught:
            call(BODY)
        assert reasons(caught.value) == [("mapping_missing", ("attributes", "v"))]
    with pytest.raises(ValidationError):
        mapping.apply(SAMPLE)


def test_no_error_repeats_the_input() -> None:
    secret = "s3cret-value"
    body = json.dumps({**SAMPLE, "interactionId": secret + "\n", "attributes": {"v": ""}})
    with pytest.raises(ValidationError) as caught:
        Mapping.from_rules(RULES).apply_json(body)
    assert secret not in str(caught.value)


def test_numbers_keep_their_text() -> None:
    body = NOTHING[:-1] + b', "attributes": {"queueName": 123456789012345678901234567890.10}}'
    result = Mapping.default().apply_json(body)
    assert result is not None
    assert result[1] == b'{"attributes":{"routingQueue":123456789012345678901234567890.10}}'


@pytest.mark.parametrize(
    "rules",
    [
        FIELD_MAPPING,
        json.dumps(FIELD_MAPPING),
        json.dumps(FIELD_MAPPING).encode(),
        Mapping.default().rules,
        tuple(Mapping.default().rules),
        {"rules": Mapping.default().rules},
    ],
)
def test_every_form_of_the_tutorials_rules(rules: Any) -> None:
    mapping = Mapping.from_rules(rules)
    assert mapping == Mapping.default()
    assert mapping.version == Mapping.default().version
    assert mapping.apply(BODY) == PAYLOAD


def test_mistakes_have_their_place() -> None:
    with pytest.raises(MappingError) as caught:
        Mapping.from_rules([{"from": "/a", "to": "b", "apply": ["trim", "shout"]}])
    assert caught.value.place == "rules[0].apply[1]"
    assert isinstance(caught.value, ValueError)
    with pytest.raises(MappingError):
        Mapping.from_rules("\ud800")
    with pytest.raises(TypeError):
        Mapping.from_rules(5)


def test_a_mapping_is_a_value() -> None:
    mapping = Mapping.from_rules(RULES)
    assert mapping == Mapping.from_rules(mapping.rules)
    assert mapping != Mapping.default()
    assert mapping != RULES
    assert len({mapping, Mapping.from_rules(RULES), Mapping.default()}) == 2
    assert pickle.loads(pickle.dumps(mapping)) == mapping
    assert copy.copy(mapping) is mapping
    assert copy.deepcopy([mapping]) == [mapping]
    assert eval(repr(mapping), {"Mapping": Mapping}) == mapping
    mapping.rules.clear()
    assert mapping.rules == RULES
