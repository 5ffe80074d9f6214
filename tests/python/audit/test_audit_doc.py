"""The worked example of cpp/docs/audit.md, recomputed with hashlib and json alone.

An auditor needs none of our code.
"""

import hashlib
import json
import pathlib
import re
import struct

import pytest

PAGE = pathlib.Path(__file__).parents[3] / "cpp" / "docs" / "audit.md"


def lines():
    text = PAGE.read_text(encoding="utf-8")
    block = re.search(r"^```jsonl\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block, "the page has lost its example"
    return block.group(1).split("\n")[:-1]


def raw_members(line):
    """Each member's key with the exact text of its value."""
    decoder = json.JSONDecoder()
    members, at = {}, 1
    while line[at - 1] != "}":
        key, at = decoder.raw_decode(line, at)
        assert line[at] == ":"
        _, end = decoder.raw_decode(line, at + 1)
        assert key not in members
        members[key] = line[at + 1 : end]
        at = end + 1
    assert at == len(line)
    return members


def field(value):
    data = value if isinstance(value, bytes) else str(value).encode()
    return struct.pack(">I", len(data)) + data


def payload_bytes(raw, name):
    if f"{name}Hex" in raw:
        return bytes.fromhex(json.loads(raw[f"{name}Hex"]))
    if f"{name}Text" in raw:
        return json.loads(raw[f"{name}Text"]).encode()
    value = raw[f"{name}Payload"]
    return None if value == "null" else value.encode()


def payload_digest(raw, name, digest_member):
    payload = payload_bytes(raw, name)
    if payload is None:
        return bytes.fromhex(json.loads(raw.get(digest_member, '""')))
    salt = bytes.fromhex(json.loads(raw["salt"]))
    return hashlib.sha256(b"\x01" + salt + payload).digest()


def record_hash(line, previous):
    raw = raw_members(line)
    value = json.loads(line)
    header = b"".join(
        field(part)
        for part in (
            value["seq"],
            value["timeUs"],
            value["action"],
            value.get("idempotencyKey", ""),
            value["interactionId"] or "",
            value.get("eventTimeUs", ""),
            value.get("mappingVersion", ""),
            value.get("requestId", ""),
            raw.get("detail", ""),
            payload_digest(raw, "original", "originalDigest"),
            payload_digest(raw, "transformed", "mappedDigest"),
        )
    )
    return hashlib.sha256(b"\x00" + header + previous).hexdigest()


def test_the_chain_holds():
    previous = bytes(32)
    for number, line in enumerate(lines(), start=1):
        value = json.loads(line)
        assert value["seq"] == number
        assert value["previousHash"] == previous.hex()
        assert value["hash"] == record_hash(line, previous)
        previous = bytes.fromhex(value["hash"])


def test_the_example_shows_every_form():
    values = [json.loads(line) for line in lines()]
    words = [v["processingStatus"] for v in values]
    assert words == ["accepted", "started", "success", "accepted", "rejected"]
    assert values[0]["originalPayload"]["big"] == 12345678901234567890123
    assert "\r\n" in values[3]["originalText"]
    assert json.loads(values[3]["originalText"]) == values[3]["originalPayload"]
    assert values[4]["errorMessage"] == values[4]["detail"]["reason"]


def test_the_record_by_hand_is_the_first_line():
    raw = raw_members(lines()[0])
    page = PAGE.read_text(encoding="utf-8")
    for name, member in (("original", "originalDigest"), ("transformed", "mappedDigest")):
        assert payload_digest(raw, name, member).hex() in page.split("by hand")[1]
    assert json.loads(raw["hash"]) in page.split("by hand")[1]


@pytest.mark.parametrize("number", range(5))
def test_every_chained_member_matters(number):
    line = lines()[number]
    value = json.loads(line)
    previous = bytes.fromhex(value["previousHash"])
    for old, new in (
        (f'"seq":{value["seq"]}', '"seq":9'),
        (f'"timeUs":{value["timeUs"]}', '"timeUs":1'),
        (f'"action":"{value["action"]}"', '"action":"dead"'),
    ):
        altered = line.replace(old, new)
        assert altered != line
        assert record_hash(altered, previous) != value["hash"]
