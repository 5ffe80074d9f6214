"""The default mapping against the tutorial's logic, and each way to apply it against the others."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mapping_oracle import expected_result, is_told_differently, tutorial_result

from cxrelay import InteractionEvent, Mapping

DEFAULT = Mapping.default()
ENVELOPE = {"interactionId": "i-1", "contactId": "c-1", "timestamp": "2024-05-15T10:30:00Z"}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", " ", "\u00a0\t", "voice", "stra\u00dfe", "\u03a3\u03a3", 'a"\\\n']
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["queueName", "wrapUpCode", "agentName", "other", "queue_name"])


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    event: dict[str, Any] = dict(ENVELOPE)
    if draw(st.booleans()):
        event["attributes"] = draw(st.dictionaries(names | texts, values, max_size=6))
    for name in ("legacyCrmId", "sourceChannel"):
        if draw(st.booleans()):
            event[name] = draw(st.none() | texts)
    keys = draw(st.permutations(list(event)))
    return {key: event[key] for key in keys}


def is_equal(left: Any, right: Any) -> bool:
    """Equality that tells 0 from false and 1 from 1.0."""
    return json.dumps(left) == json.dumps(right)


@given(events())
def test_default_mapping_is_the_documented_one(event: dict[str, Any]) -> None:
    assert is_equal(DEFAULT.apply(json.dumps(event)), expected_result(event))


@given(events())
def test_differences_to_the_tutorial_are_the_documented_ones(event: dict[str, Any]) -> None:
    ours, theirs = DEFAULT.apply(event), tutorial_result(event)
    assert ours == theirs or is_told_differently(event)


@given(events(), st.booleans(), st.sampled_from([None, 1]))
def test_every_way_gives_the_same(
    event: dict[str, Any], ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(event, ensure_ascii=ascii_only, indent=indent)
    body = text.encode()
    result = DEFAULT.apply(body)
    assert is_equal(DEFAULT.apply(text), result)
    assert is_equal(DEFAULT.apply(event), result)
    assert is_equal(DEFAULT.apply(InteractionEvent.model_validate_json(body)), result)
    pair = DEFAULT.apply_json(body)
    assert DEFAULT.apply_json_many([body, text, bytearray(body)]) == [pair, pair, pair]
    if pair is None:
        assert result == {}
    else:
        key, payload = pair
        assert key == "i-1_2024-05-15T10:30:00+00:00"
        assert is_equal(json.loads(payload), result)
