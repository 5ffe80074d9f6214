"""10,000 simulated events with faults: every story adds up, and tells what the server saw."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cxrelay import AuditError, Mapping, Queue
from cxrelay.cli import main
from cxrelay.demo.evidence import DemoResult
from cxrelay.demo.run import AUDIT_LOG, QUEUE_FILE, run_demo
from cxrelay.stories import LogJournal, QueueJournal, Record, Stories, tell

EVENTS = 10_800  # some are rejected or come twice: those have no story
MILLISECOND_US = 1000


@dataclass(frozen=True)
class World:
    """What a run left, and what is told of it in one pass."""

    folder: Path
    result: DemoResult
    records: list[Record]
    told: Stories
    stories: list[dict[str, Any]]  # as --json prints them
    lengths: dict[int, int]  # what each story must add up to, in microseconds


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    result = run_demo(EVENTS, seed=4, keep=folder)
    assert result.problems == []
    queue = Queue(str(folder / QUEUE_FILE))
    records = list(QueueJournal(queue).records())
    queue.close()
    told = tell(records, mapping=Mapping.default())
    stories = [json.loads(json.dumps(story.as_dict())) for story in told]
    return World(folder, result, records, told, stories, end_to_end(records))


def end_to_end(records: Iterable[Record]) -> dict[int, int]:
    """Straight from the records: the last that settles an update, less the one that accepted it."""
    accepted: dict[int, int] = {}
    ended: dict[int, int] = {}
    for record in records:
        detail = record.detail
        if record.action in ("accepted", "skipped"):
            accepted[record.seq] = record.time_us
            if record.action == "skipped":
                ended[record.seq] = record.time_us
        elif record.action == "superseded":
            ended[detail["update"]] = record.time_us
        elif record.action == "finished":
            dead = [one["seq"] for one in detail.get("dead", ())]
            ended |= dict.fromkeys([*detail.get("completed", ()), *dead], record.time_us)
    return {seq: ended[seq] - time_us for seq, time_us in accepted.items()}


def off(stories: Iterable[dict[str, Any]], lengths: dict[int, int]) -> list[int]:
    """The events whose waits and attempts do not add up within a millisecond."""
    sums = {
        story["seq"]: sum(step.get("length_us") or 0 for step in story["steps"])
        for story in stories
    }
    return [seq for seq, length in lengths.items() if _differs(sums.get(seq), length)]


def _differs(found: int | None, expected: int) -> bool:
    return found is None or abs(found - expected) > MILLISECOND_US


def test_every_story_adds_up(world: World) -> None:
    assert len(world.stories) >= 10_000
    assert off(world.stories, world.lengths) == []
    assert world.told.problems == ()
    assert [story for story in world.stories if story["problems"]] == []
    assert all(
        story["waited_us"] + story["attempted_us"] == story["end_to_end_us"]
        for story in world.stories
    )


def test_the_faults_were_there(world: World) -> None:
    causes = Counter(
        step["cause"] for story in world.stories for step in story["steps"] if "cause" in step
    )
    assert {"first_send", "retry", "in_line", "split"} <= causes.keys()
    states = Counter(story["state"] for story in world.stories)
    assert states.keys() >= {"completed", "dead", "skipped"}
    merged = sum(
        bool(step.get("merged_with")) for story in world.stories for step in story["steps"]
    )
    assert merged > 0


def test_attempts_are_what_the_server_saw(world: World) -> None:
    """A request has no id on the wire: it is known by the keys that it carried."""
    keys: dict[str, set[str]] = defaultdict(set)
    for story in world.stories:
        for step in story["steps"]:
            if step["step"] == "attempt" and step["sent"]:
                keys[step["request_id"]].add(step["key"])
    seen = [request.keys for request in world.result.evidence.requests]
    assert all(len(set(one)) == len(one) for one in seen)
    assert Counter(map(frozenset, keys.values())) == Counter(map(frozenset, seen))
    started = {record.request_id for record in world.records if record.action == "started"}
    assert keys.keys() <= started


def test_the_log_tells_the_same(world: World, tmp_path: Path) -> None:
    for path in world.folder.glob("audit_transformations*.log"):
        shutil.copy(path, tmp_path)
    log = LogJournal(tmp_path / AUDIT_LOG)
    assert tell(log.records(), mapping=Mapping.default()) == world.told


def test_the_command_tells_the_same(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    longest = sorted(world.stories, key=lambda story: -len(story["steps"]))[:3]
    for story in [*longest, *random.Random(1).sample(world.stories, 2)]:
        for source in (["--db", world.folder / QUEUE_FILE], ["--log", world.folder / AUDIT_LOG]):
            capfd.readouterr()
            words = ["explain", story["idempotency_key"], "--json", *map(str, source)]
            assert main(words) == 0
            assert json.loads(capfd.readouterr().out) == story


@pytest.mark.parametrize("action", ["accepted", "started", "finished", "superseded"])
def test_dropped_records_are_noticed(world: World, action: str) -> None:
    of_action = [record for record in world.records if record.action == action]
    for chosen in random.Random(2).sample(of_action, 5):
        if not shows_in_sums(world, chosen):
            continue
        seqs = touched(chosen) & world.lengths.keys()
        interactions = {world.told.by_seq[seq].interaction_id for seq in seqs}
        told = tell((r for r in world.records if r is not chosen), interactions)
        lengths = {seq: world.lengths[seq] for seq in seqs}
        ends = [seq for seq in seqs if world.told.by_seq[seq].steps[-1].record.seq == chosen.seq]
        noticed = off((story.as_dict() for story in told), lengths)
        assert set(noticed) >= set(ends), "the sums alone tell it"
        problems = {story.seq for story in told if story.problems}
        assert problems | set(noticed) == seqs


def shows_in_sums(world: World, record: Record) -> bool:
    """An update that ends within a millisecond of what was before adds up without its end, too."""
    for seq in touched(record) & world.lengths.keys():
        told = [getattr(step, "record", None) for step in world.told.by_seq[seq].steps]
        before = [ref.seq for ref in told if ref is not None and ref.seq != record.seq]
        ends = told[-1] is not None and told[-1].seq == record.seq
        if ends and before:
            last = next(r for r in world.records if r.seq == max(before))
            if record.time_us - last.time_us <= MILLISECOND_US:
                return False
    return True


def touched(record: Record) -> set[int]:
    """The updates that a record is about."""
    detail = record.detail
    others = ("retry", "dead", "parked", "split", "released")
    listed = {one["seq"] for word in others for one in detail.get(word, ())}
    named = {*detail.get("updates", ()), *detail.get("completed", ()), detail.get("update", 0)}
    return listed | named | ({record.seq} if record.action == "accepted" else set())


def test_a_dropped_line_is_noticed(world: World, tmp_path: Path) -> None:
    lines = (world.folder / AUDIT_LOG).read_bytes().splitlines(keepends=True)
    del lines[len(lines) // 2]
    (tmp_path / AUDIT_LOG).write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match="missing"):
        tell(LogJournal(tmp_path / AUDIT_LOG).records(), {"none"})
