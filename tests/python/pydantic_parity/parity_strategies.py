"""Webhook bodies: valid ones, ones with a single fault, and hostile text and bytes."""

import json
from typing import Any

from hypothesis import strategies as st
from parity_times import NO_NUMBERS, NOT_FINITE, PLAIN_TIMES, number_texts, numbers, times


class Token(str):
    """JSON text to be written as it is, valid or not."""


def tokens(*texts: str) -> st.SearchStrategy[Token]:
    return st.sampled_from(texts).map(Token)


identifiers = st.sampled_from(
    ("i", "0", "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "A.b_c~d:e-f", "x" * 128)
)
odd_identifiers = st.one_of(
    st.sampled_from(
        ("", "-a", "a b", "a/b", "x" * 128, "x" * 129, "a\n", "\x00", "a\x00", "\u00e9")
    ),
    st.text(max_size=8),
)
strings = st.text(max_size=8)
scalars = st.one_of(st.none(), st.booleans(), strings, numbers.map(Token))
keys = st.one_of(st.sampled_from(("a", "b", "queueName", "timestamp", "")), strings)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=4,
)
odd_values = st.one_of(
    values,
    tokens(*NOT_FINITE, *NO_NUMBERS, "1" * 4301),
    tokens(
        '"\\ud800"',
        '"\\udc00"',
        '"\\ud83d\\ude00"',
        '"\\ud800\\u0041"',
        '"\\x"',
        '"\\u12"',
        '"\t"',
        '"',
    ),
    tokens(
        "tru",
        "nulls",
        "True",
        "",
        "/**/1",
        "'a'",
        '{"a":1,"a":2}',
        '{"a":1,"\\u0061":2}',
        "[1,]",
        "{,}",
    ),
    tokens("[" * 31 + "]" * 31, "[" * 32 + "]" * 32, "[" * 250 + "]" * 250),
)

NAMES = (
    ("interactionId", "interaction_id"),
    ("contactId", "contact_id"),
    ("timestamp", "timestamp"),
    ("attributes", "attributes"),
    ("legacyCrmId", "legacy_crm_id"),
    ("sourceChannel", "source_channel"),
)
FAULTS = ("drop", "value", "value", "identifier", "time", "repeat", "both", "extra")

_spaces = st.sampled_from(("", "", "", " ", "\n", "\t\r "))


def written(value: Any, space: str = "", ascii_only: bool = True) -> str:
    """JSON text in which a Token stands as it is."""
    if isinstance(value, Token):
        return str(value)
    if isinstance(value, dict):
        members = (
            f"{json.dumps(key, ensure_ascii=ascii_only)}{space}:{written(item, space, ascii_only)}"
            for key, item in value.items()
        )
        return "{" + space + f",{space}".join(members) + space + "}"
    if isinstance(value, list):
        return (
            "[" + f",{space}".join(written(item, space, ascii_only) for item in value) + space + "]"
        )
    return json.dumps(value, ensure_ascii=ascii_only)


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    """The members of a valid event, by either name."""
    made: dict[str, Any] = {
        "interaction_id": draw(identifiers),
        "contact_id": draw(identifiers),
        "timestamp": draw(st.sampled_from(PLAIN_TIMES)),
    }
    if draw(st.booleans()):
        made["attributes"] = draw(st.dictionaries(keys, values, max_size=3))
    for name in ("legacy_crm_id", "source_channel"):
        if draw(st.booleans()):
            made[name] = draw(st.none() | strings)
    if draw(st.booleans()):
        return made
    return {alias: made[name] for alias, name in NAMES if name in made}


@st.composite
def valid_bodies(draw: st.DrawFn) -> str:
    return written(draw(fields()), draw(_spaces), draw(st.booleans()))


@st.composite
def near_valid_bodies(draw: st.DrawFn) -> str | bytes:
    """One fault: in a field, or in the text."""
    members = draw(fields())
    if draw(st.booleans()):
        return _with_broken_text(draw, written(members, draw(_spaces)))
    fault = draw(st.sampled_from(FAULTS))
    name = draw(st.sampled_from(sorted(members)))
    alias, python_name = next(pair for pair in NAMES if name in pair)
    if fault == "drop":
        del members[name]
    elif fault == "value":
        members[name] = draw(odd_values)
    elif fault == "identifier":
        members[draw(st.sampled_from(("interactionId", "contactId")))] = draw(odd_identifiers)
    elif fault == "time":
        members["timestamp"] = draw(st.one_of(times, number_texts.map(Token), odd_values))
    elif fault == "both":
        members[python_name if name == alias else alias] = draw(odd_values)
    elif fault == "extra":
        members[draw(st.sampled_from(("x", "interactionid", "t", "a")))] = draw(odd_values)
    text = written(members, draw(_spaces), draw(st.booleans()))
    return f"{text[:-1]},{json.dumps(name)}:1}}" if fault == "repeat" else text


_PIECES = (
    b'"',
    b"\\",
    b",",
    b":",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\x00",
    b"\x1f",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"\x0c",
    b"0",
    b"-",
    b"e",
    b".",
    b"/*",
    b"nul",
    b"\\u",
    b"1",
)


def _with_broken_text(draw: st.DrawFn, text: str) -> bytes:
    raw = text.encode()
    at = draw(st.integers(0, len(raw)))
    cut = draw(st.integers(0, 3))
    piece = draw(st.one_of(st.just(b""), st.sampled_from(_PIECES), st.binary(max_size=2)))
    return raw[:at] + piece + raw[at + cut :]


hostile_bodies = st.one_of(
    st.text(max_size=30),
    st.binary(max_size=30),
    st.lists(
        st.sampled_from(
            (
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                '"a"',
                '"b"',
                '"',
                "1",
                "-",
                "0",
                ".5",
                "e5",
                "true",
                "null",
                "fals",
                " ",
                "\n",
                "\\",
                '"\\u0061"',
                '"\\ud800"',
                "NaN",
                "1e999",
                "\ufeff",
                "\u00e9",
                "\x00",
                "\ud800",
            )
        ),
        max_size=14,
    ).map("".join),
    odd_values.map(written),
)
