"""Webhook bodies: valid ones, ones with a single fault, and hostile text and bytes."""

import json
from typing import Any

from hypothesis import strategies as st


class Token(str):
    """JSON text to be written as it is, valid or not."""


def tokens(*texts: str) -> st.SearchStrategy[Token]:
    return st.sampled_from(texts).map(Token)


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def two_digits(highest: int) -> st.SearchStrategy[str]:
    return st.integers(0, highest).map("{:02d}".format)


# Where a rule changes: the switch to milliseconds, years 0, 1 and 10000, 64 bit.
EDGE_NUMBERS = (
    "0",
    "-0",
    "1",
    "-1",
    "20000000000",
    "20000000001",
    "-20000000000",
    "-20000000001",
    "253402300799",
    "253402300799999",
    "253402300800000",
    "-62135596800000",
    "-62135596800001",
    "-62167219200000",
    "-62167219200001",
    "999999999999999999",
    "1000000000000000000",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "1" + "0" * 400,
)
EDGE_DECIMALS = (
    "-0.0",
    "0.0000005",
    "-1.0000005",
    "20000000000.5",
    "253402300799999.9",
    "-62167219200000.5",
    "1e-400",
    "0.1e1",
    "2.0000000001e10",
    "1E+05",
    "1e16",
    "1e-5",
    "1e-6",
    "9007199254740993.0",
    "4.9e-324",
    "1.7976931348623157e308",
)
NOT_FINITE = ("1e400", "-1e400", "1.7976931348623159e308", "NaN", "Infinity", "-Infinity")
NO_NUMBERS = (
    "01",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x10",
    "1_0",
    "--1",
    "-NaN",
    "nan",
    "1" * 4301,
)

integers = st.integers(-(10**25), 10**25).map(str)
floats = st.floats(allow_nan=False, allow_infinity=False).map(repr)
unix_times = st.one_of(
    st.floats(-3e10, 3e10).map(repr),
    st.floats(-7e13, 3e14).map(repr),
    st.integers(-7 * 10**13, 3 * 10**14).map(str),
)
numbers = st.one_of(st.sampled_from(EDGE_NUMBERS + EDGE_DECIMALS), integers, floats, unix_times)
number_texts = st.one_of(
    numbers,
    st.sampled_from(
        (
            ".",
            "-.",
            ".5",
            "-.5",
            "+.5",
            "5.",
            "1.e3",
            "1.5e3",
            "1.5e",
            "1.5e400",
            "1.5e-400",
            "1e5",
            "+5",
            "+-5",
            "00",
            "007",
            "00.5",
            "nan",
            "inf.",
            "1..5",
            "1_000",
            " 5",
            "5 ",
            "\u0661",
        )
    ),
)

dates = joined(
    st.sampled_from(
        ("2024", "2000", "1900", "1970", "0000", "0001", "9999", "24", "+202", "\u0662024")
    ),
    st.sampled_from("--/"),
    two_digits(13),
    st.just("-"),
    two_digits(32),
)
clocks = joined(
    st.sampled_from("TTt _x"),
    two_digits(24),
    st.sampled_from((":", ":", "")),
    two_digits(60),
    st.one_of(st.just(""), joined(st.just(":"), two_digits(60))),
    st.one_of(st.just(""), joined(st.sampled_from(".,"), st.text("0123456789", max_size=10))),
)
offsets = st.one_of(
    st.sampled_from(("", "Z", "z", " Z", "Z ", "+", "+1", "UTC", "-00:00", "+01:00:30")),
    joined(
        st.sampled_from(("+", "-", "\u2212")),
        two_digits(24),
        st.sampled_from((":", "")),
        two_digits(60),
    ),
)
PLAIN_TIMES = (
    "2024-05-15T10:30:00Z",
    "2024-02-29 23:59:59.999999-07:00",
    "1969-12-31t00:00+0530",
    "0001-01-01",
    "1715769000",
)
valid_times = st.datetimes().map(lambda when: when.isoformat())
times = st.one_of(
    joined(valid_times, offsets),
    joined(valid_times, offsets),
    joined(dates, clocks, offsets),
    dates,
    number_texts,
    st.text(max_size=12),
)

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
    tokens(*NOT_FINITE, *NO_NUMBERS),
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
