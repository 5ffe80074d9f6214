"""Lines of an audit trail, taken apart and chained anew with hashlib and json alone (cpp/docs/audit.md)."""

import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any


def raw_members(line: str) -> dict[str, str]:
    """Each member's key with the exact text of its value."""
    decoder = json.JSONDecoder(parse_int=str, parse_float=str)  # of any length
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


def field(value: Any) -> bytes:
    """One chained field: its length, then its bytes."""
    data = value if isinstance(value, bytes) else str(value).encode()
    return struct.pack(">I", len(data)) + data


def payload_digest(raw: dict[str, str], name: str, digest_member: str) -> bytes:
    """Of ``original`` or ``transformed``; empty if there is none."""
    if f"{name}Hex" in raw:
        payload = bytes.fromhex(json.loads(raw[f"{name}Hex"]))
    elif f"{name}Text" in raw:
        payload = json.loads(raw[f"{name}Text"]).encode()
    elif raw[f"{name}Payload"] != "null":
        payload = raw[f"{name}Payload"].encode()
    else:
        return bytes.fromhex(json.loads(raw.get(digest_member, '""')))
    salt = bytes.fromhex(json.loads(raw["salt"]))
    return hashlib.sha256(b"\x01" + salt + payload).digest()


def record_hash(line: str, previous: bytes) -> str:
    """The hash that the line must have after a record with the hash ``previous``."""
    raw = raw_members(line)
    value = {name: json.loads(text) for name, text in raw.items() if not name.endswith("Payload")}
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


def rechained(lines: list[str], first: int, change: Callable[[str], str]) -> list[str]:
    """What a forger writes: the lines from number ``first`` (from 1) on, changed, with a chain that is right."""
    out = lines[: first - 1]
    previous = json.loads(out[-1])["hash"] if out else "0" * 64
    for line in lines[first - 1 :]:
        head = change(line)[: change(line).rindex(',"previousHash":')]
        draft = f'{head},"previousHash":"{previous}","hash":""}}'
        previous_bytes, previous = bytes.fromhex(previous), ""
        previous = record_hash(draft, previous_bytes)
        out.append(draft.replace('"hash":""}', f'"hash":"{previous}"}}'))
    return out
