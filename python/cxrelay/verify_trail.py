"""Verifies an audit trail of cxrelay with nothing but Python's standard library.

::

    python verify_trail.py audit_transformations.log
    python verify_trail.py LOG --checkpoint FILE --public-key FILE [--public-key FILE ...]

One file, to be read, copied and run alone. It shares no code with cxrelay, whose own command is
``cxrelay audit verify``; the format is described in cpp/docs/audit.md. Run it on a copy, or while
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
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ZEROS = "0" * 64
SEGMENT = r"([1-9]\d{12,17}|\d{12})-([1-9]\d{12,17}|\d{12})\.log(?:\.gz)?"
SPACE = " \t\n\r"
MAX_LINE, MAX_PAYLOAD, PIECE = 64 << 20, 8 << 20, 1 << 18  # bytes
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999  # the years 1 to 9999
FAILURES = ("dead", "parked", "retry", "split", "released")  # lists in a "finished", gravest first


class Broken(Exception):  # noqa: N818 - a finding, not an error
    """What is wrong; where is known to whoever catches it."""


# ---- JSON as strict as the trail: no repeated key, NaN, 1e400, half of a surrogate pair ----


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("repeated key")
    return found


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > 4300:
        raise ValueError("number out of range")
    return int(text)


def _decimal(text: str) -> float:
    if math.isinf(float(text)) or len(re.split("[.eE]", text.lstrip("-"))[0]) > 4300:
        raise ValueError("number out of range")
    return float(text)


def _constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)


def parse(text: str, max_depth: int) -> Any:
    """The value of a JSON text. Raises ValueError."""
    if text.count("[") + text.count("{") > max_depth:
        level = 0
        for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[{\]}]', text, re.DOTALL):
            level += (bracket in "[{") - (bracket in "]}")
            if level > max_depth:
                raise ValueError("too deep")
    value = DECODER.decode(text)
    if "\\ud" in text or "\\uD" in text:
        json.dumps(value, ensure_ascii=False).encode()  # fails for half of a surrogate pair
    return value


def quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class Line:
    """An object on one line: all its values, and a walk over its exact text."""

    def __init__(self, line: bytes) -> None:
        try:
            self.text = line.decode()
            self.values: dict[str, Any] = parse(self.text, 210)
        except (ValueError, RecursionError):  # UnicodeError too
            raise Broken("not a line of JSON") from None
        if not isinstance(self.values, dict):
            raise Broken("not a JSON object")
        self.at = 0

    def expect(self, key: str, text: str | None, empty: str | None = None) -> None:
        """The next member is this, byte for byte; one without a text is left out, or ``empty``."""
        if text := text or empty:
            member = f'{"," if self.at else "{"}"{key}":{text}'
            self.want(self.text.startswith(member, self.at), key)
            self.at += len(member)

    def exact(self, key: str) -> str:
        """The exact text of the next member's value, if that is its key."""
        start = self.at + len(key) + 4
        self.want(self.text.startswith(f',"{key}":', self.at), key)
        try:
            return self.text[start : DECODER.raw_decode(self.text, start)[1]]
        except ValueError:  # there is space before it
            raise Broken(f"member {key} is not where it belongs") from None

    def end(self) -> None:
        self.want(self.text[self.at :] == "}", "hash or the line's end")

    def integer(self, key: str, low: int = -(2**63), high: int = 2**63 - 1) -> int:
        value = self.values.get(key)
        self.want(type(value) is int and low <= value <= high, key)
        return int(value or 0)

    def string(self, key: str) -> str:
        self.want(isinstance(self.values.get(key, ""), str), key)
        return str(self.values.get(key, ""))

    def hexadecimal(self, key: str, digits: int) -> str:
        self.want(re.fullmatch(f"[0-9a-f]{{{digits}}}", self.string(key)), key)
        return self.string(key)

    def want(self, is_good: object, key: str) -> None:
        if not is_good:
            raise Broken(f"member {key} is missing, out of place or not what it must be")


# ---- one record ----


def forms_of(payload: bytes) -> tuple[str, str, str]:
    """How a payload stands in a line: the member Payload, and Text or Hex beside it."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return "null", "", f'"{payload.hex()}"'
    try:
        parse(text, 200)
    except (ValueError, RecursionError):
        return "null", quote(text), ""
    if len(payload) > MAX_PAYLOAD:
        return "null", quote(text), ""
    if text.strip(SPACE) == text != "null" and "\r" not in text and "\n" not in text:
        return text, "", ""
    small = re.sub(rf'("(?:[^"\\]|\\.)*")|[{SPACE}]+', lambda m: m[1] or "", text)
    return small, quote(text), ""


def status_of(action: str, detail: dict[str, Any]) -> tuple[str, str]:
    """Derives processingStatus and errorMessage."""
    lists = {key: value for key, value in detail.items() if isinstance(value, list) and value}
    failed = [key for key in FAILURES if key in lists]
    reasons = [detail.get("reason")]
    word = "failed" if action == "dead" else action
    if action == "finished":
        word = "released" if failed == ["released"] else "failed"
        if "completed" in lists:
            word = "partial" if failed else "success"
        items = [item for key in failed for item in lists[key] if isinstance(item, dict)]
        reasons += [item.get("reason") for item in items] + [detail.get("error_class")]
    return word, next((text for text in reasons if isinstance(text, str) and text), "")


def field(value: object) -> bytes:
    data = value if isinstance(value, bytes) else str(value).encode()
    return len(data).to_bytes(4, "big") + data


def utc(time_us: int) -> str:
    time = datetime(1970, 1, 1) + timedelta(microseconds=time_us)
    return f'"{time.isoformat(timespec="microseconds")}Z"'


def check_record(data: bytes, last_seq: int, last_hash: str) -> str:
    """Returns the hash of a line that is, byte for byte, that of the record to come next."""
    line = Line(data)
    values = line.values
    seq, time_us = line.integer("seq", 1), line.integer("timeUs", FIRST_US, LAST_US)
    event_us = line.integer("eventTimeUs") if "eventTimeUs" in values else ""
    action = line.string("action")
    interaction = "" if values.get("interactionId") is None else line.string("interactionId")
    key, version = line.string("idempotencyKey"), line.string("mappingVersion")
    request, detail = line.string("requestId"), values.get("detail", {})
    line.want(isinstance(detail, dict), "detail")
    word, error = status_of(action, detail)

    line.expect("timestamp", utc(time_us))
    line.expect("interactionId", interaction and quote(interaction), "null")
    payloads: list[bytes | None] = []
    beside = []
    for name in ("original", "transformed"):
        shown = line.exact(f"{name}Payload")
        payload = None if shown == "null" else shown.encode()
        line.want("\r" not in shown, f"{name}Payload")
        text, digits = "", ""
        if f"{name}Hex" in values:
            line.want(re.fullmatch("(?:[0-9a-f]{2})*", line.string(f"{name}Hex")), f"{name}Hex")
            payload = bytes.fromhex(values[f"{name}Hex"])
        elif f"{name}Text" in values:
            payload = line.string(f"{name}Text").encode()
        if payload is not None and (f"{name}Hex" in values or f"{name}Text" in values):
            shown, text, digits = forms_of(payload)
        line.expect(f"{name}Payload", shown)
        payloads.append(payload)
        beside += [(f"{name}Text", text), (f"{name}Hex", digits)]
    line.expect("processingStatus", quote(word))
    line.expect("errorMessage", error and quote(error), "null")
    line.expect("seq", str(seq))
    line.expect("action", action and quote(action))
    line.expect("timeUs", str(time_us))
    line.expect("idempotencyKey", key and quote(key))
    line.expect("eventTimeUs", str(event_us))
    line.expect("mappingVersion", version and quote(version))
    line.expect("requestId", request and quote(request))
    exact_detail = line.exact("detail") if "detail" in values else ""
    line.expect("detail", exact_detail)
    for member, text in beside:
        line.expect(member, text)
    salt = "" if payloads == [None, None] else line.hexadecimal("salt", 32)
    line.expect("salt", salt and f'"{salt}"')
    digests = []
    for member, payload in zip(("originalDigest", "mappedDigest"), payloads, strict=True):
        kept = line.hexadecimal(member, 64) if member in values else ""
        line.want(payload is None or not kept, member)
        line.expect(member, kept and f'"{kept}"')
        digest = hashlib.sha256(b"\x01" + bytes.fromhex(salt) + (payload or b"")).digest()
        digests.append(bytes.fromhex(kept) if payload is None else digest)
    previous, claimed = line.hexadecimal("previousHash", 64), line.hexadecimal("hash", 64)
    line.expect("previousHash", f'"{previous}"')
    line.expect("hash", f'"{claimed}"')
    line.end()

    if seq > last_seq + 1:
        raise Broken(f"seq {last_seq + 1} to {seq - 1} are missing")
    if seq <= last_seq:
        raise Broken(f"seq {seq} stands where {last_seq + 1} was expected")
    if previous != last_hash:
        raise Broken(f"seq {seq} does not continue the record before it")
    chained = (seq, time_us, action, key, interaction, event_us, version, request, exact_detail)
    header = b"".join(map(field, (*chained, *digests)))
    if hashlib.sha256(b"\0" + header + bytes.fromhex(previous)).hexdigest() != claimed:
        raise Broken(f"seq {seq} was changed: its hash does not fit its content")
    return claimed


# ---- Ed25519 (RFC 8032), verification only ----

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]  # x, y, z and x*y/z


def decode_point(data: bytes) -> Point:
    y = int.from_bytes(data, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        raise ValueError("not a point of the curve")
    if x & 1 != data[31] >> 7:
        x = P - x
    return x, y, 1, x * y % P


def add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(k: int, p: Point) -> Point:
    total = (0, 1, 1, 0)
    while k:
        total = add(total, p) if k & 1 else total
        p, k = add(p, p), k >> 1
    return total


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    base = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    x, y, z, t = decode_point(key)
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little")
    x, y, z, t = add(times(s, base), times(k % ORDER, (-x, y, z, -t)))
    x, y = x * pow(z, -1, P) % P, y * pow(z, -1, P) % P
    return s < ORDER and (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# ---- checkpoints ----


def read_public_key(path: str) -> bytes:
    body = re.search("-----BEGIN PUBLIC KEY-----(.*)-----END PUBLIC", Path(path).read_text(), re.S)
    der = base64.b64decode(body[1]) if body else b""
    if len(der) != 44 or der[:12] != bytes.fromhex("302a300506032b6570032100"):
        raise OSError(f"{path} is not an Ed25519 public key in PEM")
    return der[12:]


def check_checkpoint(data: bytes, keys: dict[str, bytes]) -> tuple[int, str, str]:
    """Returns sequence, hash and trail of a checkpoint that one of the keys has signed."""
    try:
        line = Line(data)
        seq, time_us = line.integer("seq", 0), line.integer("timeUs", FIRST_US, LAST_US)
        record, trail = line.hexadecimal("hash", 64), line.hexadecimal("trail", 64)
        key_id, signature = line.hexadecimal("keyId", 16), line.hexadecimal("signature", 128)
        line.want(record == trail if seq < 2 else True, "trail")
        line.want(seq > 0 or record == ZEROS, "hash")
        for key, text in {"checkpoint": "1", "time": utc(time_us), "timeUs": str(time_us)}.items():
            line.expect(key, text)
        line.expect("seq", str(seq))
        for key in ("hash", "trail", "keyId", "signature"):
            line.expect(key, f'"{line.values[key]}"')
        line.end()
    except Broken:
        raise Broken("not a checkpoint") from None
    if key_id not in keys:
        raise Broken(f"the checkpoint is signed with another key ({key_id})")
    parts = ("cxrelay audit checkpoint 1", bytes.fromhex(trail), seq, bytes.fromhex(record))
    message = b"".join(map(field, (*parts, time_us, key_id)))
    if not is_signed(keys[key_id], message, bytes.fromhex(signature)):
        raise Broken("the checkpoint was changed: its signature does not fit")
    return seq, record, trail


# ---- the files ----


def is_whole_gzip(path: Path) -> bool:
    """Whether it is one or more gzip members, each whole, and nothing else."""
    with path.open("rb") as file:
        data = file.read(PIECE)
        while True:
            member = zlib.decompressobj(zlib.MAX_WBITS + 16)
            while not member.eof:
                data = data or file.read(PIECE)
                if not data:
                    return False
                try:
                    member.decompress(data, PIECE)
                except zlib.error:
                    return False
                data = member.unused_data if member.eof else member.unconsumed_tail
            data = data or file.read(PIECE)
            if not data:
                return True


class Verifier:
    """Follows a trail from its first record on, and knows where it is."""

    def __init__(self, log: str) -> None:
        self.log = self.file = Path(log)
        self.line = self.seq = 0
        self.hash = ZEROS
        self.signed: list[tuple[int, int, str, str]] = []  # seq, line, hash, trail; by seq
        self.signed_file = Path()

    def run(self, checkpoints: str | None, public_keys: Sequence[str]) -> None:
        """Raises Broken where something is wrong, OSError if a file cannot be read."""
        if checkpoints is not None:
            self.read_checkpoints(Path(checkpoints), public_keys)
        name = re.compile(re.escape(self.log.name.removesuffix(".log")) + r"\." + SEGMENT, re.A)
        found = [(name.fullmatch(path.name), path) for path in self.log.parent.iterdir()]
        closed = sorted((int(match[1]), int(match[2]), path) for match, path in found if match)
        # Of a segment that is there plain and compressed, the plain file counts.
        files = {path for _, _, path in closed}
        closed = [segment for segment in closed if segment[2].with_suffix("") not in files]
        if not closed and not self.log.exists():
            raise OSError(f"no audit trail at {self.log}")
        for first, last, path in closed:
            self.file, self.line = path, 0
            if first > self.seq + 1:
                raise Broken(f"segment missing before seq {first}: the files end at {self.seq}")
            if first <= self.seq:
                raise Broken(f"segments overlap: seq {first} is in the files before this one too")
            if path.suffix == ".gz" and not is_whole_gzip(path):
                raise Broken("not a whole gzip file")
            self.read_records(path)
            if self.seq != last:
                raise Broken(f"ends with seq {self.seq}, which is not what its name says")
        if self.log.exists():
            self.read_records(self.log)
        for seq, line, _, _ in self.signed:
            self.fail_at(line, f"the trail ends before checkpoint seq {seq}")

    def read_checkpoints(self, path: Path, public_keys: Sequence[str]) -> None:
        raw = [read_public_key(key) for key in public_keys]
        keys = {hashlib.sha256(key).hexdigest()[:16]: key for key in raw}
        for data in self.lines(path):
            seq, record, trail = check_checkpoint(data, keys)
            self.signed.append((seq, self.line, record, trail))
        if not self.signed:
            raise Broken("holds no checkpoint")
        self.signed = sorted(checkpoint for checkpoint in self.signed if checkpoint[0] > 0)
        self.signed_file = path

    def read_records(self, path: Path) -> None:
        for data in self.lines(path):
            self.hash = check_record(data, self.seq, self.hash)
            self.seq += 1
            for seq, line, _, trail in self.signed if self.seq == 1 else ():
                if trail != self.hash:
                    self.fail_at(line, f"the checkpoint of seq {seq} is of another trail")
            while self.signed and self.signed[0][0] == self.seq:
                seq, line, record, _ = self.signed.pop(0)
                if record != self.hash:
                    what = "is not the record that the checkpoint was signed for"
                    self.fail_at(line, f"seq {seq} {what}")

    def fail_at(self, line: int, problem: str) -> None:
        self.file, self.line = self.signed_file, line
        raise Broken(problem)

    def lines(self, path: Path) -> Iterator[bytes]:
        self.file, self.line = path, 0
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while data := file.readline(MAX_LINE + 1):
                self.line += 1
                if data[-1:] != b"\n":
                    raise Broken("the last line is cut, or a line is longer than any record")
                yield data[:-1]


def verify(
    log: str, checkpoints: str | None = None, public_keys: Sequence[str] = ()
) -> dict[str, Any]:
    """Verifies a trail.

    Args:
        log: the open log; closed segments (.log or .log.gz) are looked for beside it.
        checkpoints: a file of signed checkpoints that the trail must fit.
        public_keys: files of the keys that they may be signed with.

    Returns:
        The verdict, with names that ``cxrelay audit verify --json`` uses too.

    Raises:
        OSError: a file is missing or cannot be read.
    """
    verifier = Verifier(log)
    problem = ""
    try:
        verifier.run(checkpoints, public_keys)
    except Broken as found:
        problem = str(found)
    place = {"file": str(verifier.file), "line": verifier.line} if problem else {}
    last = {"last_seq": verifier.seq, "last_hash": verifier.hash if verifier.seq else ""}
    verdict = {"ok": not problem, "records": verifier.seq, **last, "problem": problem}
    return {"file": "", "line": 0, **verdict, **place}


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify an audit trail of cxrelay.")
    parser.add_argument("log", help="the open log; closed segments are looked for beside it")
    parser.add_argument("--checkpoint", help="signed checkpoints that the trail must fit")
    parser.add_argument("--public-key", action="append", default=[], help="may be repeated")
    args = parser.parse_args()
    if (args.checkpoint is None) is bool(args.public_key):
        parser.error("--checkpoint and --public-key go together")
    try:
        found = verify(args.log, args.checkpoint, args.public_key)
    except OSError as error:
        print(f"verify_trail: {error}", file=sys.stderr)
        return 2
    if found["ok"]:
        print(f"verifies: {found['records']:,} records, the last has hash {found['last_hash']}")
    else:
        print(f"does not verify: {found['problem']} ({found['file']}:{found['line']})")
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
