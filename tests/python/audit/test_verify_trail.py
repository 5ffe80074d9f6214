"""The verifier in plain Python: run alone, on odd trails, and strict where the native one is strict."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cxrelay
from cxrelay import _core, verify_trail
from support.audit_chain import rechained
from support.audit_trail import Trail, both

PROGRAM = Path(verify_trail.__file__)


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """As an auditor does: a copy of the file, isolated from everything that is installed."""
    copy = shutil.copy(PROGRAM, cwd / "verify_trail.py")
    command = [sys.executable, "-I", "-S", copy, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def segmented(folder: Path) -> Path:
    """A trail of 60 events in several segments, each of which has a record of its own when it is closed."""
    queue = _core.Queue(str(folder / "queue.db"))
    for n in range(60):
        queue.put(f"i-{n}_t", f"i-{n}", 1_715_769_000_000_000 + n, b'{"n":1}', b"{}")
    _core.export_audit(queue, str(folder / "audit.log"), max_segment_bytes=8192)
    queue.close()
    return folder / "audit.log"


def test_it_runs_alone(untouched: Trail, tmp_path: Path) -> None:
    done = run(untouched.log, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("verifies: 200 records, the last has hash ")
    checked = ["--checkpoint", untouched.checkpoints, "--public-key", untouched.public_key]
    assert run(untouched.log, *checked, cwd=tmp_path).returncode == 0
    cut = tmp_path / "cut.log"
    cut.write_bytes(b"".join(line.encode() + b"\n" for line in untouched.lines[:-1]))
    done = run(cut, *checked, cwd=tmp_path)
    assert done.returncode == 1
    assert "does not verify: the trail ends before checkpoint seq 200" in done.stdout


def test_what_cannot_be_read_is_not_a_verdict(untouched: Trail, tmp_path: Path) -> None:
    assert run("none.log", cwd=tmp_path).returncode == 2
    assert run(untouched.log, "--checkpoint", untouched.checkpoints, cwd=tmp_path).returncode == 2
    no_key = ["--checkpoint", untouched.checkpoints, "--public-key", untouched.checkpoints]
    assert run(untouched.log, *no_key, cwd=tmp_path).returncode == 2


def test_segments(tmp_path: Path) -> None:
    log = segmented(tmp_path)
    segments = sorted(tmp_path.glob("audit.*-*.log"))
    assert len(segments) > 2
    assert both(log)["records"] == 60 + len(segments)
    second, third = segments[1:3]
    hidden = second.rename(tmp_path / "hidden")
    assert both(log)["file"] == str(third)
    hidden.rename(second)
    renamed = second.rename(tmp_path / second.name.replace("-", "-9"))
    assert not both(log)["ok"]
    renamed.rename(second)
    shutil.copy(second, tmp_path / f"audit.{1:012}-{2:012}.log")
    assert not both(log)["ok"]


MAY_STAND = [
    "1e308",
    "1" * 4300,
    "-0",
    "[-0.0e-999999999999]",
    '"\\ud83d\\ude00"',
    '"\\/"',
    '"\x7f\u2028\u00a0"',
    "[1 , 2]",
    "[" * 209 + "]" * 209,
    '{"a":' * 150 + '"[["' + "}" * 150,
    "true",
    '"\ufeff"',
]
MAY_NOT_STAND = [
    "NaN",
    "[Infinity]",
    "1e400",
    "-1e400",
    "1" * 4301,
    "1" * 4301 + ".0",
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '"\\ud800"',
    '"\\uDE00\\uD83D"',
    "[" * 210 + "]" * 210,
    "[\r1]",
    " 1",
    "1 ",
]
NOT_JSON = [
    "01",
    "1.",
    "+1",
    '"\\x41"',
    '"a\tb"',
    "[1,]",
    "[1,\u00a02]",
    "[\f1]",
    "nul",
    "\ufeff1",
    "\u0661",
]


def with_original(untouched: Trail, value: str) -> tuple[str, str]:
    """A first record, and the same one with another original."""
    line = next(line for line in untouched.lines if '"originalPayload":{"interactionId"' in line)
    line = line.replace(f'"seq":{json.loads(line)["seq"]},', '"seq":1,')
    start = line.index('"originalPayload":') + len('"originalPayload":')
    end = json.JSONDecoder().raw_decode(line, start)[1]
    return line, line[:start] + value + line[end:]


@pytest.mark.parametrize(
    ("value", "may_stand"),
    [*((value, True) for value in MAY_STAND), *((value, False) for value in MAY_NOT_STAND)],
    ids=range(len(MAY_STAND) + len(MAY_NOT_STAND)),
)
def test_what_may_stand_as_an_original(
    value: str, may_stand: bool, untouched: Trail, tmp_path: Path
) -> None:
    """The hash fits, so what decides is the value alone."""
    line, other = with_original(untouched, value.strip(" "))
    (chained,) = rechained([line], 1, lambda _: other)
    log = tmp_path / "audit.log"
    spaced = chained.replace(f":{value.strip(' ')},", f":{value},", 1)
    log.write_bytes(f"{spaced}\n".encode())
    assert both(log)["ok"] is may_stand


@pytest.mark.parametrize("value", NOT_JSON)
def test_what_is_not_json_may_not_stand(value: str, untouched: Trail, tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(f"{with_original(untouched, value)[1]}\n".encode())
    found = both(log)
    assert (found["ok"], found["problem"]) == (False, "not a line of JSON")


SPELLINGS = [
    ('"seq":1,', '"seq":1.0,'),
    ('"seq":1,', '"seq": 1,'),
    ('"seq":1,', '"seq":"1",'),
    ('"seq":1,', '"s\\u0065q":1,'),
    ('"action":"accepted"', '"action":"acc\\u0065pted"'),
    ('"errorMessage":null', '"errorMessage":""'),
    ('"previousHash":"0', '"previousHash":"O'),
    ('"salt":"', '"salt":"A'),
    ('"mappingVersion":"v"', '"mappingVersion":"v","requestId":""'),
    ('"mappingVersion":"v"', '"mappingVersion":"v","unknown":1'),
    ('{"timestamp"', ' {"timestamp"'),
    ('{"timestamp"', '{"extra":1,"timestamp"'),
    ('"interactionId":"i"', '"interactionId":""'),
    ('"interactionId":"i"', '"interactionId":7'),
]


@pytest.mark.parametrize(("old", "new"), SPELLINGS)
def test_a_record_has_one_spelling(old: str, new: str, tmp_path: Path) -> None:
    queue = _core.Queue(str(tmp_path / "queue.db"))
    queue.put("k", "i", 1_715_769_000_000_000, b'{"n":1}', b"{}", "v")
    log = tmp_path / "audit.log"
    _core.export_audit(queue, str(log))
    queue.close()
    assert both(log)["ok"]
    text = log.read_text()
    assert old in text
    log.write_text(text.replace(old, new, 1))
    assert not both(log)["ok"]


def test_capital_digits_are_another_spelling(untouched: Trail, tmp_path: Path) -> None:
    for member in ("salt", "previousHash", "hash"):
        lines = untouched.lines
        start = lines[0].index(f'"{member}":"') + len(member) + 4
        lines[0] = lines[0][:start] + lines[0][start : start + 32].upper() + lines[0][start + 32 :]
        log = tmp_path / "audit.log"
        log.write_bytes("".join(f"{line}\n" for line in lines).encode())
        assert both(log)["ok"] is (lines == untouched.lines)


# RFC 8032, section 7.1: tests 1 to 3.
KNOWN = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), KNOWN)
def test_signatures_of_the_standard(key: str, message: str, signature: str) -> None:
    arguments = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify_trail.is_signed(*arguments)
    assert not verify_trail.is_signed(arguments[0], arguments[1] + b"x", arguments[2])
    # The same point with another scalar of the same class: refused, or signatures had twins.
    scalar = int.from_bytes(arguments[2][32:], "little") + verify_trail.ORDER
    twin = arguments[2][:32] + scalar.to_bytes(32, "little")
    assert not verify_trail.is_signed(arguments[0], arguments[1], twin)


def test_checkpoints_of_several_keys(untouched: Trail, tmp_path: Path) -> None:
    file, second = tmp_path / "checkpoints", tmp_path / "second.pem"
    shutil.copy(untouched.checkpoints, file)
    key_id = cxrelay.generate_checkpoint_key(str(second))
    made = cxrelay.sign_checkpoint(str(untouched.log), str(second))
    assert (made.seq, made.key_id) == (200, key_id)
    cxrelay.write_checkpoint(made, str(file))
    keys = [untouched.public_key, Path(f"{second}.pub")]
    assert both(untouched.log, file, keys)["ok"]
    assert (
        cxrelay.verify_audit(str(untouched.log), str(file), list(map(str, keys))).checkpoints == 2
    )
    for one in keys:
        found = both(untouched.log, file, [one])
        assert "signed with another key" in str(found["problem"])
    file.write_bytes(b"")
    assert both(untouched.log, file, keys)["problem"] == "holds no checkpoint"


def test_a_checkpoint_of_another_trail(untouched: Trail, tmp_path: Path) -> None:
    other = segmented(tmp_path)
    found = both(other, untouched.checkpoints, [untouched.public_key])
    assert found["problem"] == "the checkpoint of seq 200 is of another trail"
    assert found["line"] == 1


def test_a_checkpoint_of_the_empty_trail_fits_every_trail(untouched: Trail, tmp_path: Path) -> None:
    empty, file = tmp_path / "empty.log", tmp_path / "checkpoints"
    empty.write_bytes(b"")
    made = cxrelay.sign_checkpoint(str(empty), str(untouched.key))
    cxrelay.write_checkpoint(made, str(file))
    assert json.loads(made.line)["trail"] == "0" * 64
    for log in (empty, untouched.log):
        assert both(log, file, [untouched.public_key])["ok"]
