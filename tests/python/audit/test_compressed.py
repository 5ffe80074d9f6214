"""Compressed segments: both verifiers read them, and agree on everything that is done to them."""

import gzip
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cxrelay import _core
from support.audit_chain import rechained
from support.audit_trail import both, fill

LONG = os.environ.get("CXRELAY_LONG_FAULTS") == "1"
SEGMENT_BYTES = 20_000
FLIPS = 150


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trail whose closed segments the exporter has compressed."""
    folder = tmp_path_factory.mktemp("compressed")
    queue = _core.Queue(str(folder / "queue.db"))
    fill(queue, 200)
    done = _core.export_audit(queue, str(folder / "audit.log"), SEGMENT_BYTES, compress=True)
    assert len(done.closed_segments) > 4
    assert {Path(path).suffix for path in done.closed_segments} == {".gz"}
    assert both(folder / "audit.log")["records"] == queue.stats().journal_records
    queue.close()
    (folder / "queue.db").unlink()
    return folder


@pytest.fixture
def log(exported: Path, memory_folder: Path) -> Path:
    """A copy of that trail."""
    folder = memory_folder / "trail"
    shutil.copytree(exported, folder)
    return folder / "audit.log"


@pytest.fixture
def segment(log: Path) -> Path:
    """Its second segment."""
    return sorted(log.parent.glob("*.gz"))[1]


def test_gzip_knows_them_and_what_gzip_makes_is_read(log: Path) -> None:
    whole = both(log)
    assert whole["ok"]
    files = sorted(log.parent.glob("*.gz"))
    subprocess.run(["gzip", "--test", *files], check=True)
    subprocess.run(["gunzip", *files[:3]], check=True)
    assert both(log) == whole
    plain = [file.with_suffix("") for file in files[:3]]
    subprocess.run(["gzip", "-9", "--name", *plain[:2]], check=True)
    assert both(log) == whole


def damages(data: bytes) -> list[tuple[str, bytes]]:
    middle = len(data) // 2
    return [
        ("emptied", b""),
        ("garbage behind it", data + b"x"),
        ("zeros behind it", data + bytes(512)),
        ("half a member behind it", data + data[:middle]),
        ("the start missing", data[1:]),
        ("a hole", data[:middle] + data[middle + 7 :]),
        ("a wrong length", data[:-1] + bytes([data[-1] ^ 1])),
        ("not gzip", b"text\n"),
        ("plain under that name", gzip.decompress(data)),
        *((f"cut at {size}", data[:size]) for size in range(1, 40)),
        *((f"cut at -{size}", data[:-size]) for size in range(1, 40)),
    ]


def test_what_is_not_whole_is_a_broken_trail(log: Path, segment: Path) -> None:
    data = segment.read_bytes()
    before = int(segment.name.split(".")[1].split("-")[0]) - 1
    for what, damaged in damages(data):
        segment.write_bytes(damaged)
        found = both(log)
        place = (found["problem"], found["file"], found["line"], found["records"])
        assert place == ("not a whole gzip file", str(segment), 0, before), what


def test_a_flipped_bit_changes_nothing_or_is_found(log: Path, segment: Path) -> None:
    """In the head there are bytes that say nothing: time, system, hints."""
    data, whole = segment.read_bytes(), both(log)
    chosen = random.Random(9)
    flips = [(at, 1 << chosen.randrange(8)) for at in range(len(data))]
    for at, mask in flips if LONG else [*flips[:20], *chosen.sample(flips, FLIPS), *flips[-8:]]:
        segment.write_bytes(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
        found = both(log)
        if found["ok"]:
            assert at < 10, at
            assert found == whole
        else:
            assert found["problem"] == "not a whole gzip file", at


def repacked(segment: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Changes the lines inside."""
    lines = gzip.decompress(segment.read_bytes()).decode().split("\n")[:-1]
    segment.write_bytes(gzip.compress("".join(f"{line}\n" for line in change(lines)).encode()))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda lines: lines[:3] + lines[4:], "are missing"),
        (lambda lines: [*lines[:3], lines[3], *lines[3:]], "was expected"),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], "are missing"),
        (lambda lines: lines[:-1], "not what its name says"),
        (lambda lines: [line.replace('"seq":', '"seq": ', 1) for line in lines], "not written as"),
        (lambda lines: [line.replace('"i-', '"j-') for line in lines], "was changed"),
        (lambda lines: [*lines, "{"], "not a line of JSON"),
        (lambda lines: [], "not what its name says"),
    ],
    ids=["deleted", "doubled", "swapped", "tail", "spelling", "content", "inserted", "emptied"],
)
def test_records_tampered_with_inside(
    change: Callable[[list[str]], list[str]], problem: str, log: Path, segment: Path
) -> None:
    repacked(segment, change)
    found = both(log)
    assert (found["ok"], found["file"]) == (False, str(segment))
    assert problem in str(found["problem"])


def test_the_last_line_cut_inside(log: Path, segment: Path) -> None:
    segment.write_bytes(gzip.compress(gzip.decompress(segment.read_bytes())[:-20]))
    found = both(log)
    assert (found["problem"], found["file"]) == ("the last line is cut", str(segment))


def test_a_rewrite_inside_with_a_valid_chain(log: Path, segment: Path) -> None:
    """Its own records verify; the next segment does not go on from them."""

    def forged(line: str) -> str:
        return line.replace('"interactionId":"i-', '"interactionId":"j-', 1)

    repacked(segment, lambda lines: rechained(lines, 2, forged))
    after = sorted(log.parent.glob("*.gz"))[2]
    found = both(log)
    assert (found["ok"], found["file"], found["line"]) == (False, str(after), 1)


def test_the_plain_file_counts(log: Path, segment: Path) -> None:
    whole = both(log)
    plain = segment.with_suffix("")
    data = gzip.decompress(segment.read_bytes())
    plain.write_bytes(data)
    segment.write_bytes(b"anything")
    assert both(log) == whole
    plain.write_bytes(data.replace(b'"n"', b'"m"').replace(b"i-", b"j-", 1))
    found = both(log)
    assert (found["ok"], found["file"]) == (False, str(plain))


def test_a_missing_one_is_noticed(log: Path, segment: Path) -> None:
    segment.unlink()
    found = both(log)
    assert not found["ok"]
    assert "segment missing before seq" in str(found["problem"])


def test_an_enormous_line_inside_takes_no_enormous_memory(log: Path, segment: Path) -> None:
    """Some 200 KiB that unpack to 200 MiB without a line break."""
    before = int(segment.name.split(".")[1].split("-")[0]) - 1
    with gzip.open(segment, "wb", compresslevel=9) as file:
        for _ in range(200):
            file.write(bytes(1 << 20))
    assert segment.stat().st_size < 1 << 20
    found = both(log)
    place = (found["ok"], found["file"], found["line"], found["records"])
    assert place == (False, str(segment), 1, before)
