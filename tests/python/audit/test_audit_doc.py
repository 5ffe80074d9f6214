"""The worked example of cpp/docs/audit.md, recomputed with hashlib and json alone.

An auditor needs none of our code; but both verifiers have to agree with the page.
"""

import json
import pathlib
import re

import pytest

import cxrelay
from cxrelay import verify_trail
from support.audit_chain import field, payload_digest, raw_members, record_hash

PAGE = pathlib.Path(__file__).parents[3] / "cpp" / "docs" / "audit.md"


def lines():
    text = PAGE.read_text(encoding="utf-8")
    block = re.search(r"^```jsonl\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block, "the page has lost its example"
    return block.group(1).split("\n")[:-1]


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


def example(tmp_path, first=1):
    """The files of the page, with its trail from a record on."""
    page = PAGE.read_text(encoding="utf-8")
    signed = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (key,) = re.findall(r"^```pem\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    texts = {
        "audit.log": "".join(f"{line}\n" for line in lines()[first - 1 :]),
        "checkpoints": signed[0],
        "tombstones": signed[1],
        "key.pub": key,
    }
    files = {}
    for name, text in texts.items():
        files[name] = tmp_path / name
        files[name].write_text(text, encoding="utf-8")
    return files


def test_both_verifiers_take_the_trail_and_its_checkpoint(tmp_path):
    files = example(tmp_path)
    arguments = str(files["audit.log"]), str(files["checkpoints"]), [str(files["key.pub"])]
    found = cxrelay.verify_audit(*arguments)
    assert (found.ok, found.records, found.checkpoints) == (True, 5, 1), found.problem
    assert verify_trail.verify(*arguments)["ok"]
    files["audit.log"].write_text("".join(f"{line}\n" for line in lines()[:4]), encoding="utf-8")
    assert not cxrelay.verify_audit(*arguments).ok
    assert not verify_trail.verify(*arguments)["ok"]


@pytest.mark.parametrize("first", [1, 2, 3])
def test_both_verifiers_take_what_the_tombstone_leaves(first, tmp_path):
    files = example(tmp_path, first)
    arguments = str(files["audit.log"]), str(files["checkpoints"]), [str(files["key.pub"])]
    assert cxrelay.verify_audit(*arguments).ok is (first == 1)
    assert verify_trail.verify(*arguments)["ok"] is (first == 1)
    files["tombstones"].rename(tmp_path / "audit.log.tombstones")
    found = cxrelay.verify_audit(*arguments)
    assert (found.ok, found.records, found.removed_seq) == (True, 6 - first, 2), found.problem
    assert verify_trail.verify(*arguments)["ok"]


def test_the_tombstone_by_hand(tmp_path):
    files = example(tmp_path)
    value = json.loads(files["tombstones"].read_text())
    second, third = (json.loads(line) for line in lines()[1:3])
    assert value["hash"] == second["hash"] == third["previousHash"]
    assert second["timeUs"] < value["olderThanUs"] < third["timeUs"]
    parts = [
        "cxrelay audit tombstone 1",
        bytes.fromhex(value["trail"]),
        value["firstSeq"],
        value["seq"],
        bytes.fromhex(value["hash"]),
        value["olderThanUs"],
        value["timeUs"],
        value["keyId"],
    ]
    message = b"".join(map(field, parts))
    by_hand = PAGE.read_text(encoding="utf-8").split("What it is signed over, by hand")[1]
    hand = re.search(r"^```\n(.*?)^```$", by_hand, re.MULTILINE | re.DOTALL)[1]
    written = b"".join(
        bytes.fromhex(length) + (text.encode() if text else bytes.fromhex(digits))
        for length, text, digits in re.findall(
            r'^([0-9a-f]{8}) (?:"([^"]*)"|\w+ +([0-9a-f]+))', hand, re.MULTILINE
        )
    )
    assert written == message
    key_id, key = verify_trail.read_public_key(str(files["key.pub"]))
    assert key_id == value["keyId"]
    assert verify_trail.is_signed(key, message, bytes.fromhex(value["signature"]))
