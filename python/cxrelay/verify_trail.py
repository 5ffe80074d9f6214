"""Verifies an audit trail of cxrelay with nothing but Python's standard library.

::

    python verify_trail.py audit_transformations.log
    python verify_trail.py LOG [--checkpoint FILE] --public-key FILE [--public-key FILE ...]

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
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

ZEROS = "0" * 64
SEGMENT = r"([1-9]\d{12,17}|\d{12})-([1-9]\d{12,17}|\d{12})\.log(?:\.gz)?"
SPACE = " \t\n\r"
MAX_LINE, MAX_PAYLOAD, PIECE = 64 << 20, 8 << 20, 1 << 18  # bytes
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999  # the years 1 to 9999
PLAIN = "seq action timeUs idempotencyKey eventTimeUs mappingVersion requestId"
FAILURES = ("dead", "parked", "retry", "split", "released")  # lists in a "finished", gravest first


class Broken(Exception):  # noqa: N818 - a finding, not an error
    """What is wrong, and where, unless whoever catches it knows."""


# ---- JSON as strict as the trail: no repeated key, NaN, 1e400, half of a surrogate pair ----


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("repeated key")
    return found


def _number(text: str) -> float:  # NaN and Infinity too, which are not JSON
    digits = text.lstrip("-")
    is_good = digits.isdigit() or math.isfinite(float(text))
    if not is_good or len(re.split("[.eE]", digits)[0]) > 4300:
        raise ValueError("number out of range")
    return int(text) if digits.isdigit() else float(text)


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_number, parse_float=_number, parse_constant=_number
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


def forms_of(payload: bytes) -> tuple[str, str, str]:
    """How a payload stands in a line: the member Payload, and Text or Hex beside it."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return "null", "", f'"{payload.hex()}"'
    try:
        parse(text if len(payload) <= MAX_PAYLOAD else "", 200)
    except (ValueError, RecursionError):
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


def check_record(data: bytes) -> tuple[int, str, str]:
    """Returns sequence, previous hash and hash of a line that is, byte for byte, that of a record."""
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
    plain = (seq, action, time_us, key, event_us, version, request)
    for name, value in zip(PLAIN.split(), plain, strict=True):
        line.expect(name, str(value) if isinstance(value, int) else value and quote(value))
    exact_detail = line.exact("detail") if "detail" in values else ""
    for member, text in [("detail", exact_detail), *beside]:
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
    line.want(line.text[line.at :] == "}", "hash or the line's end")

    chained = (seq, time_us, action, key, interaction, event_us, version, request, exact_detail)
    header = b"".join(map(field, (*chained, *digests)))
    if hashlib.sha256(b"\0" + header + bytes.fromhex(previous)).hexdigest() != claimed:
        raise Broken(f"seq {seq} was changed: its hash does not fit its content")
    return seq, previous, claimed


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


# ---- checkpoints and tombstones ----


MEMBERS = {
    "checkpoint": "checkpoint time timeUs seq hash trail keyId signature",
    "tombstone": "tombstone time timeUs firstSeq seq hash trail olderThanUs keyId signature",
}
Keys = Mapping[str, bytes]  # by id


class Signed(NamedTuple):
    """A checkpoint or a tombstone: what it says of a record of the trail, and where it stands."""

    seq: int
    kind: str
    place: tuple[Path, int]  # file and line
    hash: str
    trail: str  # the hash of record 1
    first: int | None  # of a tombstone: the first record that was removed; the last is ``seq``


def read_public_key(path: str) -> tuple[str, bytes]:
    body = re.search("-----BEGIN PUBLIC KEY-----(.*)-----END PUBLIC", Path(path).read_text(), re.S)
    der = base64.b64decode(body[1]) if body else b""
    if len(der) != 44 or der[:12] != bytes.fromhex("302a300506032b6570032100"):
        raise OSError(f"{path} is not an Ed25519 public key in PEM")
    return hashlib.sha256(der[12:]).hexdigest()[:16], der[12:]


def check_signed(kind: str, data: bytes, place: tuple[Path, int], keys: Keys | None) -> Signed:
    """Reads a checkpoint or a tombstone that one of the keys has signed; None = whoever has."""
    first = limit = None
    try:
        line = Line(data)
        line.want(" ".join(line.values) == MEMBERS[kind], "order")
        line.want(json.dumps(line.values, separators=(",", ":")) == line.text, "spelling")
        seq, time_us = line.integer("seq", 0), line.integer("timeUs", FIRST_US, LAST_US)
        line.want(line.integer(kind) == 1 and quote(line.string("time")) == utc(time_us), "time")
        if kind == "tombstone":
            limit = line.integer("olderThanUs", FIRST_US, LAST_US)
            first = line.integer("firstSeq", 1, seq)
        record, trail = line.hexadecimal("hash", 64), line.hexadecimal("trail", 64)
        key_id, signature = line.hexadecimal("keyId", 16), line.hexadecimal("signature", 128)
        line.want(seq > 1 or (record == trail and (seq == 1 or trail == ZEROS)), "trail")
    except Broken:
        raise Broken(f"not a {kind}") from None
    if keys is not None and key_id not in keys:
        raise Broken(f"the {kind} is signed with another key ({key_id})")
    parts = [f"cxrelay audit {kind} 1", bytes.fromhex(trail), first, seq, bytes.fromhex(record)]
    parts += [limit, time_us, key_id]
    message = b"".join(field(part) for part in parts if part is not None)
    if keys is not None and not is_signed(keys[key_id], message, bytes.fromhex(signature)):
        raise Broken(f"the {kind} was changed: its signature does not fit")
    return Signed(seq, kind, place, record, trail, first)


def is_whole_gzip(path: Path) -> bool:
    """Whether it is one or more gzip members, each whole, and nothing else."""
    member = zlib.decompressobj(zlib.MAX_WBITS + 16)
    with path.open("rb") as file:
        while data := file.read(PIECE):
            while data:
                member = zlib.decompressobj(zlib.MAX_WBITS + 16) if member.eof else member
                try:
                    member.decompress(data, PIECE)
                except zlib.error:
                    return False
                data = member.unused_data if member.eof else member.unconsumed_tail
    return member.eof


class Verifier:
    """Follows a trail from its first record on, and knows where it is."""

    def __init__(self, log: str) -> None:
        self.log = Path(log)
        self.place = self.log, 0  # file and line
        self.seq = self.records = 0
        self.hash = ZEROS
        self.waiting: list[Signed] = []  # what is signed of records to come, by seq
        self.removed: Signed | None = None  # the last tombstone: records up to its seq may be gone

    def run(self, checkpoints: str | None, keys: Keys) -> None:
        """Raises Broken where something is wrong, OSError if a file cannot be read."""
        if checkpoints is not None and not self.read_signed("checkpoint", Path(checkpoints), keys):
            raise Broken("holds no checkpoint")
        tombstones = Path(f"{self.log}.tombstones")
        if tombstones.exists():
            self.read_signed("tombstone", tombstones, keys or None)
        self.waiting = sorted(pin for pin in self.waiting if pin.seq > 0)
        name = re.compile(re.escape(self.log.name.removesuffix(".log")) + r"\." + SEGMENT, re.A)
        found = {path: name.fullmatch(path.name) for path in self.log.parent.iterdir()}
        closed = sorted((int(m[1]), int(m[2]), path) for path, m in found.items() if m)
        # Of a segment that is there plain and compressed, the plain file counts.
        closed = [segment for segment in closed if segment[2].with_suffix("") not in found]
        if not closed and not self.log.exists():
            raise OSError(f"no audit trail at {self.log}")
        for first, last, path in closed:
            self.place = path, 0
            if first > self.seq + 1:
                raise Broken(f"segment missing before seq {first}: the files end at {self.seq}")
            if self.records and first <= self.seq:
                raise Broken(f"segments overlap: seq {first} is in the files before this one too")
            if path.suffix == ".gz" and not is_whole_gzip(path):
                raise Broken("not a whole gzip file")
            if self.read_records(path) != first or self.seq != last:
                raise Broken(f"ends with seq {self.seq}, which is not what its name says")
        if self.log.exists():
            self.read_records(self.log)
        if self.removed and (not self.records or self.seq <= self.removed.seq):
            raise Broken(f"nothing follows tombstone seq {self.removed.seq}", self.removed.place)
        for pin in self.waiting:
            raise Broken(f"the trail ends before checkpoint seq {pin.seq}", pin.place)

    def read_signed(self, kind: str, path: Path, keys: Keys | None) -> bool:
        """Says whether there are any."""
        for data in self.lines(path, may_be_cut=kind == "tombstone"):
            pin = check_signed(kind, data, self.place, keys)
            if kind == "tombstone":  # each goes on from the one before it, the first from record 1
                before = self.removed.seq if self.removed else 0
                if pin.first != before + 1 or (self.removed and pin.trail != self.removed.trail):
                    raise Broken(f"the tombstone does not go on from seq {before} of its trail")
                self.removed, self.seq, self.hash = pin, pin.seq, pin.hash
            self.waiting.append(pin)
        return bool(self.waiting)

    def read_records(self, path: Path) -> int:
        """Returns the sequence of the file's first record, 0 if there is none."""
        first = 0
        for data in self.lines(path):
            seq, previous, record = check_record(data)
            first, begins = first or seq, self.records == 0
            if begins and seq <= self.seq:  # some of what may be gone is still there
                self.seq, self.hash = seq - 1, previous if seq > 1 else ZEROS
            if seq > self.seq + 1:
                raise Broken(f"seq {self.seq + 1} to {seq - 1} are missing")
            if seq <= self.seq:
                raise Broken(f"seq {seq} stands where {self.seq + 1} was expected")
            if previous != self.hash:
                raise Broken(f"seq {seq} does not continue the record before it")
            self.records, self.seq, self.hash = self.records + 1, seq, record
            if begins:
                trail = self.removed.trail if self.removed and seq > 1 else record
                for pin in sorted(self.waiting, key=lambda pin: pin.kind):
                    if pin.trail != trail:
                        problem = f"the {pin.kind} of seq {pin.seq} is of another trail"
                        raise Broken(problem, pin.place)
                self.meet(seq - 1, previous)
            self.meet(seq, record)
        return first

    def meet(self, seq: int, record: str) -> None:
        while self.waiting and self.waiting[0].seq <= seq:
            pin = self.waiting.pop(0)
            if pin.seq == seq and pin.hash != record:
                problem = f"seq {seq} is not the record that the {pin.kind} was signed for"
                raise Broken(problem, pin.place)

    def lines(self, path: Path, *, may_be_cut: bool = False) -> Iterator[bytes]:
        self.place = path, 0
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while data := file.readline(MAX_LINE + 1):
                self.place = path, self.place[1] + 1
                if data[-1:] != b"\n" and may_be_cut:
                    return  # an append that a crash cut short counts as nothing
                if data[-1:] != b"\n":
                    raise Broken("the last line is cut, or a line is longer than any record")
                yield data[:-1]


def verify(
    log: str, checkpoints: str | None = None, public_keys: Sequence[str] = ()
) -> dict[str, Any]:
    """Verifies a trail.

    Args:
        log: the open log; closed segments (.log or .log.gz) and tombstones are looked for beside it.
        checkpoints: a file of signed checkpoints that the trail must fit.
        public_keys: files of the keys that may have signed; without, tombstones may be anybody's.

    Returns:
        The verdict, with names that ``cxrelay audit verify --json`` uses too.

    Raises:
        OSError: a file is missing or cannot be read.
    """
    keys = dict(map(read_public_key, public_keys))
    verifier = Verifier(log)
    problem, place = "", (Path(), 0)
    try:
        verifier.run(checkpoints, keys)
    except Broken as found:
        problem, place = (*found.args, verifier.place)[:2]
    count, removed = verifier.records, verifier.removed.seq if verifier.removed else 0
    last = {"last_seq": verifier.seq, "last_hash": verifier.hash} if count else {}
    verdict = {"ok": not problem, "records": count, "last_seq": 0, "last_hash": "", **last}
    where = {"problem": problem, "file": str(place[0]) if problem else "", "line": place[1]}
    return verdict | where | {"removed_seq": removed, "tombstones_checked": bool(removed and keys)}


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify an audit trail of cxrelay.")
    parser.add_argument("log", help="the open log; closed segments are looked for beside it")
    parser.add_argument("--checkpoint", help="signed checkpoints that the trail must fit")
    parser.add_argument("--public-key", action="append", default=[], help="may be repeated")
    args = parser.parse_args()
    if args.checkpoint is not None and not args.public_key:
        parser.error("--checkpoint needs --public-key")
    try:
        found = verify(args.log, args.checkpoint, args.public_key)
    except OSError as error:
        print(f"verify_trail: {error}", file=sys.stderr)
        return 2
    if found["ok"]:
        print(f"verifies: {found['records']:,} records, the last has hash {found['last_hash']}")
        if found["removed_seq"]:
            how = "checked" if found["tombstones_checked"] else "NOT CHECKED (--public-key)"
            print(f"tombstones say: seq 1 to {found['removed_seq']:,} removed; signatures {how}")
    else:
        print(f"does not verify: {found['problem']} ({found['file']}:{found['line']})")
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
