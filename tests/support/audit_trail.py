"""A trail to tamper with, its checkpoints, and both verifiers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cxrelay import _core, verify_trail

RECORDS = 200
ODD_ORIGINALS = [
    b'{\r\n  "a": [1, 2.50, "x y"]\r\n}\n',  # does not fit into a line as it is
    b"not JSON",
    b"\xff\xfe\x00",  # not even UTF-8
    b"null",
    b"",
    '{"name":"Süd \u2028 \\u00fc \\" 12345678901234567890123"}'.encode(),
    b'{"deep":' + b"[" * 150 + b"]" * 150 + b"}",
]


@dataclass
class Trail:
    """An exported trail that nobody has touched, in one open file."""

    log: Path
    checkpoints: Path
    public_key: Path
    key: Path

    @property
    def lines(self) -> list[str]:
        """Without the line breaks."""
        return self.log.read_text(encoding="utf-8").split("\n")[:-1]


def fill(queue: _core.Queue, records: int) -> None:
    """Events, odd ones too, and requests for them with every outcome."""
    number = 0
    while queue.stats().journal_records < records - 20:
        odd = ODD_ORIGINALS[number % 20] if number % 20 < len(ODD_ORIGINALS) else None
        original = json.dumps({"interactionId": f"i-{number}"}).encode() if odd is None else odd
        mapped = b'{"attributes":{"routingQueue":"Billing"}}'
        queue.put(f"i-{number}_t", f"i-{number}", 1_715_769_000_000_000 + number, original, mapped)
        number += 1
        claim = queue.claim(3) if number % 3 == 0 else None
        if claim is not None:
            outcomes = ["completed", "retry", "dead"]
            queue.settle(
                claim,
                [
                    (outcomes[(number + i) % 3], 0, 'said "no"', 0)
                    for i in range(len(claim.updates))
                ],
                status=200,
            )
    while queue.stats().journal_records < records:
        queue.put(f"e-{number}_t", f"e-{number}", 1_715_769_100_000_000 + number, b"{}", b"{}")
        number += 1


def both(
    log: Path, checkpoints: Path | None = None, public_keys: Sequence[Path] = ()
) -> dict[str, object]:
    """The verdict of the native verifier, which that of the one in Python has to equal."""
    keys = [str(key) for key in public_keys]
    native = _core.verify_audit(str(log), str(checkpoints) if checkpoints else None, keys)
    plain = verify_trail.verify(str(log), str(checkpoints) if checkpoints else None, keys)
    names = ["ok", "records", "last_seq", "last_hash", "file", "line"]
    if native.ok:
        names += ["removed_seq", "tombstones_checked"]
    verdict = {name: getattr(native, name) for name in names}
    assert {name: plain[name] for name in names} == verdict, (native.problem, plain["problem"])
    return verdict | {"problem": native.problem}


@dataclass
class Retained:
    """A trail in segments, from whose start two retentions have removed some; nobody else has touched it."""

    log: Path
    public_key: Path
    key: Path
    checkpoints: Path  # signed before, between and after the retentions
    removed: list[dict[str, bytes]]  # by retention: what was in the files, by name
    last_seq: int = 0

    @property
    def tombstones(self) -> Path:
        """Where the tombstones are."""
        return Path(f"{self.log}.tombstones")

    @property
    def segments(self) -> list[Path]:
        """The closed ones, the oldest first."""
        return sorted(self.log.parent.glob("audit.*-*.log"))

    def verdict(self) -> dict[str, object]:
        """With the public key, but without checkpoints."""
        return both(self.log, None, [self.public_key])


def newest_us(segment: Path) -> int:
    """The latest time in a segment."""
    lines = segment.read_text(encoding="utf-8").split("\n")[:-1]
    return max(int(json.loads(line)["timeUs"]) for line in lines)


def make_retained(folder: Path, records: int = 120, segment_bytes: int = 6000) -> Retained:
    """Exports, signs, and twice removes the two oldest segments."""
    trail = Retained(
        folder / "audit.log", folder / "key.pem.pub", folder / "key.pem", folder / "checkpoints", []
    )
    log, key = str(trail.log), str(trail.key)
    queue = _core.Queue(str(folder / "queue.db"))
    _core.generate_checkpoint_key(key)
    fill(queue, records)
    _core.export_audit(queue, log, segment_bytes)
    for _ in range(2):
        _core.write_checkpoint(_core.sign_checkpoint(log, key), str(trail.checkpoints))
        oldest = trail.segments[:2]
        trail.removed.append({path.name: path.read_bytes() for path in oldest})
        done = _core.retain_trail(queue, log, key, newest_us(oldest[-1]) + 1)
        assert done["removed"] == [str(path) for path in oldest]
        _core.export_audit(queue, log, segment_bytes)
    _core.write_checkpoint(_core.sign_checkpoint(log, key), str(trail.checkpoints))
    assert queue.check().ok
    queue.close()
    trail.last_seq = _core.verify_audit(log).last_seq
    return trail
