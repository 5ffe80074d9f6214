"""Verifies an audit trail of cxrelay with nothing but Python's standard library.

::

    python verify_trail.py audit_transformations.log
    python verify_trail.py LOG --checkpoint FILE --public-key FILE [--public-key FILE ...]

One file, to be read, copied and run alone; it shares no code with cxrelay, whose own command is
``cxrelay audit verify``. What it checks is written in cpp/docs/audit.md. Run it on a copy or while
nothing exports. Exit code 0: verifies; 1: does not; 2: a file is missing or cannot be read.
"""

import argparse
import base64
import gzip
import hashlib
import json
import math
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

MIB = 1 << 20
ZEROS = "0" * 64
NAME = re.compile(r"(\d{12}|[1-9]\d{12,18})-(\d{12}|[1-9]\d{12,18})\.log(\.gz)?", re.ASCII)
TUTORIAL = ("interactionId", "originalPayload", "transformedPayload")  # always there, maybe null
TEXTS = ("action", "idempotencyKey", "mappingVersion", "requestId")
FAILURES = ("dead", "parked", "retry", "split", "released")  # lists of a "finished", gravest first
PAYLOADS = (("original", "originalDigest"), ("transformed", "mappedDigest"))


class Broken(Exception):  # noqa: N818 - a finding, not an error
    """What is wrong with the trail or with a checkpoint."""


# ---- JSON, as strict as the trail's own: no repeated key, NaN, 1e400, lone surrogate ----


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("repeated key")
    return dict(pairs)


def _number(text: str) -> str:
    whole = re.match(r"-?(\d*)", text)
    is_decimal = any(c in text for c in ".eE")
    if (whole and len(whole[1]) > 4300) or (is_decimal and not math.isfinite(float(text))):
        raise ValueError("number out of range")
    return text  # as it stands: longer than 64 bits is fine


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_number, parse_float=_number, parse_constant=float.fromhex
)


def value_at(text: str, start: int, max_depth: int) -> tuple[Any, int]:
    """The JSON value that starts exactly there, and where it ends."""
    if text.count("[") + text.count("{") > max_depth and depth(text) > max_depth:
        raise ValueError("too deep")
    value, end = DECODER.raw_decode(text, start)
    if re.search(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]", text):
        json.dumps(value, ensure_ascii=False).encode()  # fails for half a surrogate pair
    return value, end


def depth(text: str) -> int:
    level = deepest = 0
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[\[{\]}]', text, re.DOTALL):
        level += (token in "[{") - (token in "]}")
        deepest = max(deepest, level)
    return deepest


def members(line: str) -> dict[str, tuple[Any, str]]:
    """An object's members in order: value and exact text. Space between members is refused."""
    found: dict[str, tuple[Any, str]] = {}
    at = 0
    while line[at : at + 1] == ("," if found else "{"):
        key, colon = value_at(line, at + 1, 210)
        if not isinstance(key, str) or key in found or line[colon : colon + 1] != ":":
            raise ValueError("not a member")
        value, at = value_at(line, colon + 1, 210)
        found[key] = value, line[colon + 1 : at]
    if line[at:] != "}":
        raise ValueError("not an object")
    return found


def quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# ---- a record and its one line ----


def integer(found: dict[str, tuple[Any, str]], key: str) -> int:
    raw = found[key][1]
    if not re.fullmatch(r"-?\d{1,19}", raw, re.ASCII) or not -(2**63) <= int(raw) < 2**63:
        raise Broken(f"member {key} is missing, out of place or of the wrong type")
    return int(raw)


def form_of(payload: bytes) -> tuple[str, str]:
    """How a payload that cannot stand as it is must be written: its member, and what is beside."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return "null", f'Hex":"{payload.hex()}"'
    beside = f'Text":{quote(text)}'
    try:
        start = len(text) - len(text.lstrip(" \t\n\r"))
        if len(payload) > 8 * MIB or text[value_at(text, start, 200)[1] :].strip(" \t\n\r"):
            return "null", beside
    except (ValueError, RecursionError):
        return "null", beside
    if text.strip(" \t\n\r") == text != "null" and "\r" not in text and "\n" not in text:
        return text, ""
    return re.sub(r'("(?:[^"\\]|\\.)*")|[ \t\n\r]+', lambda m: m[1] or "", text), beside


def status_of(action: str, detail: dict[str, Any]) -> tuple[str, str | None]:
    """processingStatus and errorMessage."""
    lists = {key: value for key, value in detail.items() if isinstance(value, list) and value}
    failed = [key for key in FAILURES if key in lists]
    word = "failed" if action == "dead" else action
    if action == "finished" and "completed" in lists:
        word = "partial" if failed else "success"
    elif action == "finished":
        word = "released" if failed == ["released"] else "failed"
    reasons = [detail.get("reason")]
    if action == "finished":
        items = [item for key in failed for item in lists[key] if isinstance(item, dict)]
        reasons += [item.get("reason") for item in items] + [detail.get("error_class")]
    texts = (r for r in reasons if isinstance(r, str) and r and not isinstance(r, _Number))
    return word, next(texts, None)


class _Number(str):
    """A number as it stands, which is no text."""


def field(value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return len(data).to_bytes(4, "big") + data


def check_record(line: str) -> tuple[int, str, str]:
    """Sequence, previous hash and hash of a line that is, byte for byte, that of its record."""
    found = members(line)
    text = {key: found[key][0] if key in found else "" for key in TEXTS}
    interaction = found["interactionId"][0]
    seq, time_us = integer(found, "seq"), integer(found, "timeUs")
    event_us = str(integer(found, "eventTimeUs")) if "eventTimeUs" in found else ""
    detail, raw_detail = found.get("detail", ({}, ""))
    if seq < 1 or not isinstance(detail, dict):
        raise Broken("member seq or detail is missing, out of place or of the wrong type")
    time = datetime(1970, 1, 1) + timedelta(microseconds=time_us)
    salt = bytes.fromhex(found["salt"][0]) if "salt" in found else b""
    shown, exact, kept, digests = [], [], [], []
    for name, digest_key in PAYLOADS:
        payload, form = None, (found[f"{name}Payload"][1], "")
        if f"{name}Hex" in found:
            payload = bytes.fromhex(found[f"{name}Hex"][0])
        elif f"{name}Text" in found:
            payload = found[f"{name}Text"][0].encode()
        if payload is not None:
            form = form_of(payload)
        elif form[0] != "null":
            payload = form[0].encode()
            if b"\r" in payload:
                raise Broken(f"member {name}Payload holds a line break")
        shown.append(f'"{name}Payload":{form[0]}')
        exact += [f'"{name}{form[1]}'] * bool(form[1])
        erased = found[digest_key][0] if digest_key in found else None
        if payload is None:
            digests.append(bytes.fromhex(erased or ""))
        elif erased is None and len(salt) == 16:
            digests.append(hashlib.sha256(b"\x01" + salt + payload).digest())
        else:
            raise Broken(f"member {digest_key} stands beside its payload, or the salt is missing")
        kept += [f'"{digest_key}":"{digests[-1].hex()}"'] * (erased is not None)
    word, error = status_of(text["action"], detail)
    previous, own = found["previousHash"][0], found["hash"][0]
    parts = [
        f'{{"timestamp":"{time.isoformat(timespec="microseconds")}Z"',
        f'"interactionId":{quote(interaction) if interaction else "null"}',
        *shown,
        f'"processingStatus":{quote(word)}',
        f'"errorMessage":{"null" if error is None else quote(error)}',
        f'"seq":{seq}',
        f'"action":{quote(text["action"])}',
        f'"timeUs":{time_us}',
        *[f'"idempotencyKey":{quote(text["idempotencyKey"])}'] * bool(text["idempotencyKey"]),
        *[f'"eventTimeUs":{event_us}'] * bool(event_us),
        *[f'"mappingVersion":{quote(text["mappingVersion"])}'] * bool(text["mappingVersion"]),
        *[f'"requestId":{quote(text["requestId"])}'] * bool(text["requestId"]),
        *[f'"detail":{raw_detail}'] * bool(raw_detail),
        *exact,
        *[f'"salt":"{salt.hex()}"'] * ("originalPayload" in found and bool(salt)),
        *kept,
        f'"previousHash":"{bytes.fromhex(previous).hex()}"',
        f'"hash":"{bytes.fromhex(own).hex()}"}}',
    ]
