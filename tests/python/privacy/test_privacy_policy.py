"""Random events and policies against an oracle, and the policy as a value."""

from __future__ import annotations

import copy
import json
import pickle
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy_oracle import KEY, Oracle

from cxrelay import ConfigError, PrivacyPolicy, ValidationError

NAMES = [
    *("a", "A", "_a", "b", "ab", "a.b", "a*", "", "_", "0", "1", "é", "É", "/", "~"),
    *("pin", "PIN", "p-i-n", "pinned", "accessToken", "token", "tokens", "x_password"),
]
ACTIONS = ["keep", "mask", "hash", "drop"]

names = st.sampled_from(NAMES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), texts)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)
events = st.dictionaries(names, values, max_size=6)


@st.composite
def paths(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        tokens = draw(st.lists(names, min_size=1, max_size=3))
        return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)
    plain = ["a", "A", "b", "ab", "0", "1", "pin", "accessToken", "*", "*b", "*n", "*token", "é"]
    last = draw(st.sampled_from(plain))
    return ".".join([*draw(st.lists(st.sampled_from([*plain, "**"]), max_size=3)), last])


@st.composite
def policies(draw: st.DrawFn) -> tuple[PrivacyPolicy, Oracle]:
    fields = draw(st.dictionaries(paths(), st.sampled_from(ACTIONS), max_size=5))
    defaults = draw(st.booleans())
    default_action = draw(st.sampled_from([*ACTIONS, "keep", "keep"]))
    policy = PrivacyPolicy.from_rules(
        fields, defaults=defaults, default_action=default_action, key=KEY
    )
    return policy, Oracle(fields, defaults, default_action)


def spelled(value: Any, chance: random.Random) -> str:
    """JSON with gaps and escapes where nobody needs them."""

    def gap() -> str:
        return "".join(chance.choices(" \n\t\r", k=chance.choice([0, 0, 1, 3])))

    if isinstance(value, dict):
        members = [
            f"{gap()}{spelled(k, chance)}{gap()}:{gap()}{spelled(v, chance)}{gap()}"
            for k, v in value.items()
        ]
        return "{" + (",".join(members) or gap()) + "}"
    if isinstance(value, list):
        return "[" + (",".join(gap() + spelled(v, chance) + gap() for v in value) or gap()) + "]"
    if isinstance(value, str):
        escaped = [
            f"\\u{ord(c):04x}"
            if ord(c) < 0x10000 and chance.random() < 0.3
            else json.dumps(c)[1:-1]
            for c in value
        ]
        return '"' + "".join(escaped) + '"'
    return json.dumps(value)


@given(events, policies(), st.randoms(use_true_random=False))
def test_what_is_stored_is_what_the_oracle_says(
    event: dict[str, Any], pair: tuple[PrivacyPolicy, Oracle], chance: random.Random
) -> None:
    policy, oracle = pair
    raw = spelled(event, chance).encode()
    stored = policy.examine(raw)
    assert json.loads(stored.text) == oracle.stored(event)
    changed = stored.dropped + stored.masked + stored.hashed > 0
    assert changed or stored.text == raw
    assert policy.apply(raw) == stored.text


def leaves(value: Any) -> Iterator[Any]:
    children = value.values() if isinstance(value, dict) else value
    for child in children:
        if isinstance(child, (dict, list)):
            yield from leaves(child)
        else:
            yield child


def with_canaries(value: Any, numbers: Iterator[int]) -> Any:
    """The same shape, with a text of its own in the place of every value."""
    if isinstance(value, dict):
        return {k: with_canaries(v, numbers) for k, v in value.items()}
    if isinstance(value, list):
        return [with_canaries(v, numbers) for v in value]
    return f"canary{next(numbers):04}."


@given(events, policies(), st.randoms(use_true_random=False))
def test_no_canary_survives_but_in_its_place(
    event: dict[str, Any], pair: tuple[PrivacyPolicy, Oracle], chance: random.Random
) -> None:
    policy, oracle = pair
    event = with_canaries(event, iter(range(10_000)))
    stored = policy.apply(spelled(event, chance).encode())
    assert json.loads(stored) == oracle.stored(event)
    kept = set(leaves(json.loads(stored)))
    plain = json.dumps(json.loads(stored))
    assert [canary for canary in leaves(event) if canary in plain and canary not in kept] == []


def test_keeps_the_end_if_asked() -> None:
    policy = PrivacyPolicy.from_rules({"phone": {"action": "mask", "keep_last": 2}})
    assert policy.apply(b'{"phone": "+49 151 2345678"}') == b'{"phone": "***78"}'


class TestValue:
    def test_shows_rules_and_no_key(self) -> None:
        policy = PrivacyPolicy.from_rules({"a.b": "hash"}, defaults=False, key=KEY)
        assert policy.rules == {
            "defaults": False,
            "default_action": "keep",
            "fields": {"a.b": "hash"},
        }
        assert repr(policy) == f"<PrivacyPolicy {policy.version} with key {policy.key_id}>"
        assert KEY.decode() not in repr(policy) + str(policy.rules)

    def test_compares_copies_and_pickles(self) -> None:
        policy = PrivacyPolicy.from_rules({"a.b": "drop"})
        assert policy == PrivacyPolicy.from_rules({"a.b": "drop"}) != PrivacyPolicy.default()
        assert PrivacyPolicy.from_rules({}) == PrivacyPolicy.default()
        assert policy == copy.deepcopy(policy) == pickle.loads(pickle.dumps(policy))
        assert len({policy, copy.copy(policy)}) == 1

    def test_a_key_is_not_pickled(self) -> None:
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(PrivacyPolicy.from_rules({}, key=KEY))

    def test_refuses_wrong_rules_with_their_place(self) -> None:
        with pytest.raises(ConfigError, match=r'fields "a\.b": must be'):
            PrivacyPolicy.from_rules({"a.b": "hide"})
        with pytest.raises(ConfigError, match="TOML"):
            PrivacyPolicy.from_rules({"a": {"b": "drop"}})
        with pytest.raises(ConfigError, match="needs a key"):
            PrivacyPolicy.from_rules({"a": "hash"})

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b'{"a": 1, "a": 2}', b'{"pin": "\xff"}', "\ud800"]
    )
    def test_refuses_what_is_no_event(self, body: bytes | str) -> None:
        with pytest.raises(ValidationError):
            PrivacyPolicy.default().apply(body)
