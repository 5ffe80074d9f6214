"""upper, lower and trim equal Python's for all of Unicode.

The tables follow Unicode 14. A newer Python knows more letters, so only code points that Unicode 14
had assigned are compared (``unicode_14_assigned.txt``), and only while Python's result stays among
them.
"""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrelay import Mapping

SAME_VERSION = unicodedata.unidata_version == "14.0.0"
RANGES = [
    (int(first, 16), int(last, 16))
    for first, last in (
        line.split("-")
        for line in Path(__file__).with_name("unicode_14_assigned.txt").read_text().split()
    )
]
ASSIGNED = frozenset(chr(cp) for first, last in RANGES for cp in range(first, last + 1))
ALL = [chr(cp) for cp in range(0x110000) if not 0xD800 <= cp < 0xE000]
COMPARED = ALL if SAME_VERSION else sorted(ASSIGNED)
PYTHON = {"upper": str.upper, "lower": str.lower, "trim": str.strip}
RULES = {
    name: Mapping.from_rules([{"from": "attributes.v", "to": "t", "apply": [name]}])
    for name in PYTHON
}


def native(name: str, text: str) -> str:
    """The text as our function `name` leaves it; "" when it is blank and dropped."""
    body = {
        "interactionId": "i",
        "contactId": "c",
        "timestamp": "2024-05-15T10:30:00Z",
        "attributes": {"v": text},
    }
    result = RULES[name].apply_json(json.dumps(body, ensure_ascii=False))
    return "" if result is None else str(json.loads(result[1])["t"])


def chunks(texts: list[str], size: int) -> Iterator[list[str]]:
    for begin in range(0, len(texts), size):
        yield texts[begin : begin + size]


def stays_known(text: str) -> bool:
    return SAME_VERSION or ASSIGNED.issuperset(text)


@pytest.mark.parametrize("name", ["upper", "lower"])
def test_every_code_point(name: str) -> None:
    convert = PYTHON[name]
    known = [c for c in COMPARED if stays_known(convert(c))]
    for chunk in chunks(known, 20_000):
        text = "x" + "\n".join(chunk) + "x"
        assert native(name, text) == convert(text)


def test_every_code_point_beside_a_sigma() -> None:
    known = [c for c in COMPARED if stays_known(c.lower())]
    for chunk in chunks(known, 4_000):
        text = "\n".join(f"{c}Σ\na{c}Σ\naΣ{c}\naΣ{c}a\naΣ{c}Σ" for c in chunk)
        assert native("lower", text) == text.lower()


def test_every_code_point_at_the_ends() -> None:
    spaces = [c for c in ALL if c.isspace()]
    for c in spaces:
        assert native("trim", f"{c}a{c}b{c}{c}") == f"a{c}b"
        assert native("trim", c + c) == ""
    others = [c for c in ALL if not c.isspace()]
    mapping = Mapping.from_rules([{"from": "/v", "to": "t"}])
    head = '{"interactionId":"i","contactId":"c","timestamp":0,"v":'
    for chunk in chunks(others, 50_000):
        results = mapping.apply_json_many([head + json.dumps(c) + "}" for c in chunk])
        assert None not in results  # none is blank


strings = st.text(
    st.sampled_from(["a", "Σ", "ς", "ß", "İ", "ŉ", "'", ".", "\u0301", " ", "é", "😀"])
)


@given(strings | st.text(st.characters(exclude_categories=["Cs", "Cn"])))
def test_random_texts(text: str) -> None:
    if not stays_known(text + text.upper() + text.lower()):
        return
    for name, convert in PYTHON.items():
        expected = convert(text)
        assert native(name, text) == (expected if expected.strip() else "")


@given(strings, st.integers(1, 9))
def test_truncate_counts_code_points(text: str, size: int) -> None:
    rule = {"from": "/v", "to": "t", "apply": [{"name": "truncate", "max": size}]}
    body = {"interactionId": "i", "contactId": "c", "timestamp": 0, "v": text}
    expected = text[:size] if text[:size].strip() else None
    assert Mapping.from_rules([rule]).apply(body).get("t") == expected
