"""Whatever is done to a trail after retention is detected by both verifiers, and untouched it verifies."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cxrelay
from cxrelay import _core
from cxrelay.stories.log_journal import LogJournal
from cxrelay.stories.record import RECEIVED
from cxrelay.stories.teller import tell
from support.audit_chain import rechained
from support.audit_trail import Retained, both, make_retained

LONG = os.environ.get("CXRELAY_LONG_FAULTS") == "1"
SAMPLE = 400


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Retained:
    return make_retained(tmp_path_factory.mktemp("retained"))


@pytest.fixture
def trail(original: Retained, memory_folder: Path) -> Retained:
    """A copy to tamper with."""
    for path in original.log.parent.glob("audit.*"):
        if path.suffix != ".lock":
            shutil.copy(path, memory_folder)
    shutil.copy(original.checkpoints, memory_folder)
    return Retained(
        memory_folder / "audit.log",
        original.public_key,
        original.key,
        memory_folder / "checkpoints",
        original.removed,
        original.last_seq,
    )


def seqs(names: dict[str, bytes]) -> list[int]:
    """The first and the last record of removed segments."""
    numbers = [int(part) for name in names for part in name.split(".")[1].split("-")]
    return [min(numbers), max(numbers)]


def flips(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The bytes with one of them altered in one bit, for each of them."""
    for at, byte in enumerate(data):
        yield at, data[:at] + bytes([byte ^ (1 << at % 8)]) + data[at + 1 :]


def test_an_untouched_trail_verifies(trail: Retained) -> None:
    found = trail.verdict()
    removed = seqs(trail.removed[1])[1]
    assert (found["ok"], found["removed_seq"], found["tombstones_checked"]) == (True, removed, True)
    assert found["last_seq"] == trail.last_seq > removed
    assert found["records"] == trail.last_seq - removed
    unchecked = both(trail.log)
    assert (unchecked["ok"], unchecked["tombstones_checked"]) == (True, False)
    assert both(trail.log, trail.checkpoints, [trail.public_key])["ok"]
    lines = [json.loads(line) for line in trail.tombstones.read_text().splitlines()]
    assert [[line["firstSeq"], line["seq"]] for line in lines] == [
        seqs(names) for names in trail.removed
    ]


def test_each_byte_of_the_tombstones_flipped(trail: Retained) -> None:
    data = trail.tombstones.read_bytes()
    for at, altered in flips(data):
        trail.tombstones.write_bytes(altered)
        assert not trail.verdict()["ok"], at
        both(trail.log)  # without a key both say the same, whatever it is
    assert len(data) > 900


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_each_byte_of_what_is_left_flipped(trail: Retained) -> None:
    """Natively each, by both verifiers a sample; with CXRELAY_LONG_FAULTS=1 by both each."""
    count = 0
    for path in [*trail.segments, trail.log]:
        data = path.read_bytes()
        for at, altered in flips(data):
            path.write_bytes(altered)
            assert not _core.verify_audit(str(trail.log)).ok, (path, at)
            if LONG or count % 100 == 0:
                assert not trail.verdict()["ok"], (path, at)
            count += 1
        path.write_bytes(data)
    assert trail.verdict()["ok"]
    print(f"{count} flips")


def test_what_is_left_of_an_unfinished_removal(trail: Retained) -> None:
    """Killed before the second removal was done, it verifies; and no byte may differ."""
    removed = trail.removed[1]
    for name, data in sorted(removed.items(), reverse=True):
        path = trail.log.with_name(name)
        path.write_bytes(data)
        found = trail.verdict()
        assert (found["ok"], found["removed_seq"]) == (True, seqs(removed)[1])
        assert both(trail.log, trail.checkpoints, [trail.public_key])["ok"]
        for at, altered in random.Random(5).sample(list(flips(data)), SAMPLE):
            path.write_bytes(altered)
            assert not trail.verdict()["ok"], (name, at)
        path.write_bytes(data)
    for name, data in trail.removed[0].items():  # and if somebody puts back all
        trail.log.with_name(name).write_bytes(data)
    found = trail.verdict()
    assert (found["ok"], found["records"]) == (True, trail.last_seq)


def test_a_gap_in_what_was_put_back(trail: Retained) -> None:
    first, second = sorted(trail.removed[1])
    trail.log.with_name(first).write_bytes(trail.removed[1][first])
    assert "segment missing before seq" in str(trail.verdict()["problem"])
    trail.log.with_name(second).write_bytes(trail.removed[1][second])
    assert trail.verdict()["ok"]
    trail.log.with_name(second).write_bytes(b"")
    assert not trail.verdict()["ok"]


LINES: dict[str, Callable[[list[str]], list[str]]] = {
    "none": lambda lines: [],
    "without the first": lambda lines: lines[1:],
    "without the last": lambda lines: lines[:1],
    "swapped": lambda lines: lines[::-1],
    "doubled": lambda lines: [*lines, lines[-1]],
    "the first doubled": lambda lines: [lines[0], *lines],
    "a note": lambda lines: [*lines, "removed by alice"],
    "an empty line": lambda lines: [*lines, ""],
    "a checkpoint": lambda lines: [*lines, lines[0].replace("tombstone", "checkpoint")],
    "spaced": lambda lines: [lines[0].replace(",", ", "), lines[1]],
    "another key's id": lambda lines: [
        line.replace('"keyId":"', '"keyId":"0000')[: len(line)] for line in lines
    ],
}


@pytest.mark.parametrize("what", LINES)
def test_lines_of_tombstones(what: str, trail: Retained) -> None:
    lines = LINES[what](trail.tombstones.read_text().splitlines())
    trail.tombstones.write_text("".join(f"{line}\n" for line in lines))
    assert not trail.verdict()["ok"]


def test_without_tombstones(trail: Retained, tmp_path: Path) -> None:
    kept = Path(shutil.move(trail.tombstones, tmp_path / "kept"))
    found = trail.verdict()
    assert str(found["problem"]).startswith("segment missing before seq")
    assert found["file"] == str(trail.segments[0])
    keys = [str(trail.public_key)]
    assert _core.verify_audit(str(trail.log), None, keys, str(kept)).ok
    with pytest.raises(cxrelay.AuditError, match="there are no tombstones at"):
        _core.verify_audit(str(trail.log), None, keys, str(tmp_path / "none"))
    for path in trail.segments:  # in one file: it has no name that could tell
        path.unlink()
    assert not trail.verdict()["ok"]


def test_a_further_segment_removed(trail: Retained) -> None:
    for path in trail.segments:
        data = path.read_bytes()
        path.unlink()
        assert not trail.verdict()["ok"], path
        path.write_bytes(data)
    assert trail.verdict()["ok"]


def test_what_lies_behind_the_tombstone_removed(trail: Retained) -> None:
    for path in trail.segments:
        path.unlink()
    trail.log.write_bytes(b"")
    assert "nothing follows tombstone seq" in str(trail.verdict()["problem"])
    name = max(trail.removed[1])
    trail.log.with_name(name).write_bytes(trail.removed[1][name])
    found = trail.verdict()
    assert "nothing follows tombstone seq" in str(found["problem"])
    assert (found["file"], found["line"]) == (str(trail.tombstones), 2)


def test_records_of_the_first_segment(trail: Retained) -> None:
    path = trail.segments[0]
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    altered = [lines[1:], lines[:-1], lines[::-1], [lines[0], *lines], [*lines[1:], lines[0]]]
    altered += [lines[:i] + lines[i + 1 :] for i in range(len(lines))]
    for some in altered:
        path.write_bytes("".join(f"{line}\n" for line in some).encode())
        assert not trail.verdict()["ok"]


def test_a_rewrite_from_the_first_record_that_is_left(trail: Retained) -> None:
    """As anywhere: the chain cannot tell, a checkpoint can. But it must go on from the tombstone."""
    path = trail.segments[0]
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    forged = rechained([lines[0]], 1, lambda line: line)  # on zeros, as a first record
    path.write_bytes("".join(f"{line}\n" for line in [*forged, *lines[1:]]).encode())
    found = trail.verdict()
    assert "does not continue the record before it" in str(found["problem"])
    assert (found["file"], found["line"]) == (str(path), 1)


def test_a_tail_cut(trail: Retained) -> None:
    lines = trail.log.read_bytes().splitlines(keepends=True)
    trail.log.write_bytes(b"".join(lines[:-1]))
    assert trail.verdict()["ok"]
    found = both(trail.log, trail.checkpoints, [trail.public_key])
    assert (found["ok"], found["file"]) == (False, str(trail.checkpoints))


def test_who_removes_segments_himself_is_detected(trail: Retained, tmp_path: Path) -> None:
    """With a tombstone of his own: unsigned, signed by himself, or signed by a real retention afterwards."""
    honest = trail.tombstones.read_text()
    victim = trail.segments[0]
    last = json.loads(victim.read_text(encoding="utf-8").splitlines()[-1])
    own = tmp_path / "own.pem"
    own_id = cxrelay.generate_checkpoint_key(str(own))
    line = json.loads(honest.splitlines()[-1])
    forged = line | {"firstSeq": line["seq"] + 1, "seq": last["seq"], "hash": last["hash"]}
    victim.unlink()
    for key_id in (line["keyId"], own_id):
        text = json.dumps(forged | {"keyId": key_id}, separators=(",", ":"))
        trail.tombstones.write_text(f"{honest}{text}\n")
        assert both(trail.log)["ok"], "without a key this cannot be told, and the verdict says so"
        found = trail.verdict()
        assert (found["ok"], found["line"]) == (False, 3)

    # The next retention signs for what comes after: his line stays, and cannot be taken away.
    queue = _core.Queue(str(tmp_path / "queue.db"))
    limit = json.loads(trail.log.read_text(encoding="utf-8").splitlines()[0])["timeUs"]
    done = _core.retain_trail(queue, str(trail.log), str(trail.key), limit)
    assert done["removed"]
    assert both(trail.log)["ok"]
    lines = trail.tombstones.read_text().splitlines()
    assert (len(lines), trail.verdict()["line"]) == (4, 3)
    trail.tombstones.write_text("".join(f"{text}\n" for text in [*lines[:2], lines[3]]))
    assert (trail.verdict()["ok"], trail.verdict()["line"]) == (False, 3)
    queue.close()


def test_another_key(trail: Retained, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    cxrelay.generate_checkpoint_key(str(other))
    found = both(trail.log, None, [Path(f"{other}.pub")])
    assert str(found["problem"]).startswith("the tombstone is signed with another key")
    assert (found["file"], found["line"]) == (str(trail.tombstones), 1)
    assert both(trail.log, None, [Path(f"{other}.pub"), trail.public_key])["ok"]


def test_checkpoints_of_another_trail(trail: Retained, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = make_retained(folder)
    found = both(trail.log, other.checkpoints, [other.public_key, trail.public_key])
    assert "is of another trail" in str(found["problem"])
    shutil.copy(other.tombstones, trail.tombstones)
    assert not both(trail.log, None, [other.public_key])["ok"]


def test_an_append_that_was_cut_short_counts_as_nothing(trail: Retained) -> None:
    """Nothing was removed for it: the files go when the line is on disk."""
    honest = trail.tombstones.read_bytes()
    for rest in (b'{"tombstone":1,"time":"20', b"{", bytes(200)):
        trail.tombstones.write_bytes(honest + rest)
        assert trail.verdict()["ok"]


def test_forgetting_goes_on(tmp_path: Path) -> None:
    trail = make_retained(tmp_path)
    queue = _core.Queue(str(tmp_path / "queue.db"))
    for number in range(0, 40, 3):
        done = _core.forget_interaction(queue, str(trail.log), f"i-{number}", "alice")
        assert done["elsewhere"] == []
    assert both(trail.log, trail.checkpoints, [trail.public_key])["ok"]
    assert queue.check().ok
    queue.close()


def test_stories_of_what_is_left(trail: Retained) -> None:
    """Requests whose updates were accepted before are no contradiction."""
    records = list(LogJournal(trail.log).records())
    accepted = [record for record in records if record.action in RECEIVED]
    assert any(record.action == "finished" for record in records)
    stories = tell(records)
    assert len(stories) == len(accepted) > 0
    assert stories.problems == ()
    assert [story.problems for story in stories if story.problems] == []
    assert cxrelay.explain("i-0", str(trail.log)) == []
    last = accepted[-1].interaction_id
    assert [story.interaction_id for story in cxrelay.explain(last, str(trail.log))] == [last]


def test_the_relay_retains_too(tmp_path: Path) -> None:
    key = str(tmp_path / "key.pem")
    cxrelay.generate_checkpoint_key(key)
    config = cxrelay.RelayConfig(
        queue=cxrelay.QueueConfig(path=str(tmp_path / "queue.db")),
        audit=cxrelay.AuditConfig(
            path=str(tmp_path / "audit.log"), max_segment_bytes=4096, checkpoint_key=key
        ),
    )
    with cxrelay.Relay(config) as relay:
        for number in range(30):
            body = {
                "interactionId": f"i-{number}",
                "contactId": "c-1",
                "timestamp": "2024-05-15T10:30:00Z",
            }
            relay.ingest(json.dumps(body))
        relay.export_audit()
        with pytest.raises(cxrelay.ConfigError, match="say how old"):
            relay.retain_trail()
        said = relay.retain_trail(1e-9, dry_run=True)
        assert len(list(tmp_path.glob("audit.*-*.log"))) == len(said.removed) > 2
        done = relay.retain_trail(1e-9, operator_name="alice")
        assert done == said
        assert relay.retain_trail(400).removed == []
        relay.export_audit()
    found = both(tmp_path / "audit.log", None, [Path(f"{key}.pub")])
    assert (found["ok"], found["removed_seq"]) == (True, done.last_seq)
    assert '"by":"alice"' in (tmp_path / "audit.log").read_text()
