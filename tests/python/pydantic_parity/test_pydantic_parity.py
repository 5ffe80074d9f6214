"""cxrelay validates as pydantic does with the tutorial's model: verdicts, reasons and values.

The exceptions are DESIGN's deliberate refusals; `parity_oracle` recognises them without asking
cxrelay.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parity_check import check
from parity_strategies import hostile_bodies, near_valid_bodies, valid_bodies
from parity_times import number_texts, times


def examples(count: int) -> settings:
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def with_timestamp(value: str) -> str:
    return f'{{"interactionId":"i","contactId":"c","timestamp":{value}}}'


@examples(1500)
@given(valid_bodies())
def test_valid_events(body: str) -> None:
    expected = check(body)
    assert expected.model is not None or expected.one_of


@examples(4500)
@given(near_valid_bodies())
def test_events_with_one_fault(body: str | bytes) -> None:
    check(body)


@examples(5500)
@given(hostile_bodies)
def test_hostile_texts_and_bytes(body: str | bytes) -> None:
    check(body)


@examples(5500)
@given(times)
def test_timestamps_as_text(text: str) -> None:
    check(with_timestamp(json.dumps(text)))


@examples(3500)
@given(st.one_of(number_texts, times))
def test_timestamps_as_tokens(token: str) -> None:
    check(with_timestamp(token))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"a":1,"\\u0061":2}', "json_duplicate_key"),
        ('{"a":{"b":1,"b":1}}', "json_duplicate_key"),
        ('{"a":NaN}', "json_not_finite"),
        ('{"a":-Infinity}', "json_not_finite"),
        ('{"a":1e400}', "json_not_finite"),
        ("[" * 33 + "]" * 33, "json_too_deep"),
        ('"' + "x" * 262_143 + '"', "body_too_large"),
        ("{" + ",".join(f'"{n}":0' for n in range(1001)) + "}", "json_too_many_keys"),
    ],
)
def test_every_deliberate_refusal_is_known_to_the_oracle(body: str, reason: str) -> None:
    assert check(body).one_of == {reason}
